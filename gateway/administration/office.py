"""Administers the policy for the graph's fields: what a client gives that can't be done is told as data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from copy import copy
from typing import TypeVar

import structlog
from callboard_sdk import Connection, Page, Viewer
from sqlalchemy.exc import SQLAlchemyError

from gateway.planning.visible import VisibleSchemas
from gateway.settings import EmergencySettings
from policies import Policy
from resolvers.policy import Draft, Emergencies, Emergency, PolicyStore, Version
from resolvers.policy.administration import TriedOperation
from resolvers.policy.comparing import PolicyDiff, PolicyDryRun
from resolvers.policy.inputs import (
    ChangePolicyDraftInput,
    CreatePolicyDraftInput,
    GrantEmergencyAccessInput,
    PolicyAtInput,
    PolicyViewerInput,
    PublishPolicyDraftInput,
    RevertPolicyInput,
)
from resolvers.policy.types import (
    CoordinateAccess,
    DeniedWhy,
    EmergencyAccess,
    EmergencyAccessPayload,
    PolicyCondition,
    PolicyDraft,
    PolicyDraftPayload,
    PolicyInfo,
    PolicyMistake,
    PolicyObject,
    PolicyVersion,
    PolicyVersionPayload,
)
from resolvers.policy.words import PolicyMistakeCode

from . import showing
from .drafting import Drafting
from .explaining import Explaining
from .granting import Granting
from .recent import Recent
from .standing import Standing
from .texts import Refused
from .trying import Trying

log = structlog.get_logger()

T = TypeVar("T")


class Office:
    """Satisfies the `Administration` that the graph's fields ask for.

    What it tells is of one `policy`, and of what was stored when that was in force: a request takes its own, by `under`, so that
    all of its response is of one version. `hiding` is as for `Explaining`.
    """

    def __init__(
        self,
        standing: Standing,
        store: PolicyStore,
        emergencies: Emergencies,
        trying: Trying,
        recent: Recent,
        settings: EmergencySettings,
        hiding: VisibleSchemas | None,
    ) -> None:
        self._standing = standing
        self._store = store
        self._emergencies = emergencies
        self._drafting = Drafting(standing, store)
        self._granting = Granting(standing, emergencies, settings)
        self._explaining = Explaining(standing, recent, hiding)
        self._trying = trying
        self._conditions = showing.conditions(standing.supergraph)
        self._objects = showing.objects(standing.supergraph)
        self._info: PolicyInfo | None = None
        self._now, self.policy = standing.now, standing.policies.current
        self._latest = self

    def under(self, policy: Policy) -> Office:
        """The office that tells of this policy, which is the one in force; the same one for as long as it is."""
        latest, now = self._latest, self._standing.now
        if latest.policy is not policy or latest._now is not now:
            latest = self._latest = copy(self)
            latest._info, latest._now, latest.policy = None, now, policy
            latest._latest = latest  # and no older one, which would be kept with it
        return latest

    async def take(self) -> tuple[str, ...]:
        """Put what the database has into force where no gateway does; what keeps it out. Raises what the database raises."""
        await self._standing.refresh()
        return self._standing.now.problems

    async def info(self) -> PolicyInfo:
        """The policy in force; of many rules it is made in a thread, so that requests go on."""
        if self._info is None:
            self._info = await asyncio.to_thread(showing.info, self._now, self.policy)
        return self._info

    def conditions(self) -> Sequence[PolicyCondition]:
        """The predicates that conditions may name."""
        return self._conditions

    def objects(self, search: str | None) -> Sequence[PolicyObject]:
        """What rules may be about, where the name or the description has this text."""
        wanted = (search or "").lower()
        return [one for one in self._objects if wanted in one.name.lower() or wanted in (one.description or "").lower()]

    async def history(self, page: Page) -> Connection[PolicyVersion]:
        """One page of the versions, the newest first."""
        return showing.history(await self._store.history(page))

    async def version(self, number: int) -> PolicyVersion | None:
        """The version with this number."""
        found = await self._store.version(number)
        return showing.version(found) if found else None

    async def drafts(self) -> Sequence[PolicyDraft]:
        """Every draft, the one that was changed last first."""
        return [showing.draft(one) for one in await self._store.drafts()]

    async def emergencies(self) -> Sequence[EmergencyAccess]:
        """The roles that are given for now."""
        return [showing.emergency(one) for one in await self._emergencies.active()]

    async def create_draft(self, viewer: Viewer, given: CreatePolicyDraftInput) -> PolicyDraftPayload:
        """Make a draft that is this viewer's."""
        return _draft(*await _tried(self._drafting.create(viewer, given)))

    async def change_draft(self, viewer: Viewer, given: ChangePolicyDraftInput) -> PolicyDraftPayload:
        """Change a draft of this viewer's."""
        return _draft(*await _tried(self._drafting.change(viewer, given)))

    async def discard_draft(self, draft: str) -> PolicyDraftPayload:
        """Forget a draft, whoever owns it; the payload has it as it was."""
        return _draft(*await _tried(self._drafting.discard(draft)))

    async def publish_draft(self, viewer: Viewer, given: PublishPolicyDraftInput) -> PolicyVersionPayload:
        """Put a draft into effect, whoever owns it."""
        return _version(*await _tried(self._drafting.publish(viewer, given)))

    async def publish(self, viewer: Viewer, text: str, note: str, expected: int) -> PolicyVersionPayload:
        """Put these rules into effect without a draft."""
        return _version(*await _tried(self._drafting.publish_text(viewer, text, note, expected)))

    async def mistakes(self, published: str) -> list[PolicyMistake]:
        """What keeps these rules, which were published once, from being so again; empty when nothing does."""
        return (await _tried(self._drafting.checked(published, published)))[1]

    async def revert(self, viewer: Viewer, given: RevertPolicyInput) -> PolicyVersionPayload:
        """Put an old version's rules into effect again."""
        return _version(*await _tried(self._drafting.revert(viewer, given)))

    async def grant(self, viewer: Viewer, given: GrantEmergencyAccessInput) -> EmergencyAccessPayload:
        """Give a role for an emergency."""
        return _emergency(*await _tried(self._granting.grant(viewer, given)))

    async def end(self, viewer: Viewer, emergency: str) -> EmergencyAccessPayload:
        """Take such a role back: one's own, one that the viewer gave, or for who may publish rules anyone's."""
        everyones = self._explaining.may(self.policy, viewer, "Mutation.publishPolicyDraft")
        return _emergency(*await _tried(self._granting.end(viewer, emergency, everyones=everyones)))

    async def dry_run(self, rules: PolicyAtInput, viewer: PolicyViewerInput, asked: TriedOperation) -> PolicyDryRun:
        """What an operation would come to for a viewer under these rules, beside those in force."""
        return await self._trying.dry_run(self.policy, self._now, rules, viewer, asked)

    async def diff(self, before: PolicyAtInput | None, after: PolicyAtInput | None) -> PolicyDiff:
        """Who gains and loses what; None for the rules in force."""
        return await self._trying.diff(self._now, before, after)

    def can(self, viewer: Viewer, coordinates: Sequence[str]) -> Sequence[CoordinateAccess]:
        """What the viewer may do with these coordinates; one that isn't there is denied."""
        return self._explaining.can(self.policy, viewer, coordinates)

    def why(self, viewer: Viewer, decision: str) -> DeniedWhy | None:
        """Why this decision denies: one of the viewer's own, or for who may see the policy anyone's. None where there is none."""
        return self._explaining.why(self.policy, viewer, decision)

    def uses(self, viewer: Viewer, plugin: str, field: str) -> bool:
        """Whether the viewer may use a plugin's field, given by the names of both, if only for some entities."""
        return self._explaining.uses(self.policy, viewer, plugin, field)


async def _tried(doing: Awaitable[T]) -> tuple[T | None, list[PolicyMistake]]:
    try:
        return await doing, []
    except Refused as error:
        return None, error.mistakes
    except (SQLAlchemyError, OSError) as error:
        log.error("the policy could not be changed", error=type(error).__name__)
        text = "the database doesn't answer, so it isn't known whether it is done: look, and try again"
        return None, [PolicyMistake(code=PolicyMistakeCode.UNAVAILABLE, message=text)]


def _draft(found: Draft | None, errors: list[PolicyMistake]) -> PolicyDraftPayload:
    return PolicyDraftPayload(draft=showing.draft(found) if found else None, errors=errors)


def _version(found: Version | None, errors: list[PolicyMistake]) -> PolicyVersionPayload:
    return PolicyVersionPayload(version=showing.version(found) if found else None, errors=errors)


def _emergency(found: Emergency | None, errors: list[PolicyMistake]) -> EmergencyAccessPayload:
    return EmergencyAccessPayload(emergency=showing.emergency(found) if found else None, errors=errors)
