"""A part of a schema as a schema of its own: copies of the types that are left, which refer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

from graphql import (
    ConstValueNode,
    EnumValueNode,
    GraphQLArgument,
    GraphQLDefaultInput,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    is_introspection_type,
    is_scalar_type,
    is_specified_directive,
    is_wrapping_type,
)
from graphql.utilities import get_default_value_ast

Composite = GraphQLObjectType | GraphQLInterfaceType
"""A type with output fields."""
Left = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By type, the fields, members or values that are left, fields with the arguments that are."""


def part(whole: GraphQLSchema, left: Left) -> GraphQLSchema:
    """The schema of what is left. It is valid when that is closed: no field that is left leads to a type that isn't."""
    return _Building(whole, left).schema()


class _Building:
    """Copies of the types that are left, which refer to each other; leaf types are shared with the whole schema."""

    def __init__(self, whole: GraphQLSchema, left: Left) -> None:
        self._whole = whole
        self._left = left
        self._made: dict[str, Any] = {name: self._type(whole.type_map[name]) for name in left}

    def schema(self) -> GraphQLSchema:
        """The schema of them."""
        given: dict[str, Any] = dict(self._whole.to_kwargs())
        for root in ("query", "mutation", "subscription"):
            given[root] = self._made.get(given[root].name) if given[root] else None
        given["types"] = [self._made[name] for name in self._left]
        given["assume_valid"] = True  # it is, when the whole is; to look again would take longer than to make it
        given["directives"] = [d if is_specified_directive(d) else self._directive(d) for d in self._whole.directives]
        return GraphQLSchema(**given)

    def _type(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        if self._as_it_is(kind):
            return kind
        given: dict[str, Any] = dict(kind.to_kwargs())
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                given["interfaces"] = lambda: self._those(kind.interfaces)
                given["fields"] = lambda: {name: self._field(kind, name) for name in self._left[kind.name]}
            case GraphQLUnionType():
                given["types"] = lambda: self._those(kind.types)
            case GraphQLInputObjectType():
                given["fields"] = lambda: {name: self._input(kind.fields[name]) for name in self._left[kind.name]}
            case GraphQLEnumType():
                given["values"] = {name: kind.values[name] for name in self._left[kind.name]}
                return GraphQLEnumType(**given)  # Strawberry's own would be made by its class
        return type(kind)(**given)

    def _as_it_is(self, kind: GraphQLNamedType) -> bool:
        """Whether a type names no other and is left whole."""
        if isinstance(kind, GraphQLEnumType):
            return len(self._left[kind.name]) == len(kind.values)
        return is_scalar_type(kind) or is_introspection_type(kind)

    def _those(self, kinds: Iterable[GraphQLNamedType]) -> list[Any]:
        return [self._made[kind.name] for kind in kinds if kind.name in self._made]

    def _field(self, kind: Composite, name: str) -> GraphQLField:
        field = kind.fields[name]
        arguments = {key: self._argument(field.args[key]) for key in self._left[kind.name][name]}
        return GraphQLField(**{**field.to_kwargs(), "type_": self._own(field.type), "args": arguments})

    def _argument(self, argument: GraphQLArgument) -> GraphQLArgument:
        return GraphQLArgument(**self._given(argument))

    def _input(self, field: GraphQLInputField) -> GraphQLInputField:
        return GraphQLInputField(**self._given(field))

    def _given(self, given: GraphQLArgument | GraphQLInputField) -> dict[str, Any]:
        """A default is kept as it is written, and left out where it names what is not left."""
        own: dict[str, Any] = {**given.to_kwargs(), "type_": self._own(given.type), "default": None, "default_value": Undefined}
        default = get_default_value_ast(given)
        if default is not None and self._lost.isdisjoint(_names(default)):
            own["default"] = GraphQLDefaultInput(literal=default)
        return own

    @cached_property
    def _lost(self) -> AbstractSet[str]:
        """The names of input fields and enum values that are not left."""
        found: set[str] = set()
        for kind in self._whole.type_map.values():
            if isinstance(kind, GraphQLInputObjectType | GraphQLEnumType):
                own = kind.fields if isinstance(kind, GraphQLInputObjectType) else kind.values
                found |= own.keys() - self._left.get(kind.name, {}).keys()
        return found

    def _directive(self, directive: GraphQLDirective) -> GraphQLDirective:
        given: dict[str, Any] = dict(directive.to_kwargs())
        given["args"] = {name: self._argument(argument) for name, argument in directive.args.items()}
        return GraphQLDirective(**given)

    def _own(self, kind: Any) -> Any:
        return type(kind)(self._own(kind.of_type)) if is_wrapping_type(kind) else self._made[kind.name]


def _names(default: ConstValueNode) -> Iterator[str]:
    """The input fields and enum values that a default names."""
    match default:
        case EnumValueNode(value=value):
            yield value
        case ListValueNode(values=values):
            for item in values:
                yield from _names(item)
        case ObjectValueNode(fields=fields):
            for field in fields:
                yield from (field.name.value, *_names(field.value))
