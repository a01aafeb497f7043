"""Gets a field's values for all its parents: one call of a batch, or one call a parent, or no call at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution import VariableValues, get_argument_values
from graphql.pyutils import Path, gather_with_cancel
from graphql.type.definition import GraphQLResolveInfoHelpers

from gateway.planning.plan import FilterForbidden, Plan, refused_use
from gateway.planning.rows import Failed
from gateway.planning.selection import Conditional, Field, How, Ordinary, Typename
from resolvers.deadline import being_cancelled
from schema.resolution import Attribute, Batched, Method, Streamed

from . import columns
from .settle import Settling
from .sight import Sight
from .tasks import abandon, broken_off, running_loop
from .turns import CHUNK, Turn

Paths = Sequence[Path | None] | None


class Resolving:
    """What resolvers are told and given in one execution; arguments are coerced anew in each, and never kept in a plan."""

    def __init__(
        self,
        plan: Plan,
        variables: VariableValues,
        context: Any,
        root: Any,
        settling: Settling,
        is_awaitable: Callable[[Any], Any],
        sight: Sight,
        turn: Turn | None,
        *,
        hide_suggestions: bool,
    ) -> None:
        self._plan = plan
        self._variables = variables
        self._context = context
        self._root = root
        self._settling = settling
        self._sight = sight
        self._turn = turn
        self._hide_suggestions = hide_suggestions
        self.is_awaitable = is_awaitable

    async def values(self, field: Field, parents: Sequence[Any], paths: Paths) -> Sequence[Any]:
        """The field's value for each parent, as it was given: some may have to be awaited yet, and some are failures."""
        if isinstance(field.how, Conditional):
            return await self._where(field.how, field, parents, paths)
        return await self._got(field.how, field, parents, paths)

    async def _where(self, how: Conditional, field: Field, parents: Sequence[Any], paths: Paths) -> Sequence[Any]:
        """The value for the parents for which the condition holds, and a denial for the others, which nothing is asked for."""
        assert how.decision.condition is not None
        places: list[int] = []
        for start in range(0, len(parents), CHUNK):
            part = self._sight.holding(how.decision.condition, parents[start : start + CHUNK])
            places += (start + place for place in part)
            if self._turn is not None:
                await self._turn.share()
        if len(places) == len(parents):
            return await self._got(how.how, field, parents, paths)
        self._settling.failed.add(field)
        values: list[Any] = [self._plan.forbidden(how)] * len(parents)
        if places:
            below = paths and [paths[place] for place in places]
            got = await self._got(how.how, field, [parents[place] for place in places], below)
            for place, value in zip(places, got, strict=True):
                values[place] = value
        return values

    async def _got(self, how: How, field: Field, parents: Sequence[Any], paths: Paths) -> Sequence[Any]:
        match how:
            case Batched():
                return await self._batch(how, field, parents)
            case Ordinary(resolve):
                return self._each(resolve, field, parents, paths)
            case Attribute(name):
                return columns.attributes(parents, name)
            case Method(call):
                return columns.applied(call, parents)
            case Streamed():
                return parents
            case Typename():
                return [field.parent.name] * len(parents)
        denied = self._plan.forbidden(how)
        self._settling.failed.add(field)
        return [denied] * len(parents)

    async def _batch(self, how: Batched, field: Field, parents: Sequence[Any]) -> Sequence[Any]:
        try:
            context = self._context
            if field.within is not None:
                context = context.narrowed(self._sight.expression(field.within))
            told = {"counted": False} if how.paged and not field.counted else {}
            values: Any = how.load(context, parents, self._arguments(field), **told)
            if self.is_awaitable(values):
                self._settling.late.add(field.output)
                await running_loop()
                values = await asyncio.ensure_future(values)
            if len(values) != len(parents):
                raise TypeError(f"{field.coordinate} gave {len(values)} results for {len(parents)} parents")
        except asyncio.CancelledError:
            if being_cancelled():
                raise
            return [Failed(broken_off())] * len(parents)
        except Exception as error:
            return [Failed(error)] * len(parents)
        return values  # type: ignore[no-any-return]

    def _each(self, resolve: Callable[..., Any], field: Field, parents: Sequence[Any], paths: Paths) -> Sequence[Any]:
        assert paths is not None
        arguments: dict[str, Any] | None = None
        values: list[Any] = []
        for parent, path in zip(parents, paths, strict=True):
            try:
                if arguments is None or any(isinstance(value, dict | list) for value in arguments.values()):
                    arguments = self._arguments(field)  # anew where a resolver could change what the next one gets
                values.append(resolve(parent, self.info(field, path), **arguments))
            except Exception as error:
                values.append(Failed(error))
        return values

    def _arguments(self, field: Field) -> dict[str, Any]:
        return arguments_of(field, self._variables, hide_suggestions=self._hide_suggestions)

    def info(self, field: Field, path: Path | None) -> GraphQLResolveInfo[Any]:
        """What resolvers and type functions are told."""
        plan = self._plan
        return GraphQLResolveInfo(
            field.name,
            field.nodes,
            field.definition.type,
            field.parent,
            path,  # type: ignore[arg-type]  # absent only where nobody looks at it
            plan.shown if field.introspects else plan.schema,
            plan.fragments,  # type: ignore[arg-type]
            self._root,
            plan.operation,
            self._variables,
            self._context,
            self.is_awaitable,  # type: ignore[arg-type]
            None,
            GraphQLResolveInfoHelpers(_gathered, self.track),  # not kept: it knows this, which then only the collector could free
        )

    def track(self, values: Sequence[Any]) -> None:
        """End those among the values that are promises: nobody waits for them any more."""
        abandon([value for value in values if self.is_awaitable(value)])


def arguments_of(field: Field, variables: VariableValues, *, hide_suggestions: bool) -> dict[str, Any]:
    """The field's coerced arguments (GraphQL spec, section 6.4.1). Raises FilterForbidden for what they may not ask by."""
    node = field.details[0]
    if not field.definition.args and not node.node.arguments:
        return {}
    values = get_argument_values(field.definition, node.node, variables, node.fragment_variable_values, hide_suggestions)
    if (refused := refused_use(field, values)) is not None:
        raise FilterForbidden(field.coordinate, *refused)
    return values


def _gathered(values: Sequence[Any]) -> Any:
    return gather_with_cancel(*values)
