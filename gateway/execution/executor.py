"""Runs a Plan breadth first: a field is resolved for all its parents at once, and completed as one column.

A. select     a selection's called fields become columns, side by side, their values got by `resolving`; then one
              row loop makes the rows
B. complete   a column becomes legal results, level by level (GraphQL spec, section 6.4.3)
C. tell       which object type each value of an abstract column has

What fails is left in the result as `Failed`; when everything has run, `settle` makes it null, with exact paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution import VariableValues
from graphql.execution.executor import default_type_resolver
from graphql.pyutils import Path
from graphql.pyutils.is_awaitable import is_async_iterable as default_is_async_iterable
from graphql.pyutils.is_awaitable import is_awaitable as default_is_awaitable

from gateway.planning.limits import LimitExceeded
from gateway.planning.plan import Plan
from gateway.planning.rows import Failed
from gateway.planning.selection import Abstract, Field, Leaf, ListOf, Look, Object, Output, Selection
from resolvers.batching import RequestContext

from . import columns
from .resolving import Resolving
from .settle import Concealed, Settling
from .sight import EVERYTHING, Sight
from .tasks import ABANDONED, abandon, outcomes, together
from .turns import CHUNK, Turn
from .types import TypeTeller

Paths = Sequence[Path | None] | None


class Execution:
    """One run of one plan. Holds what is mutable about it: what failed, and when its turn began."""

    def __init__(
        self,
        plan: Plan,
        variables: VariableValues,
        context: Any,
        root: Any = None,
        *,
        type_resolver: Callable[..., Any] | None = None,
        is_awaitable: Callable[[Any], Any] | None = None,
        is_async_iterable: Callable[[Any], Any] | None = None,
        hide_suggestions: bool = True,
        turn: Turn | None = None,
        max_nodes: int | None = None,
        sight: Sight = EVERYTHING,
    ) -> None:
        self._plan = plan
        self._sight = sight
        self._root = root
        self._turn = turn
        self._max_nodes = max_nodes
        self.nodes = 0
        self._is_async_iterable = is_async_iterable or default_is_async_iterable
        self._promised = columns.promised if is_awaitable is None else partial(columns.promised_by, is_awaitable)
        self.settling = Settling(plan)
        told = is_awaitable or default_is_awaitable
        self._resolving = Resolving(
            plan, variables, context, root, self.settling, told, sight, turn, hide_suggestions=hide_suggestions
        )
        self._types = TypeTeller(plan.schema, type_resolver or default_type_resolver, self._resolving)

    async def run(self) -> ExecutionResult:
        """Data and errors of the whole operation."""
        root = self._plan.root
        paths = [None] if root.needs_paths else None
        rows = await (self._serially(root, paths) if self._plan.serial else self.select(root, [self._root], paths, (0,)))
        return self.settling.result(rows[0])

    # A. select

    async def select(self, selection: Selection, parents: Sequence[Any], paths: Paths, groups: Sequence[int]) -> list[Any]:
        """A row for each parent. Parents of one group are null together when one of them fails."""
        if not parents:
            return []
        if selection.broken is not None:
            return [Failed(selection.broken)] * len(parents)
        self._count(len(parents))
        called = [self._for_rows(field, parents, paths, groups) for field in selection.called]
        columns = await together(called, self._hopeless(selection.called, parents)) if called else []
        if selection.denied:
            self.settling.failed.update(selection.denied)
        given = [self._given(column, parents) for column in columns]
        return await self._rows(selection, parents, paths, groups, given)

    async def _rows(
        self, selection: Selection, parents: Sequence[Any], paths: Paths, groups: Sequence[int], given: Sequence[Sequence[Any]]
    ) -> list[dict[str, Any]]:
        """The rows by the compiled loop, CHUNK of them a time; a chunk in which it finds an anomaly is made with care."""
        loop = self._plan.loop(selection).rows
        size = len(parents) if self._turn is None else CHUNK
        rows: list[dict[str, Any]] = []
        for start in range(0, len(parents), size):
            part = slice(start, start + size)
            some, columns = parents[part], [column[part] for column in given]
            try:
                rows += loop(some, *columns)
            except Exception:  # whatever it is, the careful pass finds it again and says where
                rows += await self._carefully(selection, some, paths and paths[part], groups[part], columns)
            await self._share()
        return rows

    async def _share(self) -> None:
        if self._turn is not None:
            await self._turn.share()

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self._max_nodes is not None and self.nodes > self._max_nodes:
            raise LimitExceeded(f"the result holds more than {self._max_nodes} objects: ask for smaller pages, or for less")

    async def _carefully(
        self, selection: Selection, parents: Sequence[Any], paths: Paths, groups: Sequence[int], given: Sequence[Sequence[Any]]
    ) -> list[dict[str, Any]]:
        """The rows, every field a column: what is wrong in one place fails there alone. Nothing is called again."""
        known = dict(zip(selection.called, given, strict=True))
        found = [await self._with_care(f, known.get(f), parents, paths, groups) for f in selection.fields]
        keys = [field.key for field in selection.fields]
        return [dict(zip(keys, values, strict=True)) for values in zip(*found, strict=True)] if found else [{} for _ in parents]

    async def _with_care(
        self, field: Field, known: Sequence[Any] | None, parents: Sequence[Any], paths: Paths, groups: Sequence[int]
    ) -> Sequence[Any]:
        if known is None:
            return await self._column(field, parents, paths, groups)
        return await self.complete(field.output, known, field, _below(field, paths), groups) if field.handed_on else known

    async def _serially(self, selection: Selection, paths: Paths) -> list[dict[str, Any]]:
        row: dict[str, Any] = {}
        for field in selection.fields:
            value = row[field.key] = (await self._column(field, [self._root], paths, (0,)))[0]
            if not field.output.nullable and self._plan.propagates and self.settling.lost(field.output, value):
                break
        return [row]

    def _hopeless(self, called: Sequence[Field], parents: Sequence[Any]) -> Callable[[int, Sequence[Any]], bool] | None:
        if not self._plan.propagates or all(field.output.nullable for field in called) or len(called) < 2:
            return None
        return lambda index, column: (
            bool(self.settling.failed)
            and not called[index].output.nullable
            and all(self.settling.lost(called[index].output, value) for value in column)
        )

    @staticmethod
    def _given(column: Sequence[Any] | None, parents: Sequence[Any]) -> Sequence[Any]:
        return [ABANDONED] * len(parents) if column is None else column

    async def _for_rows(self, field: Field, parents: Sequence[Any], paths: Paths, groups: Sequence[int]) -> Sequence[Any]:
        """The column that a row loop takes: what is handed on is completed only when the loop finds an anomaly in it."""
        if not field.handed_on:
            return await self._column(field, parents, paths, groups)
        if not isinstance(field.output, Leaf):
            self._count(len(parents))
        return await self._resolving.values(field, parents, _below(field, paths))

    async def _column(self, field: Field, parents: Sequence[Any], paths: Paths, groups: Sequence[int]) -> list[Any]:
        below = _below(field, paths)
        values = await self._resolving.values(field, parents, below)
        return await self.complete(field.output, values, field, below, groups)

    # B. complete

    async def complete(
        self, output: Output, values: Sequence[Any], field: Field, paths: Paths, groups: Sequence[int]
    ) -> list[Any]:
        """The legal results of these values. `groups` tells which parent is null when a value fails that may not be null."""
        values, kinds = await self._received(output, values, field, groups)
        await self._share()
        own = groups if not output.nullable and self._plan.propagates else range(len(values))
        match output:
            case Leaf():
                done = columns.leaves(output, values, kinds, field)
            case ListOf():
                done = await self._lists(output, values, kinds, field, paths, own)
            case Object():
                done = await self._objects(output, values, kinds, field, paths, own)
            case Abstract():
                done = await self._abstracts(output, values, kinds, field, paths, own)
        if done is not values and Failed in set(map(type, done)):
            self.settling.failed.add(field)
        await self._share()
        return done

    async def _received(
        self, output: Output, values: Sequence[Any], field: Field, groups: Sequence[int]
    ) -> tuple[Sequence[Any], set[type]]:
        """The values once all promises among them are kept, with the classes there are."""
        kinds = set(map(type, values))
        if self._promised(kinds, values):
            self.settling.late.add(output)
            strict = not output.nullable and self._plan.propagates
            values = await self._kept(values, groups if strict else None)
            kinds = set(map(type, values))
        if any(issubclass(kind, Exception) for kind in kinds):
            values = [Failed(value) if isinstance(value, Exception) else value for value in values]
            kinds = set(map(type, values))
        return values, kinds

    async def _kept(self, values: Sequence[Any], groups: Sequence[int] | None) -> Sequence[Any]:
        waiting = [index for index, value in enumerate(values) if self._resolving.is_awaitable(value)]
        kept = list(values)
        if groups is not None:
            lost = {groups[i] for i, v in enumerate(values) if v is None or v.__class__ is Failed or isinstance(v, Exception)}
            given_up = [index for index in waiting if groups[index] in lost]
            abandon([values[index] for index in given_up])
            for index in given_up:
                kept[index] = ABANDONED
            waiting = [index for index in waiting if groups[index] not in lost]
        if waiting:
            found = await outcomes([values[i] for i in waiting], None if groups is None else [groups[i] for i in waiting])
            for index, outcome in zip(waiting, found, strict=True):
                kept[index] = Failed(outcome) if isinstance(outcome, Exception) else outcome
        return kept

    async def _lists(
        self, output: ListOf, values: Sequence[Any], kinds: set[type], field: Field, paths: Paths, groups: Sequence[int]
    ) -> list[Any]:
        if not kinds <= columns.LISTS:
            values = await self._iterated(values, output)
        flat, lengths = columns.flattened(values, output, field, self._resolving.track)
        await self._share()
        below = None if paths is None else columns.item_paths(paths, lengths)
        above = groups if paths is None else columns.repeated(groups, lengths)
        done = await self.complete(output.item, flat, field, below, above if paths is not None else range(len(flat)))
        return columns.regrouped(done, lengths)

    async def _iterated(self, values: Sequence[Any], output: ListOf) -> Sequence[Any]:
        places = [index for index, value in enumerate(values) if self._is_async_iterable(value)]
        if not places:
            return values
        self.settling.late.add(output)
        stops = not output.item.nullable and self._plan.propagates
        found = await outcomes([columns.drained(values[index], stops=stops) for index in places])
        collected = list(values)
        for index, items in zip(places, found, strict=True):
            collected[index] = Failed(items) if isinstance(items, Exception) else items
        return collected

    async def _objects(
        self, output: Object, values: Sequence[Any], kinds: set[type], field: Field, paths: Paths, groups: Sequence[int]
    ) -> list[Any]:
        if output.look is not None:
            values = await self._seen(output, output.look, values, entities=True)
            kinds = set(map(type, values))
        values, kinds = await self._types.checked(output.type, values, kinds, field, paths, output.by_class)
        if columns.ABSENT.isdisjoint(kinds):
            return await self.select(output.selection, values, paths, groups)
        places = [index for index, value in enumerate(values) if value.__class__ not in columns.ABSENT]
        done = columns.absent(values, output, field)
        await self._place(output.selection, places, values, paths, groups, done)
        return done

    async def _seen(self, output: Object | Abstract, look: Look, values: Sequence[Any], *, entities: bool) -> Sequence[Any]:
        """The column without what the viewer may not see: null in its place, or a failure where null may not be."""
        hidden: list[int] = []
        for start in range(0, len(values), CHUNK):
            part = self._sight.hidden(values[start : start + CHUNK], look, entities=entities)
            hidden += (start + place for place in part)
            await self._share()
        if not hidden:
            return values
        instead = None if output.nullable else Failed(Concealed())
        found = list(values)
        for place in hidden:
            found[place] = instead
        return found

    async def _place(
        self,
        selection: Selection,
        places: Sequence[int],
        values: Sequence[Any],
        paths: Paths,
        groups: Sequence[int],
        done: list[Any],
    ) -> None:
        below = None if paths is None else [paths[i] for i in places]
        rows = await self.select(selection, [values[i] for i in places], below, [groups[i] for i in places])
        for index, row in zip(places, rows, strict=True):
            done[index] = row

    # C. tell

    async def _abstracts(
        self, output: Abstract, values: Sequence[Any], kinds: set[type], field: Field, paths: Paths, groups: Sequence[int]
    ) -> list[Any]:
        if output.look is not None:
            values = await self._seen(output, output.look, values, entities=False)
        told = await self._types.told(output, values, field, paths)
        done = columns.absent(told.values, output, field)
        steps = [
            self._place(output.selections[name], places, told.values, paths, groups, done) for name, places in told.places.items()
        ]
        await together(steps)
        for name, places in told.places.items():
            self.settling.remember(output.selections[name], [done[index] for index in places])
        return done


def _below(field: Field, paths: Paths) -> Paths:
    """The paths of the field's values, where something in it wants to know them."""
    return None if paths is None or not field.needs_paths else [Path(p, field.key, field.parent.name) for p in paths]


@dataclass(frozen=True, slots=True)
class Result:
    """What a plan gave by its `root`; `nodes` is how many objects are in it, apart from those read in others' row loops."""

    data: dict[str, Any] | None
    errors: list[GraphQLError] | None
    nodes: int
    root: Selection


async def execute(
    plan: Plan,
    variables: VariableValues,
    context: RequestContext,
    turn: Turn,
    sight: Sight = EVERYTHING,
    *,
    max_nodes: int,
    root: Any = None,
) -> Result:
    """Run a plan for a request; `root` is a subscription's event. Whatever still runs for it when it ends, or is cancelled,
    ends with it.
    """
    try:
        execution = Execution(plan, variables, context, root, turn=turn, max_nodes=max_nodes, sight=sight)
        result = await execution.run()
        return Result(result.data, result.errors, execution.nodes, plan.root)
    finally:
        await context.aclose()
