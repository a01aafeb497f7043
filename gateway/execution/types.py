"""Which object type a value has: told by its class where that decides, else asked value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLAbstractType, GraphQLObjectType, GraphQLSchema
from graphql.execution.executor import Executor, invalid_return_type_error
from graphql.pyutils import Path
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from gateway.planning.rows import Failed
from gateway.planning.selection import Abstract, Field

from .columns import ABSENT, places_of, unfit
from .resolving import Resolving
from .tasks import outcomes


@dataclass(frozen=True, slots=True)
class Told:
    """A column of abstract type, with the places of the values of each object type."""

    values: Sequence[Any]
    places: Mapping[str, list[int]]


class TypeTeller:
    """Tells types for one execution; a class that decides by itself is asked about once."""

    def __init__(self, schema: GraphQLSchema, default: Callable[..., Any], resolving: Resolving) -> None:
        self._schema = schema
        self._default = default
        self._resolving = resolving
        self._told: dict[tuple[str, type], Any] = {}
        self._legal: dict[tuple[str, type], bool] = {}

    async def told(self, output: Abstract, values: Sequence[Any], field: Field, paths: Sequence[Path | None] | None) -> Told:
        """The type of each value; one that has none fails (GraphQL spec, section 6.4.3: ResolveAbstractType)."""
        live = [index for index, value in enumerate(values) if value.__class__ not in ABSENT]
        answers = [self._ask(output, values[index], field, paths[index] if paths else None) for index in live]
        answers = await self._kept(answers)
        found = list(values)
        names: list[str | None] = [None] * len(values)
        for index, answer in zip(live, answers, strict=True):
            named = self._valid(answer, output.type, field, values[index])
            if isinstance(named, Failed):
                found[index] = named
            else:
                names[index] = named
        places = places_of(names)
        for name, here in places.items():
            await self._check_places(output.selections[name].type, here, found, field, paths, output.by_class)
        return Told(found, {name: [i for i in here if found[i].__class__ is not Failed] for name, here in places.items()})

    async def checked(
        self,
        kind: GraphQLObjectType,
        values: Sequence[Any],
        kinds: set[type],
        field: Field,
        paths: Sequence[Path | None] | None,
        by_class: bool,
    ) -> tuple[Sequence[Any], set[type]]:
        """The column, failed where a value says that it is not of this type."""
        if kind.is_type_of is None:
            return values, kinds
        if by_class and all(self._legal.get((kind.name, one)) for one in kinds):
            return values, kinds
        found = list(values)
        live = [index for index, value in enumerate(values) if value.__class__ not in ABSENT]
        await self._check_places(kind, live, found, field, paths, by_class)
        return found, set(map(type, found))

    async def _check_places(
        self,
        kind: GraphQLObjectType,
        places: Sequence[int],
        found: list[Any],
        field: Field,
        paths: Sequence[Path | None] | None,
        by_class: bool,
    ) -> None:
        if kind.is_type_of is None:
            return
        answers = await self._kept(
            [self._is(kind, found[index], field, paths[index] if paths else None, by_class) for index in places]
        )
        for index, answer in zip(places, answers, strict=True):
            if isinstance(answer, Exception):
                found[index] = Failed(answer)
            elif not answer:
                found[index] = unfit(invalid_return_type_error(kind, found[index], list(field.details)))

    def _is(self, kind: GraphQLObjectType, value: Any, field: Field, path: Path | None, by_class: bool) -> Any:
        key = kind.name, value.__class__
        if by_class and key in self._legal and not hasattr(value, TYPE_CAST_ATTRIBUTE):
            return self._legal[key]
        assert kind.is_type_of is not None
        try:
            answer = kind.is_type_of(value, self._resolving.info(field, path))
        except Exception as error:
            return error
        if by_class and not hasattr(value, TYPE_CAST_ATTRIBUTE):
            self._legal[key] = bool(answer)
        return answer

    def _ask(self, output: Abstract, value: Any, field: Field, path: Path | None) -> Any:
        key = output.type.name, value.__class__
        by_class = output.by_class and not hasattr(value, TYPE_CAST_ATTRIBUTE)
        if by_class and key in self._told:
            return self._told[key]
        try:
            answer = (output.type.resolve_type or self._default)(value, self._resolving.info(field, path), output.type)
        except Exception as error:
            return error
        if by_class:
            self._told[key] = answer
        return answer

    async def _kept(self, answers: list[Any]) -> list[Any]:
        waiting = [index for index, answer in enumerate(answers) if self._resolving.is_awaitable(answer)]
        if waiting:
            kept = await outcomes([answers[index] for index in waiting])
            for index, answer in zip(waiting, kept, strict=True):
                answers[index] = answer
        return answers

    def _valid(self, answer: Any, kind: GraphQLAbstractType, field: Field, value: Any) -> str | Failed:
        """The answer, when it names a possible type of `kind`; graphql-core words what is wrong with others."""
        if isinstance(answer, Exception):
            return Failed(answer)
        asker: Any = SimpleNamespace(schema=self._schema)
        try:
            told = Executor.ensure_valid_runtime_type(
                asker, answer, kind, list(field.details), self._resolving.info(field, None), value
            )
        except Exception as error:
            return unfit(error)
        return told.name
