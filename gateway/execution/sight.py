"""What one request's viewer sees: conditions bound to the viewer, asked once of each entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from callboard_sdk import Access, Entity, Readable
from callboard_sdk.conditions import ALWAYS, NEVER, Column, Expression, Is, every, holds, no, some
from graphql import Undefined
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from gateway.planning.plan import Plan
from gateway.planning.rows import Failed
from gateway.planning.ruling import EVERYTHING_SEEN, Seen
from gateway.planning.selection import Look
from policies import Decision, Decisions
from policies.conditions import Condition


class Sight:
    """`bound` has what each condition of the plan's decisions asks for this viewer; a condition that it lacks never holds.

    An entity is asked by its kind, and, should its class stand for another, by that too. What is no `Entity` can't be
    asked, so that no condition on it holds.
    """

    def __init__(self, seen: Seen, bound: Mapping[Condition, Expression], decisions: Decisions | None = None) -> None:
        self._bound = bound
        self._decisions = decisions or Decisions()
        self._kinds = {kind: self._expression(decision) for kind, decision in seen.kinds.items()}
        self._others = every(self._expression(decision) for decision in seen.others)
        self.access = Access(self._entities())
        self.opens = {name: self._expression(decision) for name, decision in seen.opens.items()}
        """What objects of types that are found by their ids must be, where that is anything; of what is no entity, NEVER."""
        self._musts: dict[tuple[type, str], Expression] = {}
        self._asked: dict[Expression, dict[int, tuple[Entity, bool]]] = {}

    @cached_property
    def readable(self) -> Readable:
        """Which fields of an entity may be read, of those that the operation may show."""
        decided = self._decisions.denied | self._decisions.conditional  # type: ignore[operator]
        return Readable({coordinate: self._expression(decision) for coordinate, decision in decided.items()})

    def expression(self, condition: Condition) -> Expression:
        """What the condition asks for this viewer."""
        return self._bound.get(condition, NEVER)

    def _expression(self, decision: Decision | None) -> Expression:
        if decision is None:
            return ALWAYS
        if not decision.allowed:
            return NEVER
        return ALWAYS if decision.condition is None else self.expression(decision.condition)

    def _entities(self) -> Expression:
        found: dict[Expression, set[str]] = {}
        for kind, expression in self._kinds.items():
            found.setdefault(expression, set()).add(kind)
        if found.keys() <= {self._others}:
            return self._others
        known = Is(Column.KIND, frozenset(self._kinds))
        parts = [every([Is(Column.KIND, frozenset(kinds)), expression]) for expression, kinds in found.items()]
        return some([*parts, every([no(known), self._others])])

    def hidden(self, values: Sequence[Any], look: Look, *, entities: bool) -> list[int]:
        """The places of values that may not be seen. `entities` says that each should be one; others can't be told from them
        where they stand in what a condition narrows, or claim a type by a cast.
        """
        within = None if look.within is None else self.expression(look.within)
        found: list[int] = []
        for place, value in enumerate(values):
            if isinstance(value, Entity):
                seen = self._holds(self._must(value), value) and (within is None or self._holds(within, value))
            elif value is None or value is Undefined or isinstance(value, Failed):
                continue
            else:
                seen = not entities and within is None and not hasattr(value, TYPE_CAST_ATTRIBUTE)
            if not seen:
                found.append(place)
        return found

    def holding(self, condition: Condition, parents: Sequence[Any]) -> list[int]:
        """The places of the parents for which the condition holds."""
        expression = self.expression(condition)
        return [place for place, parent in enumerate(parents) if isinstance(parent, Entity) and self._holds(expression, parent)]

    def _must(self, entity: Entity) -> Expression:
        key = type(entity), entity.ref.kind
        must = self._musts.get(key)
        if must is None:
            kinds = {entity.ref.kind, entity.KIND.lower()} if entity.KIND else {entity.ref.kind}
            must = self._musts[key] = every(self._kinds.get(kind, self._others) for kind in kinds)
        return must

    def _holds(self, expression: Expression, entity: Entity) -> bool:
        """Asked once: the entity is kept with the answer, so that no other gets its identity meanwhile."""
        asked = self._asked.setdefault(expression, {})
        known = asked.get(id(entity))
        if known is None:
            known = asked[id(entity)] = entity, holds(expression, entity)
        return known[1]


EVERYTHING = Sight(EVERYTHING_SEEN, {})
"""Nothing is hidden, and nothing asked."""


def sight_of(plan: Plan, bound: Mapping[Condition, Expression]) -> Sight:
    """What a viewer to whom the conditions of a plan's decisions are bound so sees."""
    return EVERYTHING if plan.open and not plan.decisions.denied else Sight(plan.seen, bound, plan.decisions)
