"""The policy in the graph: what is in force, what would change, and the mutations that change it."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from callboard_sdk import BadArgument, Batch, Connection, NotFound, Page, Plugin, Viewer, paginate
from strawberry.scalars import JSON

from .administration import Administration, TriedOperation
from .comparing import PolicyDiff, PolicyDryRun
from .inputs import (
    ChangePolicyDraftInput,
    CreatePolicyDraftInput,
    DiscardPolicyDraftInput,
    EndEmergencyAccessInput,
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

READ = "core.policy.read"
ADMINISTER = "core.policy.administer"
EMERGENCY = "core.policy.emergency"
PERMISSIONS = {
    READ: "See the rules, their history and drafts, and what other rules would change.",
    ADMINISTER: "Draft rules, publish and revert them: whoever may do that may give anyone anything.",
    EMERGENCY: "Give a viewer a role for a while, past the policy: one that the settings allow for this, with a reason.",
}
MAX_ASKED = 1_000

_Search = Annotated[str | None, strawberry.argument(description="Only those whose name or description has this text.")]
_Coordinates = Annotated[list[str], strawberry.argument(description=f"Up to {MAX_ASKED} coordinates, such as `Component.owner`.")]
_Decision = Annotated[str, strawberry.argument(description="The `decisionId` of an error.")]
_Rules = Annotated[PolicyAtInput, strawberry.argument(description="The rules to try.")]
_As = Annotated[PolicyViewerInput, strawberry.argument(description="For whom.")]
_Document = Annotated[str, strawberry.argument(description="The operation's document; nothing of it is run.")]
_Operation = Annotated[str | None, strawberry.argument(description="Which operation of the document.")]
_Variables = Annotated[
    JSON | None,
    strawberry.argument(description="Its variables, as a JSON object; if left out, what one holds may be anything."),
]
_From = Annotated[
    PolicyAtInput | None, strawberry.argument(name="from", description="The rules before; those in force if left out.")
]
_To = Annotated[PolicyAtInput | None, strawberry.argument(description="The rules after; those in force if left out.")]


_Create = Annotated[CreatePolicyDraftInput, strawberry.argument(description="What it starts from.")]
_Change = Annotated[ChangePolicyDraftInput, strawberry.argument(description="What to change.")]
_Discard = Annotated[DiscardPolicyDraftInput, strawberry.argument(description="Which draft.")]
_Publish = Annotated[PublishPolicyDraftInput, strawberry.argument(description="Which draft, and after which version.")]
_Revert = Annotated[RevertPolicyInput, strawberry.argument(description="To which version, and after which.")]
_Grant = Annotated[GrantEmergencyAccessInput, strawberry.argument(description="Whom, what, why, and for how long.")]
_End = Annotated[EndEmergencyAccessInput, strawberry.argument(description="Which role.")]


def add_policy(core: Plugin[Any]) -> None:
    """Give the core the fields that show and change the policy."""
    _add_queries(core)
    _add_parts(core)
    _add_comparisons(core)
    _add_loaders(core)
    _add_mutations(core)
    _add_emergencies(core)


def _add_queries(core: Plugin[Any]) -> None:
    @core.query(permission=READ)
    async def policy(rules: Administration) -> PolicyInfo | None:
        """The policy in force."""
        return await rules.info()

    @core.query(permission="core.viewer")
    async def why_denied(decision_id: _Decision, rules: Administration, viewer: Viewer) -> DeniedWhy | None:
        """Why a coordinate was denied: to the viewer itself, or to anyone for who may see the policy."""
        found = rules.why(viewer, decision_id)
        if found is None:
            raise NotFound(
                f"there is no decision {decision_id[:40]!r} that denied you anything lately: take it from an error's extensions"
            )
        return found


def _add_parts(core: Plugin[Any]) -> None:
    @core.field(on=PolicyInfo, permission=READ)
    async def conditions(policies: Batch[PolicyInfo], rules: Administration) -> list[list[PolicyCondition] | None]:
        """The predicates that the conditions of rules may name."""
        return [list(rules.conditions()) for _ in policies]

    @core.field(on=PolicyInfo, permission=READ)
    async def objects(
        policies: Batch[PolicyInfo], rules: Administration, page: Page, search: _Search = None
    ) -> list[Connection[PolicyObject] | None]:
        """What rules may be about, by name."""
        found = rules.objects(search)
        return [paginate(found, page, lambda one: one.name) for _ in policies]

    @core.field(on=PolicyInfo, permission=READ)
    async def history(policies: Batch[PolicyInfo], rules: Administration, page: Page) -> list[Connection[PolicyVersion] | None]:
        """The versions of the database's rules, the newest first."""
        found = await rules.history(page)
        return [found for _ in policies]

    @core.field(on=PolicyInfo, permission=READ)
    async def drafts(policies: Batch[PolicyInfo], rules: Administration) -> list[list[PolicyDraft] | None]:
        """Rules that are not in effect yet, those that were changed last first."""
        found = list(await rules.drafts())
        return [found for _ in policies]

    @core.field(on=PolicyInfo, permission=READ)
    async def emergencies(policies: Batch[PolicyInfo], rules: Administration) -> list[list[EmergencyAccess] | None]:
        """The roles that viewers have for now, past the policy, the newest first."""
        found = list(await rules.emergencies())
        return [found for _ in policies]


