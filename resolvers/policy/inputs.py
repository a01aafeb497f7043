"""What the graph takes to change the policy."""

from __future__ import annotations

import strawberry
from callboard_sdk import EntityRef, input  # noqa: A004  the GraphQL word

from .words import PolicyAction, PolicyEffect


@input
class PolicyRuleInput:
    """A rule."""

    role: str
    """Whose rule it is."""
    object: str
    """What it is about: a coordinate, type:T, plugin:P, permission:X, or *."""
    action: PolicyAction = PolicyAction.READ
    """What may be done with it."""
    effect: PolicyEffect = PolicyEffect.ALLOW
    """Whether it may."""
    condition: str | None = None
    """When it applies: a predicate's name, or JSON like {"all": ["isOwner", {"hasTag": {"tag": "pci"}}]}."""


@input
class PolicyInheritanceInput:
    """A role has all rules of another."""

    role: str
    """The role that has them."""
    parent: str
    """The role whose they are."""


@input
class PolicyMemberInput:
    """Who has a role."""

    member: str
    """user:NAMESPACE/NAME, group:NAMESPACE/NAME or subject:SUBJECT."""
    role: str
    """The role."""


@input
class PolicyChangeInput:
    """One change of a draft. What is removed must be there; a rule that is removed and one that is added change places."""

    remove_rule: PolicyRuleInput | None = None
    """A rule to take out."""
    add_rule: PolicyRuleInput | None = None
    """A rule to put in."""
    remove_inheritance: PolicyInheritanceInput | None = None
    """An inheritance to take out."""
    add_inheritance: PolicyInheritanceInput | None = None
    """An inheritance to put in."""
    remove_member: PolicyMemberInput | None = None
    """A member to take out."""
    add_member: PolicyMemberInput | None = None
    """A member to put in."""


@input
class CreatePolicyDraftInput:
    """What a new draft starts from."""

    version: int | None = None
    """A version to start from; the one in effect when left out, and no rules for 0."""
    text: str | None = None
    """Rules to start with instead, as lines of CSV or as YAML."""


@input
class ChangePolicyDraftInput:
    """What to change in a draft: its whole text, or one thing after the other."""

    draft: strawberry.ID
    """The draft."""
    revision: int | None = None
    """The revision that was looked at: it is a conflict when the draft was changed since. Not asked when left out."""
    text: str | None = None
    """All its rules anew, as lines of CSV or as YAML."""
    changes: list[PolicyChangeInput] | None = None
    """What to change, in this order, all or nothing."""
    based_on: int | None = None
    """The version whose changes it has taken in: from now on it is published after that one."""


@input
class DiscardPolicyDraftInput:
    """Which draft to forget."""

    draft: strawberry.ID
    """The draft."""


@input
class PublishPolicyDraftInput:
    """Which draft to put into effect."""

    draft: strawberry.ID
    """The draft."""
    expected_version: int
    """The version that is in effect, 0 for none: it is a conflict when there is another by now."""
    note: str = ""
    """What to tell those who look at the history."""


@input
class RevertPolicyInput:
    """Which version's rules to put into effect again."""

    version: int
    """The old version; 0 for no rules in the database."""
    expected_version: int
    """The version that is in effect: it is a conflict when there is another by now."""
    note: str = ""
    """What to tell those who look at the history."""


@input
class GrantEmergencyAccessInput:
    """Whom to give which role, and why."""

    role: str
    """A role that the gateway's settings allow for this."""
    reason: str
    """Why: it stands in the audit."""
    minutes: int
    """For how long; the gateway's settings say how long it may be."""
    subject: str | None = None
    """Whose it is: a viewer's subject; one's own when left out."""


@input
class EndEmergencyAccessInput:
    """Which role to take back."""

    emergency: strawberry.ID
    """The role that was given."""


@input
class PolicyViewerInput:
    """A viewer to try rules for."""

    roles: list[str] = strawberry.field(default_factory=list)
    """The roles that its token gives it."""
    subject: str = "somebody"
    """What its token calls it."""
    entity: EntityRef | None = None
    """The user that it is."""
    groups: list[EntityRef] = strawberry.field(default_factory=list)
    """The groups that it belongs to."""


@input
class PolicyAtInput:
    """Rules that are kept in the database: a version's or a draft's."""

    version: int | None = None
    """A version; 0 for the files' rules alone."""
    draft: strawberry.ID | None = None
    """A draft."""
