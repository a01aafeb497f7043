"""Whether objects may be seen, and what tells the entity that a condition speaks of: decided by the finished schema.

Each entity type `T` has a coordinate of its own, `T`, beside those of its fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from callboard_sdk.entities import Entity
from callboard_sdk.plugin import QUERY, SUBSCRIPTION
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_object_type,
)
from strawberry.types.base import get_object_definition

from .resolution import RESOLUTION, Batched, Streamed
from .supergraph import About, Guarded

ENTITY = get_object_definition(Entity, strict=True).name
"""The interface of all entities."""
_SAID = "title"
"""A field that every entity says of itself; what it needs, seeing the object needs."""


def entity_types(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the types whose objects are entities."""
    interface = schema.type_map.get(ENTITY)
    return frozenset(kind.name for kind in schema.get_possible_types(interface)) if is_interface_type(interface) else frozenset()


def guard_objects(schema: GraphQLSchema, guards: Mapping[str, Guarded]) -> dict[str, Guarded]:
    """The guards, with one for each entity type, and what a condition on each is about."""
    entities = entity_types(schema)
    own = {kind: guards[said] for kind in sorted(entities) if (said := f"{kind}.{_SAID}") in guards}
    return {
        coordinate: replace(guard, about=_about(schema, coordinate, entities)) for coordinate, guard in {**own, **guards}.items()
    }


def _about(schema: GraphQLSchema, coordinate: str, entities: frozenset[str]) -> About:
    type_name, _, field = coordinate.partition(".")
    if type_name in entities:
        return About.ENTITY
    kind = schema.type_map.get(type_name)
    if not field:  # what loads objects by their ids
        return About.RESULT if kind is not None and _is_entity(schema, kind, entities) else About.NOTHING
    if type_name not in (QUERY, SUBSCRIPTION) or not is_object_type(kind):
        return About.NOTHING
    definition = kind.fields[field]
    given = get_named_type(definition.type)
    if type_name == QUERY and _leaves_out(definition):
        return About.RESULT if held(schema, given, entities) else About.NOTHING
    found = _items(given) if type_name == QUERY else _told(given)
    return About.RESULT if any(_is_entity(schema, one, entities) for one in found) else About.NOTHING


def held(schema: GraphQLSchema, kind: GraphQLNamedType, entities: frozenset[str]) -> frozenset[str]:
    """The entity types that a value of this type can be, or hold: in its own values, down to the entities, and no further.

    What lies below an entity, or below a field with a function of its own, is that field's matter.
    """
    found: set[str] = set()
    waiting, seen = [kind], {kind.name}
    while waiting:
        one = waiting.pop()
        below: list[GraphQLNamedType] = []
        if is_abstract_type(one):
            below += schema.get_possible_types(one)
        elif one.name in entities:
            found.add(one.name)
        elif is_object_type(one):
            below += (get_named_type(field.type) for field in one.fields.values() if not has_function(field))
        fresh = [other for other in below if other.name not in seen]
        seen.update(other.name for other in fresh)
        waiting += fresh
    return frozenset(found)


def has_function(field: GraphQLField) -> bool:
    """Whether a plugin's function answers this field, so that it is none of its object's own values."""
    how = field.extensions.get(RESOLUTION)
    return isinstance(how, Streamed) or (isinstance(how, Batched) and bool(how.name))


def _leaves_out(field: GraphQLField) -> bool:
    """Whether its function leaves out what its viewer may not see, however deep that stands, or counts without it."""
    how = field.extensions.get(RESOLUTION)
    return isinstance(how, Batched) and how.filtered


def _items(kind: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
    """The type itself, and of a connection that of its nodes (GraphQL Cursor Connections, section 2)."""
    yield kind
    if is_object_type(kind) and {"edges", "pageInfo"} <= kind.fields.keys():
        edge = get_named_type(kind.fields["edges"].type)
        if is_object_type(edge) and "node" in edge.fields:
            yield get_named_type(edge.fields["node"].type)


def _told(kind: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
    """The type of an event, and the types of what it says: an event about an entity holds it."""
    yield kind
    if is_object_type(kind):
        yield from (get_named_type(field.type) for field in kind.fields.values())


def _is_entity(schema: GraphQLSchema, kind: GraphQLNamedType, entities: frozenset[str]) -> bool:
    if is_abstract_type(kind):
        return any(possible.name in entities for possible in schema.get_possible_types(kind))
    return kind.name in entities
