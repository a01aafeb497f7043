"""Subscriptions to what changes in the catalog: entities, problems, and how its sources are doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import Access, Database, Entity, EntityRef, Plugin, Problem, value

from callboard_catalog.descriptors.rules import TELLING
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.queries.changes import Change, Changes
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import ENTITY, PROBLEM, SOURCE, instant
from callboard_catalog.records.rows import entity_of, problem_of

from .model import PROBLEMS, READ, ChangeKind
from .source_fields import LOOK, CatalogSource, shown_source

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
    """The entity as it was then; null when it was removed."""


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
        change: Change, changes: Changes, access: Access, refs: _Refs = None, kinds: _Kinds = None
    ) -> EntityChange | None:
        ref = EntityRef.parse(change.name)
        if (refs is not None and ref not in refs) or (kinds is not None and ref.kind not in {kind.lower() for kind in kinds}):
            return None
        before = access.shown(entity_of(change.before)) if change.before is not None else None
        body = await changes.after_image(change)
        after = access.shown(entity_of(body)) if body is not None else None
        kind = _kind(before is not None, after is not None)
        if kind is None:
            return None
        return EntityChange(cursor=change.cursor, at=instant(change.at), kind=kind, ref=ref, entity=after)

    @plugin.subscription(permission=READ, asks="one SQL statement a change", shown=entity_change)
    async def entity_changes(
        changes: Changes, after: _After = None, refs: _Refs = None, kinds: _Kinds = None
    ) -> AsyncIterator[Change]:
        """Every change of an entity, in order."""
        async for change in changes.since(ENTITY, after):
            yield change

    async def problem_change(
        change: Change, changes: Changes, store: CatalogStore, access: Access, entity: _Of = None
    ) -> ProblemChange | None:
        body = change.before if change.before is not None else await changes.after_image(change)
        if body is None:
            return None
        problem = problem_of(body)
        if (entity is not None and problem.entity != entity) or not await _told(problem, store, access):
            return None
        kind = ChangeKind.REMOVED if change.how == "removed" else ChangeKind.CREATED
        return ProblemChange(cursor=change.cursor, at=instant(change.at), kind=kind, problem=problem)

    @plugin.subscription(permission=PROBLEMS, asks="one SQL statement a change", shown=problem_change)
    async def problem_changes(changes: Changes, after: _After = None, entity: _Of = None) -> AsyncIterator[Change]:
        """Every problem of a descriptor that comes or goes, in order."""
        async for change in changes.since(PROBLEM, after):
            yield change

    async def source_change(change: Change, store: CatalogStore, ingestion: Ingestion, access: Access) -> SourceChange | None:
        row = await store.source(change.name)
        source = shown_source(row, ingestion, access) if row is not None else None
        kind = ChangeKind[change.how.upper()]
        return SourceChange(cursor=change.cursor, at=instant(change.at), kind=kind, source=source)

    @plugin.subscription(permission=LOOK, asks="one SQL statement a change", shown=source_change)
    async def source_changes(changes: Changes, after: _After = None) -> AsyncIterator[Change]:
        """Every source whose state changes, in order."""
        async for change in changes.since(SOURCE, after):
            yield change


async def _told(problem: Problem, store: CatalogStore, access: Access) -> bool:
    """Whether the viewer may know of the problem: of those of an entity that it sees, which tell of no other."""
    if access.whole:
        return True
    if problem.entity is None or problem.rule in TELLING:
        return False
    [found] = await store.get([problem.entity])
    return found is not None and access.sees(found)


def _kind(before: bool, after: bool) -> ChangeKind | None:
    if before:
        return ChangeKind.CHANGED if after else ChangeKind.REMOVED
    return ChangeKind.CREATED if after else None
