"""What the graph shows of the policy: rules, versions, drafts, and what is wrong with them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from callboard_sdk import Node, value

from .words import PolicyAccess, PolicyAction, PolicyEffect, PolicyMistakeCode, PolicyObjectKind, PolicySource


@value
class PolicyMistake:
    """Something that keeps a change from being made; nothing of the change was stored."""

    code: PolicyMistakeCode
    """What kind of mistake it is."""
    message: str
    """What is wrong, and what to do instead."""
    file: str | None = None
    """The file of rules where it stands; `draft` for the text that was given, `changes[0]` for the first of the changes."""
    line: int | None = None
    """The line there, from 1."""
    rule: str | None = None
    """That line."""


@value
class PolicyRule:
    """A role may, or may not, do something with an object."""

    role: str
    """Whose rule it is."""
    object: str
    """What it is about: a coordinate, type:T, plugin:P, permission:X, or *."""
    action: PolicyAction
    """What may be done with it."""
    effect: PolicyEffect
    """Whether it may."""
    condition: str | None
    """When the rule applies, as JSON; null for always."""
    source: PolicySource
    """Where it stands."""
    where: str
    """Its file and line."""


@value
class PolicyInheritance:
    """A role has all rules of another."""

    role: str
    """The role that has them."""
    parent: str
    """The role whose they are."""
    source: PolicySource
    """Where it stands."""
    where: str
    """Its file and line."""


@value
class PolicyMember:
    """Who has a role, beside those whose token says so."""

    member: str
    """A user:, a group: or a subject:."""
    role: str
    """The role that it has."""
    source: PolicySource
    """Where it stands."""
    where: str
    """Its file and line."""


@value
class PolicyRole:
    """A role that rules are about."""

    name: str
    """Its name."""
    rule_count: int
    """How many rules are its own."""
    inherits: list[str]
    """The roles whose rules it has directly, sorted."""
    inherits_all: list[str]
    """All roles whose rules it has, itself among them, sorted."""
    members: list[str]
    """Who has it, beside those whose token says so, sorted."""


@value
class PolicyCondition:
    """A predicate that the condition of a rule may name."""

    name: str
    """As rules write it."""
    description: str
    """When it holds."""
    parameters: str
    """The JSON Schema of what a rule gives it."""


@value
class PolicyObject:
    """Something that a rule may be about."""

    name: str
    """As rules write it."""
    kind: PolicyObjectKind
    """What kind of object it is."""
    description: str | None
    """What it is, or lets a viewer do."""
    actions: list[PolicyAction]
    """The actions that the fields in it need."""


@value
class PolicyVersion(Node):
    """One version of the rules that are kept in the database."""

    number: int
    """Its number, from 1."""
    parent: int
    """The version that it came after; 0 for none."""
    author: str
    """Who published it."""
    at: datetime
    """When."""
    note: str
    """What its author said of it."""
    digest: str
    """The SHA-256 of its text."""
    reverts: int | None
    """The old version whose rules it repeats."""
    text: str
    """Its rules, as lines of CSV."""

    def node_key(self) -> str:
        """Its number."""
        return str(self.number)


@value
class PolicyDraft(Node):
    """Rules that are not in effect yet."""

    key: strawberry.Private[str]
    owner: str
    """Who may change it. Who administers the policy may publish or discard it."""
    parent: int
    """The version that it started from; 0 for none."""
    revision: int
    """How often it was changed, from 1."""
    created: datetime
    """When it was made."""
    changed: datetime
    """When it was changed last."""
    text: str
    """Its rules, as lines of CSV."""

    def node_key(self) -> str:
        """What the store calls it."""
        return self.key


@value
class EmergencyAccess(Node):
    """A role that a viewer has for a while, past the policy."""

    key: strawberry.Private[str]
    subject: str
    """Who has it."""
    role: str
    """The role."""
    reason: str
    """Why."""
    granted_by: str
    """Who gave it."""
    at: datetime
    """When."""
    expires: datetime
    """When it ends by itself."""
    ended: datetime | None
    """When it was ended before that."""

    def node_key(self) -> str:
        """What the store calls it."""
        return self.key


@value
class PolicyInfo:
    """The policy in force."""

    version: PolicyVersion | None
    """The version of the database's rules; null where only the files' count."""
    digest: str
    """What tells this policy from any other, the files' rules counted in: it is in every decision's id."""
    rules: list[PolicyRule]
    """Every rule: the files' and the database's."""
    inheritances: list[PolicyInheritance]
    """Which role has the rules of which."""
    members: list[PolicyMember]
    """Who has which role, beside those whose token says so."""
    roles: list[PolicyRole]
    """Every role that rules are about, sorted."""
    problems: list[PolicyMistake]
    """Why the version that was published last is not the one in force, if it isn't; and which of its rules wait for what isn't in
    the schema now."""


@value
class PolicyDraftPayload:
    """What became of a draft."""

    draft: PolicyDraft | None
    """The draft as it is now."""
    errors: list[PolicyMistake]
    """Why nothing was changed; empty when it was."""


@value
class PolicyVersionPayload:
    """What became of what was to be published."""

    version: PolicyVersion | None
    """The version that is in effect now."""
    errors: list[PolicyMistake]
    """Why nothing was published; empty when it was."""


@value
class EmergencyAccessPayload:
    """What became of a role for an emergency."""

    emergency: EmergencyAccess | None
    """The role as it is given now."""
    errors: list[PolicyMistake]
    """Why nothing was changed; empty when it was."""


@value
class CoordinateAccess:
    """What the viewer may do with a coordinate."""

    coordinate: str
    """The coordinate."""
    access: PolicyAccess
    """What the viewer may do with it."""


@value
class DeniedWhy:
    """Why a coordinate was denied."""

    decision_id: str
    """The decision."""
    coordinate: str
    """What was denied."""
    reason: str
    """The rule that denies it, or that none allows it."""
    roles: list[str]
    """The roles that the viewer had, sorted."""
    policy: str
    """The digest of the policy that decided."""
    still: PolicyAccess
    """What the same roles may do now."""
