"""The states that something running can be in, the worst first."""

from __future__ import annotations

from enum import Enum

from callboard_sdk import enum


@enum
class RunState(Enum):
    """How something that runs is, the worst first."""

    FAILING = "FAILING"
    """It does none of its work."""
    DEGRADED = "DEGRADED"
    """It does a part of its work."""
    UNKNOWN = "UNKNOWN"
    """Nobody can say: its cluster or its node doesn't answer."""
    PENDING = "PENDING"
    """It is on its way: being started, replaced, or stopped."""
    ABSENT = "ABSENT"
    """Nothing by that description runs anywhere."""
    HEALTHY = "HEALTHY"
    """It does all of its work."""
    FINISHED = "FINISHED"
    """Its work is done."""
    STOPPED = "STOPPED"
    """It was told not to run: scaled to zero, or suspended."""


_ORDER = {state: place for place, state in enumerate(RunState)}


def order(state: RunState | None) -> int:
    """A state's place in an order of the worst first; one that isn't known comes last."""
    return _ORDER[state] if state else len(_ORDER)


def ails(state: RunState | None) -> bool:
    """Whether a state is worth a word about why."""
    return order(state) < order(RunState.ABSENT)
