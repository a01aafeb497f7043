"""Rules that are not in force, tried: an operation decided under them, and their difference from others. Nothing is run.

A. find     the rules that are named: a version's, a draft's, or those in force
B. compile  them, with the files' rules, in a thread
C. compare  what they decide with what the others do
"""

from __future__ import annotations

import asyncio

from callboard_sdk import BadArgument, CallboardError, Viewer, ViewerKind, decode_id

from gateway.planning.operation import Documents, Facts, RequestError
from gateway.planning.visible import Everything
from policies import Policy, PolicyError, Rules
from policies.comparing import lines
from policies.csv_form import read_csv
from resolvers.asking import groups_above
from resolvers.plugins import Plugins
from resolvers.policy import PolicyStore
from resolvers.policy.administration import TriedOperation
from resolvers.policy.comparing import DryRunCoordinate, PolicyDiff, PolicyDryRun
from resolvers.policy.inputs import PolicyAtInput, PolicyViewerInput
from resolvers.policy.types import PolicyMistake
from resolvers.policy.words import PolicyMistakeCode

from .comparing import by_role
from .outcomes import Outcomes, by_operation, differs
from .recent import Recent
from .standing import Snapshot, Standing, database_rules
from .texts import DRAFT, Refused, mistakes, refused


class Trying:
    """Dry runs and differences. One set of rules is compiled at a time, so that requests go on."""

    def __init__(self, standing: Standing, store: PolicyStore, documents: Documents, plugins: Plugins, recent: Recent) -> None:
        self._standing = standing
        self._store = store
        self._documents = documents
        self._plugins = plugins
        self._recent = recent
        self._outcomes = Outcomes(standing.supergraph)
        self._one = asyncio.Semaphore()

    async def dry_run(
        self, now: Policy, standing: Snapshot, at: PolicyAtInput, who: PolicyViewerInput, asked: TriedOperation
    ) -> PolicyDryRun:
        """What an operation would come to for a viewer under these rules, beside those in force: `now`, as `standing` has it."""
        try:
            facts = await self._facts(asked)
            async with self._one:
                then = await asyncio.to_thread(self._compiled, await self._rules(at, standing))
            viewer = Viewer(who.subject, ViewerKind.PERSON, frozenset(who.roles), who.entity, frozenset(who.groups))
            groups = await groups_above(self._plugins, viewer) if now.by_group or then.by_group else viewer.groups
        except RequestError as error:
            wrong = [PolicyMistake(code=PolicyMistakeCode.INVALID, message=one) for one in error.told]
            return PolicyDryRun(roles_now=[], roles_then=[], coordinates=[], errors=wrong)
        except Refused as error:
            return PolicyDryRun(roles_now=[], roles_then=[], coordinates=[], errors=error.mistakes)
        except CallboardError as error:
            wrong = [PolicyMistake(code=PolicyMistakeCode.INVALID, message=error.message)]
            return PolicyDryRun(roles_now=[], roles_then=[], coordinates=[], errors=wrong)
        roles_now, roles_then = now.roles_of(viewer, groups), then.roles_of(viewer, groups)
        was = self._outcomes.of(now, roles_now, facts)
        would = self._outcomes.of(then, roles_then, facts)
        return PolicyDryRun(
            roles_now=sorted(roles_now),
            roles_then=sorted(roles_then),
            coordinates=[
                DryRunCoordinate(
                    coordinate=coordinate,
                    now=decision,
                    then=would[coordinate],
                    changes=differs(decision, would[coordinate]),
                )
                for coordinate, decision in was.items()
            ],
            errors=[],
        )

    async def _facts(self, asked: TriedOperation) -> Facts:
        """What the operation asks for; with variables, by what it asks with these. Raises RequestError and Refused."""
        everything = Everything(self._standing.supergraph.schema)
        operation = self._documents.choose(await self._documents.read(asked.document, everything), asked.operation)
        if asked.variables is None:
            return operation.facts
        if not isinstance(asked.variables, dict):
            raise refused("variables must be a JSON object, with the value of each under its name")
        values = await self._documents.coerce(operation, asked.variables, everything)
        return operation.facts._replace(uses=self._documents.used(operation, values))

    async def diff(self, standing: Snapshot, before: PolicyAtInput | None, after: PolicyAtInput | None) -> PolicyDiff:
        """Who gains and loses what; None for the rules in force, which `standing` has."""
        try:
            rules = [await self._rules(one, standing) for one in (before, after)]
            async with self._one:
                return await asyncio.to_thread(self._compared, *rules)
        except Refused as error:
            return PolicyDiff(added=[], removed=[], roles=[], operations=[], operations_recorded=0, errors=error.mistakes)

    def _compared(self, before: Rules, after: Rules) -> PolicyDiff:
        old, new = self._compiled(before), self._compiled(after)
        said = lines(before, after)
        asked = list(self._recent.operations)
        return PolicyDiff(
            added=said.added,
            removed=said.removed,
            roles=list(by_role(old, new, self._standing.supergraph.guards)),
            operations=by_operation(self._outcomes, old, new, asked),
            operations_recorded=len(asked),
            errors=[],
        )

    def _compiled(self, rules: Rules) -> Policy:
        """These rules with the files', as a policy of its own: what is in force belongs to the requests. Raises Refused."""
        try:
            return Policy(Rules.joined([self._standing.files, rules]), self._standing.supergraph)
        except PolicyError as error:
            raise Refused(*mistakes(error, "")) from None

    async def _rules(self, at: PolicyAtInput | None, standing: Snapshot) -> Rules:
        """The database's rules that are named. Raises Refused where there are none."""
        if at is None or (at.version is None and at.draft is None):
            return standing.database
        if at.version is not None and at.draft is not None:
            raise refused("both a version and a draft are given: give one of them")
        if at.draft is not None:
            found = await self._store.draft(draft_key(at.draft))
            if found is None:
                raise no_draft()
            return (await asyncio.to_thread(read_csv, DRAFT, found.text)).published(standing.database)
        version = await self._store.version(at.version) if at.version else None
        if at.version and version is None:
            raise refused(f"there is no version {at.version}: see policy {{ history }}", PolicyMistakeCode.NOT_FOUND)
        return await asyncio.to_thread(database_rules, version)


def draft_key(given: str) -> str:
    """What the store calls the draft with this id; nothing it knows for an id of anything else."""
    return _key(given, "PolicyDraft")


def emergency_key(given: str) -> str:
    """What the store calls the role with this id."""
    return _key(given, "EmergencyAccess")


def _key(given: str, kind: str) -> str:
    try:
        name, key = decode_id(given)
    except BadArgument:
        return ""
    return key if name == kind else ""


def no_draft() -> Refused:
    """There is no such draft."""
    return refused("there is no such draft: it was published or discarded, or never made", PolicyMistakeCode.NOT_FOUND)
