"""The catalog's sources in the graph: how each is doing, and what a person or a bot may have it do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import (
    Access,
    Batch,
    EntityRef,
    Plugin,
    UserError,
    Viewer,
    input,  # noqa: A004  the GraphQL word
    node,
    value,
)
from callboard_sdk.yaml import YamlError, read_documents

from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.ingestion.sources import Said, Source
from callboard_catalog.providers.pushed import PartOf, Refused, part_of, pushed, withdrawn
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import instant
from callboard_catalog.records.tables import SourceRow

LOOK = "catalog.sources.read"
REFRESH = "catalog.sources.refresh"
PUSH = "catalog.sources.push"
REMOVE = "catalog.sources.remove"
SOURCE_PERMISSIONS = {
    LOOK: "See the catalog's sources: when each was read, and what failed.",
    REFRESH: "Have a source read now.",
    PUSH: "Push entities to the sources that name one in their settings.",
    REMOVE: "Let a source lose more entities at once than it may by itself, and remove one that is in no settings.",
}


@value
class HeldRemoval:
    """Entities that a source doesn't have any more, and that are kept because they are too many at once."""

    entities: int
    """How many would go."""
    of: int
    """How many the source has."""
    key: str
    """Names what would go, for `allowRemoval`."""


@node(permission=LOOK)
class CatalogSource:
    """A place that the catalog reads."""

    name: str | None = None
    """What the settings call it, or `PLUGIN.NAME`."""
    provider: str | None = None
    """What kind of source it is; null when it is in no settings any more."""
    owner: EntityRef | None = None
    """Who is told of what is wrong with it."""
    every: float | None = None
    """Seconds between two readings; 0 when it is read at starts alone, null when it is not read at all."""
    next_at: datetime | None = None
    """When it is read next, which is now if it waits for that; null when it is not read by itself."""
    reading_since: datetime | None = None
    """Since when it is being read, if it is."""
    read_at: datetime | None = None
    """When it was last read to its end."""
    failing_since: datetime | None = None
    """When a reading first failed, since one came to its end."""
    last_error: str | None = None
    """Why the last reading failed, if it did, for who may see every entity; what was read before stays."""
    failures: int | None = None
    """How often in a row it failed."""
    held: HeldRemoval | None = None
    """What waits for a person's word before it is removed; null for who may not see every entity."""


@input
class SourceInput:
    """A source."""

    source: str
    """Its name."""


@input
class AllowRemovalInput:
    """What may be removed."""

    source: str
    """The source's name."""
    key: str
    """The `key` of what it holds back, so that nothing else goes."""


@input
class PushEntitiesInput:
    """Entities for a source that takes pushes."""

    source: str
    """The source's name."""
    descriptors: str
    """The descriptors, as YAML documents or JSON."""
    complete: bool = False
    """Whether these are all that the source has: what it had besides is removed, as far as its brake lets it."""
    part_of: str | None = None
    """The complete set that this push is a part of, by a name that no other set of the source had. A part is stored as it comes;
    the last one says `complete`, and stands for all of them."""
    set_size: int | None = None
    """With the last part of a set: how many entities the set has. When it has not, for a part got lost, the push is refused."""


@input
class WithdrawEntitiesInput:
    """Entities that a source has no more."""

    source: str
    """The source's name."""
    refs: list[EntityRef]
    """The entities."""


@value
class SourcePayload:
    """The source, or why nothing was done."""

    source: CatalogSource | None
    """The source as it is now."""
    errors: list[UserError]
    """Why nothing was done."""


_Source = Annotated[SourceInput, strawberry.argument(description="Which source.")]
_Allow = Annotated[AllowRemovalInput, strawberry.argument(description="Which removal.")]
_Push = Annotated[PushEntitiesInput, strawberry.argument(description="What is pushed, and where to.")]
_Withdraw = Annotated[WithdrawEntitiesInput, strawberry.argument(description="What is withdrawn, and where from.")]

_BUSY = "the source is being read or written just now: try again in a moment"


