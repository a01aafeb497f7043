"""What was decided about coordinates, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from schema import About

from .conditions import Condition


@dataclass(frozen=True, slots=True)
class Decision:
    """May these roles use this coordinate, and why. `id` is stable for one policy version, roles and coordinate.

    With a `condition` it is allowed where that holds, and nowhere else; `about` says what tells the entity: with RESULT the
    coordinate itself is open, and the entities in what it gives are those for which the condition holds.
    """

    id: str
    coordinate: str
    allowed: bool
    reason: str
    condition: Condition | None = None
    about: About = About.NOTHING


class Decisions(dict[str, Decision]):
    """The decision for each guarded coordinate of one operation, for one role set under one policy version.

    The same object is handed out again for the same question, so that what is made of it can be kept by it.
    """

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    @cached_property
    def denied(self) -> Mapping[str, Decision]:
        """Those that are not allowed."""
        return {coordinate: decision for coordinate, decision in self.items() if not decision.allowed}

    @cached_property
    def conditional(self) -> Mapping[str, Decision]:
        """Those that are allowed on a condition."""
        return {coordinate: decision for coordinate, decision in self.items() if decision.condition is not None}
