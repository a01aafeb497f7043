"""Subscriptions to what changes in the catalog: entities, problems, and how its sources are doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import Access, Database, Entity, EntityRef, Plugin, Problem, Readable, value

from callboard_catalog.descriptors.rules import TELLING
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.queries.changes import Change, Changes
from callboard_catalog.queries.history import judged, version
from callboard_catalog.queries.problem_changes import STAYS, ProblemEvent, problem_events
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import ENTITY, INSIDE, REMOVED, SOURCE, instant
from callboard_catalog.records.rows import entity_of, problem_of

from .model import PROBLEMS, READ, ChangeKind
from .source_fields import LOOK, CatalogSource, shown_source
from .told import differs

_After = Annotated[
    str | None, strawberry.argument(description="The `cursor` of the last event that was seen: what came since is sent first.")
]
_Refs = Annotated[list[EntityRef] | None, strawberry.argument(description="Only of these entities.")]
_Kinds = Annotated[list[str] | None, strawberry.argument(description="Only of these kinds, compared without case.")]
_Of = Annotated[EntityRef | None, strawberry.argument(description="Only what is wrong with this entity.")]


@value
class EntityChange:
    """One change of an entity."""

    cursor: str
    """For `after`, to go on here."""
    at: datetime
    """When it was written down."""
    kind: ChangeKind
    """What became of it."""
    ref: EntityRef
    """The entity's name."""
    entity: Entity | None = None
    """The entity as it was then, related as it is now; null when it was removed."""


@value
class ProblemChange:
    """A problem that came, or went."""

    cursor: str
    """For `after`, to go on here."""
    at: datetime
    """When it was written down."""
    kind: ChangeKind
    """What became of it."""
    problem: Problem
    """The problem."""


@value
class SourceChange:
    """A source that began to fail, or to be read again, that holds entities back or does no more, or that was removed."""

    cursor: str
    """For `after`, to go on here."""
    at: datetime
    """When it was written down."""
    kind: ChangeKind
    """What became of it."""
    source: CatalogSource | None = None
    """The source as it is now; null when it was removed."""


def add_change_fields(plugin: Plugin[Any]) -> None:
    """Declare them on the catalog's plugin."""

    @plugin.resource
    async def changes(store: CatalogStore, database: Database) -> AsyncIterator[Changes]:
        """What changes, as other gateways write it too."""
        made = Changes(store)
        async with made.following(database):
            yield made

    async def entity_change(
        change: Change,
        changes: Changes,
        store: CatalogStore,
        access: Access,
        readable: Readable,
        refs: _Refs = None,
        kinds: _Kinds = None,
    ) -> EntityChange | None:
        ref = EntityRef.parse(change.name)
        if (refs is not None and ref not in refs) or (kinds is not None and ref.kind not in {kind.lower() for kind in kinds}):
            return None
        before = access.shown(entity_of(change.before)) if change.before is not None else None
        body, is_now = await version(store, ref, change.number)
        after = access.shown(entity_of(body)) if body is not None else None
        kind = _kind(before, after, readable)
        if kind is None or (changes.past(change.at) and not _timed(readable, before, after)):
            return None
        if after is not None and not is_now:
            after = (await judged(store, {ref: after}, access)).get(ref)
            if after is None:
                return None
        return EntityChange(cursor=change.cursor, at=instant(change.at), kind=kind, ref=ref, entity=after)

    @plugin.subscription(permission=READ, asks="one or two SQL statements a change", shown=entity_change)
    async def entity_changes(
        changes: Changes, after: _After = None, refs: _Refs = None, kinds: _Kinds = None
    ) -> AsyncIterator[Change]:
        """Every change of an entity, in order, in what the viewer may read; who may read `changedAt` is told of every change, and
        of those that are more than an hour old.
        What was hidden and is shown comes to be, what was shown and is hidden is gone; of what is gone by now that alone is told.
        """
        async for change in changes.since((ENTITY,), after):
            yield change

    async def problem_change(
        event: ProblemEvent, changes: Changes, store: CatalogStore, access: Access, readable: Readable, entity: _Of = None
    ) -> ProblemChange | None:
        problem = problem_of(event.body)
        if (entity is not None and problem.entity != entity) or not await _told(event, problem, store, access):
            return None
        if changes.past(event.at) and not await _known_when(event, problem, store, readable):
            return None
        kind = ChangeKind.REMOVED if event.how == REMOVED else ChangeKind.CREATED
        at = instant(event.at)
        if not access.whole:  # it comes when it is shown, and of one that goes nobody knows how long it was hidden before
            problem = replace(problem, since=at if kind is ChangeKind.CREATED else None)
        return ProblemChange(cursor=event.cursor, at=at, kind=kind, problem=problem)

    @plugin.subscription(permission=PROBLEMS, asks="a few SQL statements a change", shown=problem_change)
    async def problem_changes(
        changes: Changes, store: CatalogStore, after: _After = None, entity: _Of = None
    ) -> AsyncIterator[ProblemEvent]:
        """Every problem of a descriptor that comes or goes, in order. An entity that comes into sight brings its problems, and
        one that goes takes them with it, without a word of each to who doesn't see every entity. What is more than an hour old is
        told to who may read `changedAt` of its entity.
        """
        async for event in problem_events(changes, store, after):
            yield event

    async def source_change(change: Change, store: CatalogStore, ingestion: Ingestion, access: Access) -> SourceChange | None:
        if change.what == INSIDE and not access.whole:
            return None
        row = await store.source(change.name)
        source = shown_source(row, ingestion, access) if row is not None else None
        kind = ChangeKind[change.how.upper()]
        return SourceChange(cursor=change.cursor, at=instant(change.at), kind=kind, source=source)

    @plugin.subscription(permission=LOOK, asks="one SQL statement a change", shown=source_change)
    async def source_changes(changes: Changes, after: _After = None) -> AsyncIterator[Change]:
        """Every source whose state changes, in order."""
        async for change in changes.since((SOURCE, INSIDE), after):
            yield change


async def _told(event: ProblemEvent, problem: Problem, store: CatalogStore, access: Access) -> bool:
    """Whether the viewer may be told: of problems that come, go or come into sight, of an entity that it sees then and now."""
    if access.whole:
        return event.how != STAYS
    if problem.entity is None or problem.rule in TELLING:
        return False
    body, is_now = await version(store, problem.entity, event.number)
    after = access.shown(entity_of(body)) if body is not None else None
    before = after if event.entity is None else event.entity.before and access.shown(entity_of(event.entity.before))
    if after is None or (before is not None and event.how == STAYS) or (before is None and event.how == REMOVED):
        return False
    return is_now or problem.entity in await judged(store, {problem.entity: after}, access)


async def _known_when(event: ProblemEvent, problem: Problem, store: CatalogStore, readable: Readable) -> bool:
    """Whether the viewer may know when what is wrong changed; of what is wrong with no entity whoever may see it may."""
    if problem.entity is None:
        return True
    body, _ = await version(store, problem.entity, event.number)
    before = event.entity.before if event.entity is not None else None
    return _timed(readable, *(None if one is None else entity_of(one) for one in (before, body)))


def _timed(readable: Readable, *entities: Entity | None) -> bool:
    """Whether the viewer may read when these change."""
    return all(readable.reads(entity, "changedAt") for entity in entities if entity is not None)


def _kind(before: Entity | None, after: Entity | None, readable: Readable) -> ChangeKind | None:
    if before is None:
        return None if after is None else ChangeKind.CREATED
    if after is None:
        return ChangeKind.REMOVED
    return ChangeKind.CHANGED if differs(before, after, readable) else None
