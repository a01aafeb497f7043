"""The schema that a viewer may use: made when a request first needs it, and kept for all who are denied the same.

It is what plans are made by: what a plan would deny, of whatever object, is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, is_interface_type, is_introspection_type, is_object_type

from policies import Decisions, Policy
from schema import Supergraph
from schema.filtering import places
from schema.lint import NODE
from schema.resolution import RESOLUTION
from schema.visible import loaded_as, visible

from .kept import Kept
from .reach import Reach
from .ruling import Ruling
from .selection import Denied, Ordinary

_MOST = 50
"""Schemas that are kept: half a megabyte each, for a graph of a hundred types."""


class VisibleSchemas:
    """Visible schemas of one supergraph, by what is denied. An allow on a condition is visible."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._schema = supergraph.schema
        self._reach = Reach(supergraph.schema)
        self.guarded = frozenset(supergraph.guards)
        self._by_denied: Kept[frozenset[str], GraphQLSchema] = Kept(_MOST)
        self._by_decisions: Kept[Decisions, GraphQLSchema] = Kept(_MOST)

    def of(self, decisions: Decisions) -> GraphQLSchema:
        """The schema under these decisions, which are on all guarded coordinates."""
        if (known := self._by_decisions.get(decisions)) is not None:
            return known
        denied = frozenset(self._denied(decisions))
        made = self._by_denied.get(denied)
        if made is None:
            made = self._by_denied.keep(denied, visible(self._schema, denied | self._unfindable if denied else denied))
        return self._by_decisions.keep(decisions, made)

    def _denied(self, decisions: Decisions) -> Iterator[str]:
        ruling = Ruling(self._schema, decisions, self._reach)
        yield from (name for name in decisions.denied if "." not in name)
        yield from (name for name, decision in ruling.seen.opens.items() if not decision.allowed)
        refused: set[str] = set()
        usable: set[str] = set()
        for kind, name, field in self._fields:
            if isinstance(ruling.how(kind, name, field, field.extensions.get(RESOLUTION) or _ORDINARY), Denied):
                yield f"{kind.name}.{name}"
                continue
            against = ruling.refused(field)
            for place, filtered in places(f"{kind.name}.{name}", field):
                (usable if against.keys().isdisjoint(filtered) else refused).add(place)
        yield from refused - usable  # what some field's arguments can hold is there for all that take it

    @cached_property
    def _fields(self) -> tuple[tuple[GraphQLObjectType, str, GraphQLField], ...]:
        own = (kind for kind in self._schema.type_map.values() if is_object_type(kind) and not is_introspection_type(kind))
        return tuple((kind, name, field) for kind in own for name, field in kind.fields.items())

    @cached_property
    def _unfindable(self) -> frozenset[str]:
        """The node types that no plugin finds by their ids: they are there where a field leads to them."""
        node = self._schema.type_map.get(NODE)
        nodes = self._schema.get_possible_types(node) if is_interface_type(node) else ()
        others = (kind for kind in nodes if kind.name not in self._reach.entities)
        return frozenset(kind.name for kind in others if self.guarded.isdisjoint(loaded_as(kind)))


@dataclass
class Visible:
    """What one request's viewer may use; the decisions are asked for only when something has to be told by them."""

    schemas: VisibleSchemas
    policy: Policy
    roles: frozenset[str]

    @cached_property
    def schema(self) -> GraphQLSchema:
        """The schema of all that these roles are not denied."""
        return self.schemas.of(self.policy.decide(self.roles, self.schemas.guarded))


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole schema, for what an administrator tries for others."""

    schema: GraphQLSchema


_ORDINARY = Ordinary(lambda *_: None)
