"""Where entities can stand in what a field gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from callboard_sdk.entities import OpaqueEntity
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.objects import entity_types, held


class Reach:
    """The entity types of one schema, and which of them the fields' own values lead to."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[str, frozenset[str]] = {}

    @cached_property
    def entities(self) -> frozenset[str]:
        """The names of the types whose objects are entities."""
        return entity_types(self._schema)

    @cached_property
    def kinds(self) -> Mapping[str, str | None]:
        """The kind, in lower case, that each entity type stands for; None for a type of whatever has no type of its own."""
        return {name: _kind_of(self._schema.type_map[name]) for name in sorted(self.entities)}

    def direct(self, kind: GraphQLNamedType) -> frozenset[str]:
        """The entity types that a value of this type can be itself."""
        possible = self._schema.get_possible_types(kind) if is_abstract_type(kind) else (kind,)
        return self.entities & {one.name for one in possible}

    def leads(self, kind: GraphQLNamedType) -> frozenset[str]:
        """The entity types that a value of this type can be, or hold."""
        known = self._known.get(kind.name)
        if known is None:
            known = self._known[kind.name] = held(self._schema, kind, self.entities)
        return known

    def single(self, field: GraphQLField) -> bool:
        """Whether what it gives is one entity or null: a hidden one can be null in its place."""
        if is_non_null_type(field.type) or is_list_type(field.type):
            return False
        return bool(self.direct(get_named_type(field.type)))

    def pages(self, field: GraphQLField) -> bool:
        """Whether what it gives is a connection whose items are entities (GraphQL Cursor Connections, section 2)."""
        edge = _fields(get_named_type(field.type)).get("edges")
        node = _fields(get_named_type(edge.type)).get("node") if edge else None
        return node is not None and bool(self.direct(get_named_type(node.type)))


def _fields(kind: GraphQLNamedType) -> Mapping[str, GraphQLField]:
    return kind.fields if is_object_type(kind) else {}


def _kind_of(kind: GraphQLNamedType) -> str | None:
    assert isinstance(kind, GraphQLObjectType)
    origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
    if origin is None or origin is OpaqueEntity:
        return None
    return str(origin.KIND).lower() or None
