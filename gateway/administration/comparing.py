"""What two policies decide otherwise, as the graph shows it, by role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policies import Decision, Policy
from policies.comparing import Change, Kind, changes_by_role
from policies.conditions import text
from resolvers.policy.comparing import PolicyDecision, RoleDiff
from resolvers.policy.words import PolicyAccess

MAX_NAMED = 1_000
"""Coordinates that are named for one role; more are counted."""


def access(decision: Decision) -> PolicyAccess:
    """What a decision lets a viewer do."""
    if not decision.allowed:
        return PolicyAccess.DENIED
    return PolicyAccess.ALLOWED if decision.condition is None else PolicyAccess.CONDITIONAL


def decided(decision: Decision) -> PolicyDecision:
    """A decision, as the graph shows it."""
    return PolicyDecision(
        access=access(decision), reason=decision.reason, condition=text(decision.condition) if decision.condition else None
    )


def by_role(before: Policy, after: Policy, coordinates: Iterable[str]) -> Iterator[RoleDiff]:
    """Each role that gains or loses anything, for a viewer that has it alone."""
    for role, found in changes_by_role(before, after, coordinates):
        gains, loses, others = (_named(found, kind) for kind in (Kind.GAINS, Kind.LOSES, Kind.CHANGES))
        yield RoleDiff(
            role=role,
            gains=gains[:MAX_NAMED],
            loses=loses[:MAX_NAMED],
            changes=others[:MAX_NAMED],
            gain_count=len(gains),
            loss_count=len(loses),
            change_count=len(others),
        )


def _named(found: Sequence[Change], kind: Kind) -> list[str]:
    return [change.coordinate for change in found if change.kind is kind]
