"""What decisions come to for one viewer and one entity, with the conditions that hold and those that don't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from callboard_sdk import Viewer
from callboard_sdk.conditions import holds
from callboard_sdk.entities import Entity
from strawberry.types.base import get_object_definition

from policies import Decision, Policy
from policies.binding import Ask, bind
from policies.conditions import All, Any, Condition, Negated, Predicate, text
from schema import About


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a coordinate may be used for the entity, None where that can't be told, and why."""

    allowed: bool | None
    reason: str


class Judge:
    """Judges for one viewer, with all its roles, and one entity or none."""

    def __init__(self, policy: Policy, viewer: Viewer, entity: Entity | None, ask: Ask) -> None:
        self._policy = policy
        self._viewer = viewer
        self.entity = entity
        self._ask = ask

    def decision(self, coordinate: str) -> Decision:
        """What is decided before any entity is known."""
        return self._policy.decide(self._viewer.roles, [coordinate])[coordinate]

    async def verdict(self, coordinate: str) -> Verdict:
        """What it comes to: a field can be read where its object can be seen, and the field be used."""
        decision = self.decision(coordinate)
        kind, dot, _ = coordinate.partition(".")
        if decision.about is About.ENTITY:
            if self.entity is not None and (own := type_of(self.entity)) != kind:
                return Verdict(None, f"{self.entity.ref} is a {own}: ask about {own}, or for another entity")
            if dot and (seen := await self._met(self.decision(kind))).allowed is not True:
                return Verdict(seen.allowed, f"its object is not seen ({kind}: {seen.reason})")
        return await self._met(decision)

    async def _met(self, decision: Decision) -> Verdict:
        condition = decision.condition
        if condition is None:
            return Verdict(decision.allowed, decision.reason)
        if self.entity is None:
            if decision.about is About.RESULT:
                return Verdict(allowed=True, reason=f"what it gives is filtered by {text(condition)}")
            return Verdict(None, f"it depends on the entity, by {text(condition)}: say which")
        return Verdict(await self.met(condition), decision.reason)

    async def met(self, condition: Condition) -> bool:
        """Whether the condition holds for the entity."""
        assert self.entity is not None
        bound = await bind([condition], self._ask)
        return holds(bound[condition], self.entity)

    async def tree(self, condition: Condition) -> list[tuple[int, str, bool]]:
        """Each part of the condition, how deep it stands, and whether it holds."""
        return [(depth, said, await self.met(part)) for depth, said, part in _parts(condition, 0)]


def type_of(entity: Entity) -> str:
    """The name of the entity's type in the graph."""
    return get_object_definition(type(entity), strict=True).name


def _parts(condition: Condition, depth: int) -> Iterator[tuple[int, str, Condition]]:
    match condition:
        case Predicate():
            yield depth, text(condition), condition
        case All(parts) | Any(parts):
            yield depth, "all of" if isinstance(condition, All) else "any of", condition
            for part in parts:
                yield from _parts(part, depth + 1)
        case Negated(part):
            yield depth, "not", condition
            yield from _parts(part, depth + 1)