def add_source_fields(plugin: Plugin[Any]) -> None:
    """Declare them on the catalog's plugin."""

    @plugin.query(permission=LOOK, asks="one SQL statement")
    async def catalog_sources(store: CatalogStore, ingestion: Ingestion, access: Access) -> list[CatalogSource] | None:
        """The places that the catalog reads, in order of precedence; how much they have is for who may see every entity."""
        return [shown_source(row, ingestion, access) for row in await store.sources()]

    @plugin.field(on=CatalogSource, permission=LOOK, asks="one SQL statement")
    async def entity_count(sources: Batch[CatalogSource], store: CatalogStore, access: Access) -> list[int | None]:
        """How many entities stand in the catalog because of it; null for who may not see every entity."""
        if not access.whole:
            return [None] * len(sources)
        counts = await store.entities_by_source()
        return [counts.get(source.name or "", 0) for source in sources]

    @plugin.mutation(permission=REFRESH)
    async def refresh_source(input: _Source, store: CatalogStore, ingestion: Ingestion, access: Access) -> SourcePayload | None:
        """Have a source read as soon as a gateway can: within a second or two."""
        row = await store.source(input.source)
        if row is None or not _is_read(ingestion, input.source):
            return _refused("no source of this name is read: `catalogSources` has their names", "source")
        async with store.writing() as connection:
            await ingestion.schedule.hurry(connection, input.source)
        return await _payload(input.source, store, ingestion, access)

    @plugin.mutation(permission=REMOVE, action="administer")
    async def allow_removal(input: _Allow, store: CatalogStore, ingestion: Ingestion, access: Access) -> SourcePayload | None:
        """Let a source lose what it holds back; it is read again for that at once."""
        row = await store.source(input.source)
        if row is None or row.held_key is None:
            return _refused("no source of this name holds anything back: `catalogSources` says which do", "source")
        if row.held_key != input.key:
            text = "what the source holds back is not what this key names any more: look at it again, then give its key now"
            return _refused(text, "key")
        async with store.writing() as connection:
            await ingestion.schedule.allow(connection, input.source, input.key)
        return await _payload(input.source, store, ingestion, access)

    @plugin.mutation(permission=REMOVE, action="administer")
    async def remove_source(input: _Source, store: CatalogStore, ingestion: Ingestion, access: Access) -> SourcePayload | None:
        """Remove a source that is in no settings any more, with all entities that stand because of it alone."""
        if input.source in ingestion.sources:
            return _refused("the source is in the settings: take it out there first, in every gateway", "source")
        if not await ingestion.remove(input.source):
            return _refused("no source has this name: `catalogSources` has their names", "source")
        return SourcePayload(source=None, errors=[])

    @plugin.mutation(permission=PUSH)
    async def push_entities(
        input: _Push, viewer: Viewer, store: CatalogStore, ingestion: Ingestion, access: Access
    ) -> SourcePayload | None:
        """Push entities to a source that takes them; all of them, or none when one can't be read."""
        source = _open_to(viewer, input.source, ingestion)
        if isinstance(source, SourcePayload):
            return source
        assert source.pushed is not None
        try:
            documents = [document.value for document in read_documents(input.descriptors)]
            part = part_of(input.part_of, input.set_size, complete=input.complete)
            events = pushed(source.pushed, documents, complete=input.complete)
        except YamlError as error:
            where = f"line {error.mark.line}: " if error.mark else ""
            return _refused(f"{where}the text is not YAML: {error}", "descriptors")
        except Refused as refused:
            return SourcePayload(source=None, errors=[_at_argument(error) for error in refused.errors])
        if wrong := ingestion.refused(source, events):
            return SourcePayload(source=None, errors=[_error(message, "descriptors") for message in wrong])
        return await _taken(source, events, store, ingestion, access, part)

    @plugin.mutation(permission=PUSH)
    async def withdraw_entities(
        input: _Withdraw, viewer: Viewer, store: CatalogStore, ingestion: Ingestion, access: Access
    ) -> SourcePayload | None:
        """Withdraw entities that were pushed."""
        source = _open_to(viewer, input.source, ingestion)
        if isinstance(source, SourcePayload):
            return source
        return await _taken(source, withdrawn(input.refs), store, ingestion, access)


async def _taken(
    source: Source, events: Sequence[Said], store: CatalogStore, ingestion: Ingestion, access: Access, part: PartOf | None = None
) -> SourcePayload:
    try:
        if not await ingestion.take(source, events, part):
            return _refused(_BUSY, "source")
    except Refused as refused:
        return SourcePayload(source=None, errors=[_at_argument(error) for error in refused.errors])
    return await _payload(source.name, store, ingestion, access)


def _open_to(viewer: Viewer, name: str, ingestion: Ingestion) -> Source | SourcePayload:
    """The source, if it takes pushes from this viewer; of others nothing is told."""
    source = ingestion.sources.get(name)
    if source is None or source.pushed is None or viewer.subject not in source.pushed.subjects:
        return _refused("no source of this name takes pushes from you: its settings name who may, in `subjects`", "source")
    return source


def _is_read(ingestion: Ingestion, name: str) -> bool:
    return name in ingestion.sources and ingestion.sources[name].read is not None


async def _payload(name: str, store: CatalogStore, ingestion: Ingestion, access: Access) -> SourcePayload:
    row = await store.source(name)
    return SourcePayload(source=shown_source(row, ingestion, access) if row is not None else None, errors=[])


def _refused(message: str, argument: str) -> SourcePayload:
    return SourcePayload(source=None, errors=[_error(message, argument)])


def _error(message: str, argument: str) -> UserError:
    return UserError(message=message, path=["input", argument])


def _at_argument(error: UserError) -> UserError:
    """The same at the mutation's argument; of an entity, at the document of the text, counted from 1."""
    match error.path:
        case ["entities", number]:
            return _error(f"document {int(number) + 1}: {error.message}", "descriptors")
        case ["entities"]:
            return _error(error.message, "descriptors")
        case [argument]:
            return _error(error.message, argument)
    raise ValueError(f"a push is refused at {error.path}, which is no argument of it")


def shown_source(row: SourceRow, ingestion: Ingestion, access: Access) -> CatalogSource:
    """The source as a viewer may see it."""
    source = ingestion.sources.get(row.name)
    held = None
    if access.whole and row.held_key is not None:
        held = HeldRemoval(entities=row.held, of=row.held_of, key=row.held_key)
    return CatalogSource(
        name=row.name,
        provider=source.provider if source else None,
        owner=source.owner if source else None,
        every=source.timing.every if source and source.read is not None else None,
        next_at=instant(max(row.due, ingestion.schedule.now())) if source and source.timing.every else None,
        reading_since=instant(row.started) if row.reader is not None else None,
        read_at=instant(row.succeeded),
        failing_since=instant(row.failed),
        last_error=row.error if access.whole else None,
        failures=row.failures,
        held=held,
    )
