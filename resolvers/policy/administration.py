"""What the graph's fields ask of whoever administers the policy; the gateway's composition root brings it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from callboard_sdk import Connection, Page, Viewer

from .comparing import PolicyDiff, PolicyDryRun
from .inputs import (
    ChangePolicyDraftInput,
    CreatePolicyDraftInput,
    GrantEmergencyAccessInput,
    PolicyAtInput,
    PolicyViewerInput,
    PublishPolicyDraftInput,
    RevertPolicyInput,
)
from .types import (
    CoordinateAccess,
    DeniedWhy,
    EmergencyAccess,
    EmergencyAccessPayload,
    PolicyCondition,
    PolicyDraft,
    PolicyDraftPayload,
    PolicyInfo,
    PolicyObject,
    PolicyVersion,
    PolicyVersionPayload,
)


@dataclass(frozen=True)
class TriedOperation:
    """An operation that is tried and not run: its document, its name there, and its variables, as JSON; None for any."""

    document: str
    operation: str | None
    variables: object


class Administration(Protocol):
    """The policy as one request sees it: in the version that it began with.

    What is wrong with what a client gives is in the payload's errors, never raised.
    """

    async def info(self) -> PolicyInfo:
        """The policy in force."""
        ...

    def conditions(self) -> Sequence[PolicyCondition]:
        """The predicates that conditions may name."""
        ...

    def objects(self, search: str | None) -> Sequence[PolicyObject]:
        """What rules may be about, where the name or the description has this text."""
        ...

    async def history(self, page: Page) -> Connection[PolicyVersion]:
        """One page of the versions, the newest first."""
        ...

    async def version(self, number: int) -> PolicyVersion | None:
        """The version with this number."""
        ...

    async def drafts(self) -> Sequence[PolicyDraft]:
        """Every draft, the one that was changed last first."""
        ...

    async def emergencies(self) -> Sequence[EmergencyAccess]:
        """The roles that are given for now."""
        ...

    async def create_draft(self, viewer: Viewer, given: CreatePolicyDraftInput) -> PolicyDraftPayload:
        """Make a draft that is this viewer's."""
        ...

    async def change_draft(self, viewer: Viewer, given: ChangePolicyDraftInput) -> PolicyDraftPayload:
        """Change a draft of this viewer's."""
        ...

    async def discard_draft(self, draft: str) -> PolicyDraftPayload:
        """Forget a draft, whoever owns it; the payload has it as it was."""
        ...

    async def publish_draft(self, viewer: Viewer, given: PublishPolicyDraftInput) -> PolicyVersionPayload:
        """Put a draft into effect, whoever owns it."""
        ...

    async def revert(self, viewer: Viewer, given: RevertPolicyInput) -> PolicyVersionPayload:
        """Put an old version's rules into effect again."""
        ...

    async def grant(self, viewer: Viewer, given: GrantEmergencyAccessInput) -> EmergencyAccessPayload:
        """Give a role for an emergency."""
        ...

    async def end(self, viewer: Viewer, emergency: str) -> EmergencyAccessPayload:
        """Take such a role back: one's own, one that the viewer gave, or for who may publish rules anyone's."""
        ...

    async def dry_run(self, rules: PolicyAtInput, viewer: PolicyViewerInput, asked: TriedOperation) -> PolicyDryRun:
        """What an operation would come to for a viewer under these rules, beside those in force."""
        ...

    async def diff(self, before: PolicyAtInput | None, after: PolicyAtInput | None) -> PolicyDiff:
        """Who gains and loses what; None for the rules in force."""
        ...

    def can(self, viewer: Viewer, coordinates: Sequence[str]) -> Sequence[CoordinateAccess]:
        """What the viewer may do with these coordinates; one that isn't there is denied."""
        ...

    def uses(self, viewer: Viewer, plugin: str, field: str) -> bool:
        """Whether the viewer may use a plugin's field, given by the names of both, if only for some entities."""
        ...

    def why(self, viewer: Viewer, decision: str) -> DeniedWhy | None:
        """Why this decision denies: one of the viewer's own, or for who may see the policy anyone's. None where there is none."""
        ...
