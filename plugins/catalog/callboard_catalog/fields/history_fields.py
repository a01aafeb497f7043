"""The catalog's past in the graph: an entity at an instant, what differs between two, and why an entity is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import Access, BadArgument, Batch, Entity, EntityRef, Plugin, Readable, value

from callboard_catalog.queries.conditions import seconds
from callboard_catalog.queries.history import Claim, at, changed, claims, judged
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import instant
from callboard_catalog.records.rows import entity_of

from .model import HISTORY, READ, ChangeKind, SourceLocation
from .told import differs

MOST = 100
_Ref = Annotated[EntityRef, strawberry.argument(description="The entity's name, such as `component:default/web`.")]
_At = Annotated[datetime, strawberry.argument(description="The instant.")]
_Since = Annotated[datetime, strawberry.argument(description="The earlier instant.")]
_Until = Annotated[datetime, strawberry.argument(description="The later instant.")]
_First = Annotated[int, strawberry.argument(description="At most so many, 1 to 100.")]
_After = Annotated[EntityRef | None, strawberry.argument(description="Only those that come after this one.")]


@value
class EntityDifference:
    """An entity that was another at one instant than at a later one, or wasn't there at one of them."""

    ref: EntityRef
    """The entity's name."""
    kind: ChangeKind
    """What became of it."""
    before: Entity | None = None
    """As it was at the earlier instant."""
    after: Entity | None = None
    """As it was at the later one."""


@value
class Origin:
    """Why an entity is in the catalog."""

    source: str
    """The source whose document stands for it."""
    location: str
    """The item of that source, such as a file."""
    line: int | None = None
    """The line that its document starts at, counted from 1."""
    kept: bool
    """Whether it is shown as last read, for its place can't be read to its end, or its source can't be read at all."""
    read_at: datetime | None = None
    """When its source was last read to its end."""
    last_error: str | None = None
    """Why its source can't be read now, for who may see every entity."""
    orphaned_at: datetime | None = None
    """Since when its source doesn't have it any more."""
    others: list[SourceLocation]
    """Other documents that say what it is; the first of them stands if this one goes."""


def add_history_fields(plugin: Plugin[Any]) -> None:
    """Declare them on the catalog's plugin."""

    @plugin.query(permission=HISTORY, asks="four SQL statements")
    async def entity_at(ref: _Ref, at: _At, store: CatalogStore, access: Access) -> Entity | None:
        """The entity as it was at an instant; what it is related to, and where it stands, is that of now. Null when it wasn't
        there, or when the viewer may not see it as it was then, or as it is now; what is gone is for who may see every entity.
        """
        return (await _versions(store, [ref], await _known(store, "at", at), access)).get(ref)

    @plugin.query(permission=HISTORY, asks="a few SQL statements for each two hundred entities that changed")
    async def entity_differences(
        since: _Since,
        until: _Until,
        store: CatalogStore,
        access: Access,
        readable: Readable,
        first: _First = MOST,
        after: _After = None,
    ) -> list[EntityDifference] | None:
        """What differs between two instants, by ref, in what the viewer may read; who may read `changedAt` is told of every
        change. What it didn't see at one of them wasn't there, and of what it doesn't see now nothing is told.
        """
        if not 1 <= first <= MOST:
            raise BadArgument(f"`first` is {first}: ask for 1 to {MOST}, and go on with `after`")
        earlier, later = await _known(store, "since", since), seconds(until)
        if earlier > later:
            raise BadArgument("`since` is later than `until`: give the earlier instant as `since`")
        found: list[EntityDifference] = []
        while len(found) < first and (refs := await changed(store, earlier, later, after)):
            before = await _versions(store, refs, earlier, access)
            now = await _versions(store, refs, later, access)
            found += (one for ref in refs if (one := _difference(ref, before.get(ref), now.get(ref), readable)))
            after = refs[-1]
        return found[:first]

    @plugin.field(on=Entity, permission=READ, asks="one SQL statement")
    async def origin(entities: Batch[Entity], store: CatalogStore, access: Access) -> list[Origin | None]:
        """Why the catalog has it: the document that stands for it, and others that would, if the viewer would see it then."""
        found = await claims(store, [entity.ref for entity in entities])
        return [_origin(found.get(entity.ref, []), access) for entity in entities]


async def _versions(store: CatalogStore, refs: list[EntityRef], instant: float, access: Access) -> dict[EntityRef, Entity]:
    """The entities as they were, of those that the viewer may see as they were and as they are."""
    then = {ref: entity_of(body) for ref, body in (await at(store, refs, instant)).items()}
    return await judged(store, then, access)


def _difference(ref: EntityRef, before: Entity | None, after: Entity | None, readable: Readable) -> EntityDifference | None:
    if before is not None and after is not None and not differs(before, after, readable):
        return None
    if before is None and after is None:
        return None
    kind = ChangeKind.CREATED if before is None else ChangeKind.REMOVED if after is None else ChangeKind.CHANGED
    return EntityDifference(ref=ref, kind=kind, before=before, after=after)


def _origin(found: Sequence[Claim], access: Access) -> Origin | None:
    if not found:
        return None
    first, *rest = found
    others = [other for other in rest if access.sees(entity_of(other.body))]
    return Origin(
        source=first.source,
        location=first.item,
        line=first.line,
        kept=first.kept,
        read_at=instant(first.read),
        last_error=first.error if access.whole else None,
        orphaned_at=instant(first.orphaned),
        others=[SourceLocation(location=f"{other.source}: {other.item}", line=other.line) for other in others],
    )


async def _known(store: CatalogStore, name: str, at: datetime) -> float:
    """The instant. Raises BadArgument for one of which the catalog can't tell any more what was there."""
    if (told := seconds(at)) < (known := await store.known_from()):
        since = instant(known).isoformat(timespec="seconds")
        raise BadArgument(f"changes are known since {since}, and `{name}` is earlier: give a later instant")
    return told
