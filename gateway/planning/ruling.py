"""What a request's decisions mean for the fields of a schema: what is denied, what is asked of whom, and what is looked at.

A. deny      what a decision denies; what has a condition that nothing tells the entity of
B. filter    what could give entities that the viewer may not see, and doesn't leave them out
C. ask       what is left has a condition of its own: each parent is asked
D. narrow    a field of Query or Subscription with a condition: what it gives is narrowed by it
E. look      entities that may be hidden are looked at before they are read
F. refuse    arguments that filter by what the viewer may not read of every object that it sees
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from graphql import GraphQLField, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type

from policies import Decision
from policies.conditions import Condition
from schema.filtering import declared, expanded
from schema.objects import has_function
from schema.resolution import FAILS, Batched, Streamed

from .reach import Reach
from .selection import Conditional, Denied, How, Look

UNFILTERED = "it could give entities that you may not see, and doesn't ask for Access, Catalog or Page to leave them out"


@dataclass(frozen=True)
class Seen:
    """What is not simply allowed of whole types: by kind of entity, of kinds without a type of their own, and of loaders."""

    kinds: Mapping[str, Decision | None]
    others: tuple[Decision, ...]
    opens: Mapping[str, Decision]

    @cached_property
    def whole(self) -> bool:
        """Whether every entity may be seen."""
        return not self.others and not any(self.kinds.values())


EVERYTHING_SEEN = Seen({}, (), {})
"""Nothing is decided: everything may be seen."""


class Ruling:
    """The decisions of one operation, applied to one schema."""

    def __init__(self, schema: GraphQLSchema, decisions: Mapping[str, Decision], reach: Reach) -> None:
        self._schema = schema
        self._decisions = decisions
        self._reach = reach
        self._types = {name: decision for name in reach.entities if (decision := self._restricted(name)) is not None}

    @property
    def seen(self) -> Seen:
        """Which entities may be seen, and what of other objects is found by its id."""
        kinds = {kind: self._types.get(name) for name, kind in self._reach.kinds.items() if kind is not None}
        others = tuple(self._types[name] for name, kind in self._reach.kinds.items() if kind is None and name in self._types)
        return Seen(kinds, others, dict(self._opens()))

    def _opens(self) -> Iterator[tuple[str, Decision]]:
        """What finds objects by their ids and is not simply allowed; a condition that nothing tells the entity of closes it."""
        for name in self._decisions:
            if "." in name or name in self._types or (decision := self._restricted(name)) is None:
                continue
            kind = self._schema.type_map.get(name)
            tells = kind is not None and self._reach.direct(kind)
            yield name, decision if tells else replace(decision, allowed=False)

    def _restricted(self, coordinate: str) -> Decision | None:
        """The decision where it is not a plain allow."""
        decision = self._decisions.get(coordinate)
        return None if decision is None or (decision.allowed and decision.condition is None) else decision

    def how(self, parent: GraphQLObjectType, name: str, definition: GraphQLField, how: How) -> How:
        """How the field's value is got for this viewer."""
        decision = self._restricted(f"{parent.name}.{name}")
        if decision is not None and not self._tells(parent, definition, decision):  # A
            return Denied(decision)
        if (hidden := self._unfiltered(parent, name, definition, how)) is not None:  # B
            return Denied(hidden)
        if decision is None or parent.name not in self._reach.entities:
            return how
        seen = self._types.get(parent.name)
        return how if seen is not None and seen.condition == decision.condition else Conditional(decision, how)  # C

    def _tells(self, parent: GraphQLObjectType, definition: GraphQLField, decision: Decision) -> bool:
        """Whether a conditional decision is about entities that are at hand."""
        if not decision.allowed or decision.condition is None:
            return False
        return parent.name in self._reach.entities or (self._asks(parent) and self._gives(definition))

    def _asks(self, parent: GraphQLObjectType) -> bool:
        return parent in (self._schema.query_type, self._schema.subscription_type)

    @property
    def _roots(self) -> tuple[GraphQLObjectType | None, ...]:
        return self._schema.query_type, self._schema.mutation_type, self._schema.subscription_type

    def _gives(self, definition: GraphQLField) -> bool:
        return bool(self._reach.leads(get_named_type(definition.type)))

    # B. filter

    def _unfiltered(self, parent: GraphQLObjectType, name: str, definition: GraphQLField, how: How) -> Decision | None:
        """The denial of a field that gives what it should leave out."""
        if not self._types and not self._decisions:
            return None
        own = parent.name in self._reach.entities or parent in self._roots
        if FAILS in definition.extensions or not (own or has_function(definition)):
            return None  # it has nothing, or it is a value of its object, for which whoever made that answers
        leads = self._reach.leads(get_named_type(definition.type))
        narrowed = self.within(parent, name, definition) is not None
        hidden = [self._types[one] for one in sorted(leads) if one in self._types]
        if not (hidden or (narrowed and leads)):
            return None
        if self._filters(how, definition):
            return None
        coordinate = f"{parent.name}.{name}"
        decision = self._decisions.get(coordinate) or hidden[0]
        return replace(decision, coordinate=coordinate, allowed=False, condition=None, reason=UNFILTERED)

    def _filters(self, how: How, definition: GraphQLField) -> bool:
        """Whether what is hidden is left out of what the field gives, or is null in its place."""
        if isinstance(how, Streamed):
            return how.filtered  # with null in the place of what is hidden, an event would tell that it changed
        if self._reach.single(definition):
            return True
        return isinstance(how, Batched) and (how.filtered or (how.paged and self._reach.pages(definition)))

    # D. narrow

    def within(self, parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Condition | None:
        """What entities in the field's result must be, beside what all entities of their types must be."""
        if not self._asks(parent):
            return None
        decision = self._restricted(f"{parent.name}.{name}")
        if decision is None or decision.condition is None:
            return None
        leads = self._reach.leads(get_named_type(definition.type))
        same = all((seen := self._types.get(one)) and seen.condition == decision.condition for one in leads)
        return None if same else decision.condition

    def inherited(self, parent: GraphQLObjectType, definition: GraphQLField, within: Condition | None) -> Condition | None:
        """What a field's values must be because their holder stands in a narrowed result."""
        return None if parent.name in self._reach.entities or has_function(definition) else within

    # E. look

    def look(self, kind: GraphQLNamedType, within: Condition | None) -> Look | None:
        """Whether values of this type are looked at, and by what beside their types' decisions."""
        direct = self._reach.direct(kind)
        if not direct or (within is None and direct.isdisjoint(self._types)):
            return None
        return Look(within)

    # F. refuse

    def refused(self, definition: GraphQLField) -> Mapping[str, Decision]:
        """The decisions against filtering by them, for those of the field's declared coordinates that have one."""
        found: dict[str, Decision] = {}
        leads: frozenset[str] | None = None
        for name in declared(definition):
            leads = self._reach.leads(get_named_type(definition.type)) if leads is None else leads
            for coordinate in sorted(expanded(self._schema, name, leads or None)):
                if (decision := self._unasked(coordinate)) is not None:
                    found.setdefault(name, decision)
        return found

    def _unasked(self, coordinate: str) -> Decision | None:
        """The decision, where it doesn't allow to read the field of all objects of its type that are seen."""
        decision = self._restricted(coordinate)
        seen = self._types.get(coordinate.partition(".")[0])
        if decision is None or (seen is not None and not seen.allowed):
            return None
        return None if decision.allowed and seen is not None and seen.condition == decision.condition else decision
