"""The part of the schema that a viewer may use: what introspection shows it, and what errors speak of.

A. leave   fields that are not denied; what can't be used without the rest goes with it, until nothing more goes
B. reach   the types that what is left leads to, from the roots
C. build   a schema of these types alone, by `part`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_scalar_type,
)

from .lint import NODE
from .objects import ENTITY
from .part import Composite, Left, part


def visible(schema: GraphQLSchema, denied: frozenset[str]) -> GraphQLSchema:
    """The schema without what is denied, and without what only that leads to; itself when nothing is denied.

    `denied` has coordinates: `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`, and `Type`. An entity type that
    is denied is gone, with the fields that lead to it; any other node type, or `Entity`, is no longer found by its id, and is
    there as long as a field leads to it. An interface has the fields that all of its types still have. What is valid against
    the result is valid against `schema`. Raises ValueError when nothing of Query is left, without which there is no schema.
    """
    if not denied:
        return schema
    left = _leave(schema, denied)  # A, B
    if schema.query_type is None or schema.query_type.name not in left:
        raise ValueError("nothing of Query would be left: a schema needs one field that is open to everybody")
    return part(schema, left)  # C


def loaded_as(kind: GraphQLObjectType) -> Iterator[str]:
    """The coordinates that `node(id:)` may find its objects by: its own, and those of its interfaces."""
    yield from (kind.name, *(interface.name for interface in kind.interfaces))


# A. leave


def _leave(schema: GraphQLSchema, denied: frozenset[str]) -> Left:
    gone = {name for name in denied if _is_entity(schema.type_map.get(name))}
    while True:
        leaving = _Leaving(schema, denied, gone)
        left = {name: leaving.left(kind) for name, kind in schema.type_map.items() if name not in gone}
        empty = [schema.type_map[name] for name, kept in left.items() if not kept and not is_scalar_type(schema.type_map[name])]
        if fresh := {kind.name for kind in empty if not is_interface_type(kind)}:
            gone |= fresh  # an interface may have the fields that these lacked, once they are gone
            continue
        reaching = _Reaching(schema, denied, left)
        fresh = {kind.name for kind in empty} | reaching.empty
        if not fresh:
            return {name: kept for name, kept in left.items() if name in reaching.found}
        gone |= fresh


def _is_entity(kind: GraphQLNamedType | None) -> bool:
    return any(interface.name == ENTITY for interface in getattr(kind, "interfaces", ()))


@dataclass(frozen=True)
class _Leaving:
    """What is left of a type when these coordinates are denied, and these types are gone."""

    schema: GraphQLSchema
    denied: frozenset[str]
    gone: AbstractSet[str]

    def left(self, kind: GraphQLNamedType) -> Mapping[str, tuple[str, ...]]:
        """Its fields with their arguments, or its members."""
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                return {name: self._arguments(kind, name) for name in kind.fields if self._usable(kind, name)}
            case GraphQLUnionType():
                return {member.name: () for member in kind.types if member.name not in self.gone}
            case GraphQLInputObjectType():
                given = {name: self._givable(f"{kind.name}.{name}", field) for name, field in kind.fields.items()}
                lost = any(is_required_input_field(kind.fields[name]) for name, kept in given.items() if not kept)
                return {} if lost else {name: () for name, kept in given.items() if kept}
            case GraphQLEnumType():
                return {name: () for name in kind.values if f"{kind.name}.{name}" not in self.denied}
        return {}

    def _having(self, kind: Composite) -> Iterator[Composite]:
        """The type, and all that have its fields because they implement it."""
        yield kind
        if isinstance(kind, GraphQLInterfaceType):
            found = self.schema.get_implementations(kind)
            yield from (one for one in found.objects if one.name not in self.gone)
            yield from (one for one in found.interfaces if one.name not in self.gone)

    def _usable(self, kind: Composite, name: str) -> bool:
        arguments = self._arguments(kind, name)
        return all(
            f"{one.name}.{name}" not in self.denied
            and get_named_type(one.fields[name].type).name not in self.gone
            and all(key in arguments for key, argument in one.fields[name].args.items() if is_required_argument(argument))
            for one in self._having(kind)
        )

    def _arguments(self, kind: Composite, name: str) -> tuple[str, ...]:
        having = list(self._having(kind))
        return tuple(
            key
            for key in kind.fields[name].args
            if all(self._givable(f"{one.name}.{name}({key}:)", one.fields[name].args[key]) for one in having)
        )

    def _givable(self, coordinate: str, given: GraphQLArgument | GraphQLInputField) -> bool:
        return coordinate not in self.denied and get_named_type(given.type).name not in self.gone


# B. reach


class _Reaching:
    """The types that can be met in a result or given in an argument, and the abstract types that are named beside them."""

    def __init__(self, schema: GraphQLSchema, denied: frozenset[str], left: Left) -> None:
        self._schema = schema
        self._denied = denied
        self._left = left
        self._met: set[str] = set()
        self._named: set[str] = set()
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        given = (argument for directive in schema.directives for argument in directive.args.values())
        self._meet([*(root for root in roots if root), *(get_named_type(argument.type) for argument in given)])

    @property
    def found(self) -> AbstractSet[str]:
        """All of them, and those that introspection is made of."""
        return self._met | self._named | {name for name, kind in self._schema.type_map.items() if is_introspection_type(kind)}

    @property
    def empty(self) -> AbstractSet[str]:
        """The abstract types among them that no object which can be met is of."""
        kinds = [kind for name in self._met | self._named if is_abstract_type(kind := self._schema.type_map[name])]
        return {kind.name for kind in kinds if not any(one.name in self._met for one in self._schema.get_possible_types(kind))}

    def _meet(self, waiting: list[GraphQLNamedType]) -> None:
        while waiting:
            kind = waiting.pop()
            if kind.name not in self._met and kind.name in self._left:
                self._met.add(kind.name)
                waiting += self._next(kind)

    def _next(self, kind: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
        match kind:
            case GraphQLObjectType():
                self._name(kind.interfaces)
                yield from self._leads(kind)
            case GraphQLInterfaceType():
                self._name([kind])
                found = self._schema.get_possible_types(kind)
                yield from (one for one in found if kind.name != NODE or self._denied.isdisjoint(loaded_as(one)))
            case GraphQLUnionType():
                yield from kind.types
            case GraphQLInputObjectType():
                yield from (get_named_type(kind.fields[name].type) for name in self._left[kind.name])

    def _name(self, kinds: Iterable[GraphQLNamedType]) -> None:
        """Abstract types that are seen, as the interfaces of an object are: that alone brings none of their other objects."""
        for kind in kinds:
            if is_abstract_type(kind) and kind.name in self._left and kind.name not in self._named:
                self._named.add(kind.name)
                if isinstance(kind, GraphQLInterfaceType):
                    self._name([*kind.interfaces, *self._leads(kind)])

    def _leads(self, kind: Composite) -> Iterator[GraphQLNamedType]:
        for name, arguments in self._left[kind.name].items():
            field = kind.fields[name]
            yield get_named_type(field.type)
            yield from (get_named_type(field.args[key].type) for key in arguments)