def _add_comparisons(core: Plugin[Any]) -> None:
    @core.query(permission=READ)
    async def policy_dry_run(
        rules: _Rules,
        viewer: _As,
        query: _Document,
        administration: Administration,
        operation_name: _Operation = None,
        variables: _Variables = None,
    ) -> PolicyDryRun | None:
        """What an operation would come to for a viewer under other rules, beside those in force. Nothing of it is run."""
        return await administration.dry_run(rules, viewer, TriedOperation(query, operation_name, variables))

    @core.query(permission=READ)
    async def policy_diff(administration: Administration, before: _From = None, to: _To = None) -> PolicyDiff | None:
        """Which roles gain or lose which coordinates, and which recently answered operations would be answered otherwise."""
        return await administration.diff(before, to)


def _add_loaders(core: Plugin[Any]) -> None:
    @core.loader(PolicyVersion, permission=READ)
    async def load_versions(keys: Batch[str], rules: Administration) -> list[PolicyVersion | None]:
        """Versions by their numbers."""
        return [await rules.version(int(key)) if key.isascii() and key.isdigit() and len(key) < 10 else None for key in keys]

    @core.loader(PolicyDraft, permission=READ)
    async def load_drafts(keys: Batch[str], rules: Administration) -> list[PolicyDraft | None]:
        """Drafts by what the store calls them."""
        known = {draft.key: draft for draft in await rules.drafts()}
        return [known.get(key) for key in keys]

    @core.loader(EmergencyAccess, permission=READ)
    async def load_emergencies(keys: Batch[str], rules: Administration) -> list[EmergencyAccess | None]:
        """Roles that are given for now, by what the store calls them."""
        known = {emergency.key: emergency for emergency in await rules.emergencies()}
        return [known.get(key) for key in keys]


def _add_mutations(core: Plugin[Any]) -> None:
    @core.mutation(permission=ADMINISTER, action="administer")
    async def create_policy_draft(input: _Create, rules: Administration, viewer: Viewer) -> PolicyDraftPayload | None:
        """Begin to draft rules; nothing changes until the draft is published."""
        return await rules.create_draft(viewer, input)

    @core.mutation(permission=ADMINISTER, action="administer")
    async def change_policy_draft(input: _Change, rules: Administration, viewer: Viewer) -> PolicyDraftPayload | None:
        """Change a draft of one's own. It is checked as a whole, with the files' rules: what is wrong is not stored."""
        return await rules.change_draft(viewer, input)

    @core.mutation(permission=ADMINISTER, action="administer")
    async def discard_policy_draft(input: _Discard, rules: Administration) -> PolicyDraftPayload | None:
        """Forget a draft; the payload has it as it was."""
        return await rules.discard_draft(input.draft)

    @core.mutation(permission=ADMINISTER, action="administer")
    async def publish_policy_draft(input: _Publish, rules: Administration, viewer: Viewer) -> PolicyVersionPayload | None:
        """Put a draft into effect, here at once and on every other replica within a second."""
        return await rules.publish_draft(viewer, input)

    @core.mutation(permission=ADMINISTER, action="administer")
    async def revert_policy(input: _Revert, rules: Administration, viewer: Viewer) -> PolicyVersionPayload | None:
        """Put an old version's rules into effect again, as a new version."""
        return await rules.revert(viewer, input)


def _add_emergencies(core: Plugin[Any]) -> None:
    @core.mutation(permission=EMERGENCY)
    async def grant_emergency_access(input: _Grant, rules: Administration, viewer: Viewer) -> EmergencyAccessPayload | None:
        """Give a viewer a role for a while, past the policy. It is recorded in the audit."""
        return await rules.grant(viewer, input)

    @core.mutation(permission=EMERGENCY)
    async def end_emergency_access(input: _End, rules: Administration, viewer: Viewer) -> EmergencyAccessPayload | None:
        """Take such a role back before its time: one's own or one that one gave; anyone's for who may publish rules."""
        return await rules.end(viewer, input.emergency)


def add_can_i(core: Plugin[Any], viewer_type: type) -> None:
    """Give the viewer in the graph the field that says what it may do."""

    @core.field(on=viewer_type, permission="core.viewer")
    async def can_i(
        viewers: Batch[Any], coordinates: _Coordinates, rules: Administration, viewer: Viewer
    ) -> list[list[CoordinateAccess] | None]:
        """What the viewer may do with these coordinates, in the same order. One that isn't there is like one that is denied."""
        if len(coordinates) > MAX_ASKED:
            raise BadArgument(f"{len(coordinates)} coordinates: ask for at most {MAX_ASKED} at once")
        return [list(rules.can(viewer, coordinates)) for _ in viewers]
