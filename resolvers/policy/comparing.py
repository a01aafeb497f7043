"""What the graph shows of a change before it is made: who gains and loses what, and what an operation would come to."""

from __future__ import annotations

from callboard_sdk import value

from .types import PolicyMistake
from .words import PolicyAccess


@value
class PolicyDecision:
    """What one policy decides of one coordinate."""

    access: PolicyAccess
    """What the viewer may do with it."""
    reason: str
    """The rules that say so, or that there is none; and of an argument that is refused, by which field it asks."""
    condition: str | None
    """The condition, as JSON; null where it is what a variable holds."""


@value
class DryRunCoordinate:
    """One coordinate of an operation, as it is decided now and as it would be."""

    coordinate: str
    """The coordinate."""
    now: PolicyDecision
    """Under the policy in force."""
    then: PolicyDecision
    """Under the rules that are tried."""
    changes: bool
    """Whether the two differ."""


@value
class PolicyDryRun:
    """What an operation would come to under other rules, for one viewer. Nothing of it is run."""

    roles_now: list[str]
    """The roles that the viewer has now, those that it has as a member among them, sorted."""
    roles_then: list[str]
    """The roles that it would have, sorted."""
    coordinates: list[DryRunCoordinate]
    """Each coordinate that the operation may read and that rules decide, sorted."""
    errors: list[PolicyMistake]
    """Why it can't be told; empty when it can."""


@value
class RoleDiff:
    """What a role gains and loses."""

    role: str
    """The role."""
    gains: list[str]
    """What it may not use before and may after, if only for some entities; sorted, the first thousand."""
    loses: list[str]
    """What it may use before and may not after; sorted, the first thousand."""
    changes: list[str]
    """What it may use before and after, for other entities; sorted, the first thousand."""
    gain_count: int
    """How many it gains."""
    loss_count: int
    """How many it loses."""
    change_count: int
    """How many change."""


@value
class OperationDiff:
    """A recently answered operation that would be answered otherwise, for viewers with these roles."""

    name: str | None
    """The operation's name, where its document gives one."""
    kind: str
    """query or mutation."""
    document: str
    """The SHA-256 of its document."""
    roles: list[str]
    """The roles of the viewers who asked it, sorted."""
    gains: list[str]
    """Its coordinates that would be denied no more, sorted."""
    loses: list[str]
    """Its coordinates that would be denied, sorted."""
    changes: list[str]
    """Its coordinates that would be allowed for other entities, or for other values of its variables, sorted."""
    seen: int
    """How often it was answered since this gateway started."""


@value
class PolicyDiff:
    """What changes from one set of rules to another."""

    added: list[str]
    """Lines that only the second has, sorted."""
    removed: list[str]
    """Lines that only the first has, sorted."""
    roles: list[RoleDiff]
    """The roles that gain or lose anything, sorted."""
    operations: list[OperationDiff]
    """Recently answered operations that would be answered otherwise, those asked most first."""
    operations_recorded: int
    """How many operations of how many viewers' roles this gateway remembers: those that it compared."""
    errors: list[PolicyMistake]
    """Why it can't be told; empty when it can."""
