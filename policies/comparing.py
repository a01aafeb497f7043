"""What two policies decide otherwise: who gains and loses which coordinates, and on which condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from .decisions import Decision
from .policy import Policy
from .rules import Rules


class Kind(Enum):
    """How a decision changes."""

    GAINS = "gains"
    """It was denied, and is allowed: always, or on a condition."""
    LOSES = "loses"
    """It was allowed, and is denied."""
    CHANGES = "changes"
    """It is allowed before and after, for other entities."""


@dataclass(frozen=True, slots=True)
class Change:
    """A coordinate that is decided otherwise."""

    before: Decision
    after: Decision

    @property
    def coordinate(self) -> str:
        """Which."""
        return self.after.coordinate

    @property
    def kind(self) -> Kind:
        """How."""
        if self.before.allowed == self.after.allowed:
            return Kind.CHANGES
        return Kind.GAINS if self.after.allowed else Kind.LOSES


def changes(before: Policy, after: Policy, roles: frozenset[str], coordinates: Iterable[str]) -> list[Change]:
    """What the second decides otherwise than the first for one role set, sorted by coordinate."""
    wanted = frozenset(coordinates)
    old, new = before.decide(roles, wanted), after.decide(roles, wanted)
    found = (Change(was, new[coordinate]) for coordinate, was in old.items())
    return [one for one in found if (one.before.allowed, one.before.condition) != (one.after.allowed, one.after.condition)]


def changes_by_role(before: Policy, after: Policy, coordinates: Iterable[str]) -> Iterator[tuple[str, list[Change]]]:
    """Each role that gains or loses anything, sorted, for a viewer that has it alone."""
    wanted = frozenset(coordinates)
    for role in sorted(before.roles | after.roles):
        if found := changes(before, after, frozenset({role}), wanted):
            yield role, found


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of the canonical text that only one of two has, sorted."""

    added: list[str]
    removed: list[str]


def lines(before: Rules, after: Rules) -> Lines:
    """What was written and taken out from one to the other."""
    old, new = (set(rules.canonical().splitlines()) for rules in (before, after))
    return Lines(sorted(new - old), sorted(old - new))
