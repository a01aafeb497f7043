"""What entities were at an instant, told from what the journal keeps of each change; and why they are there.

What a viewer may see of the past is what it might have seen then and may see now: see docs/decisions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from callboard_sdk import Access, Entity, EntityRef
from sqlalchemy import func, select
from sqlmodel import col

from callboard_catalog.records.journal import ENTITY
from callboard_catalog.records.marks import storable
from callboard_catalog.records.rows import entity_of, read_body
from callboard_catalog.records.settling import documents_of
from callboard_catalog.records.tables import ChangeRow, DocumentRow, ItemRow, SourceRow, TermRow
from callboard_catalog.records.terms import among

from .lists import storable_refs
from .store import CatalogStore

_AT_ONCE = 200
_PARTS = (
    ItemRow.source, ItemRow.name, DocumentRow.body, DocumentRow.kept, DocumentRow.orphaned, SourceRow.succeeded, SourceRow.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A document that says what an entity is; the first of an entity's claims stands."""

    source: str
    item: str
    line: int | None
    kept: bool
    orphaned: float | None
    body: bytes
    read: float | None
    """When its source was last read to its end."""
    error: str | None
    """Why its source can't be read now."""


async def at(store: CatalogStore, refs: Collection[EntityRef], instant: float) -> dict[EntityRef, bytes]:
    """What those of these entities that were there at the instant said then, in three SQL statements."""
    wanted = storable_refs(refs)
    if not wanted:
        return {}
    first = (
        select(func.min(col(ChangeRow.number)))
        .join(TermRow, col(TermRow.id) == col(ChangeRow.entity))
        .where(col(ChangeRow.what) == ENTITY, col(ChangeRow.at) > instant, among(col(TermRow.text), wanted, store.dialect))
        .group_by(col(ChangeRow.entity))
    )
    numbers = [number for (number,) in await store.select(first)]
    later: dict[str, bytes | None] = {}
    if numbers:  # what an entity was is what the next change of it found
        query = select(col(TermRow.text), col(ChangeRow.before)).join(TermRow, col(TermRow.id) == col(ChangeRow.entity))
        query = query.where(among(col(ChangeRow.number), numbers, store.dialect))
        later = {ref: before for ref, before in await store.select(query)}  # noqa: C416  rows are no tuples
    same = [ref for ref in wanted if ref not in later]
    found = {ref: body for ref, body in later.items() if body is not None} | await store.bodies(same)
    return {EntityRef.parse(ref): body for ref, body in found.items()}


async def version(store: CatalogStore, ref: EntityRef, number: int) -> tuple[bytes | None, bool]:
    """What the entity said after the change of this number, None where it wasn't there; and whether that is what it says now."""
    if not (wanted := storable_refs([ref])):
        return None, True
    later = select(col(ChangeRow.before)).join(TermRow, col(TermRow.id) == col(ChangeRow.entity))
    later = later.where(col(ChangeRow.what) == ENTITY, col(TermRow.text) == wanted[0], col(ChangeRow.number) > number)
    if rows := await store.select(later.order_by(col(ChangeRow.number)).limit(1)):
        return rows[0][0], False
    return (await store.bodies(wanted)).get(wanted[0]), True


async def judged(store: CatalogStore, then: Mapping[EntityRef, Entity], access: Access) -> dict[EntityRef, Entity]:
    """Those of these entities of the past that the viewer may see as they were and as they are, each with what it is now.

    Where it stands is told as of now: a move alone is no change, and so not in the journal. What is gone by now is, for who
    doesn't see everything, like what is hidden by now; for others it is now what it was last.
    """
    seen = {ref: entity for ref, entity in then.items() if access.sees(entity)}
    now = {entity.ref: entity for entity in await store.get(list(seen)) if entity is not None}
    if access.whole and (gone := [ref for ref in seen if ref not in now]):
        now |= {ref: entity_of(body) for ref, body in (await _last(store, gone)).items()}
    return {ref: as_of_now(entity, now[ref]) for ref, entity in seen.items() if ref in now and access.sees(now[ref])}


def as_of_now(then: Entity, now: Entity) -> Entity:
    """An entity of the past, with what it is now; the same if that is what it was."""
    there = replace(then, source=now.source)
    return now if there == now else replace(there, now=now)


async def _last(store: CatalogStore, refs: Collection[EntityRef]) -> dict[EntityRef, bytes]:
    """What these entities, which are gone, said last."""
    last = select(func.max(col(ChangeRow.number))).join(TermRow, col(TermRow.id) == col(ChangeRow.entity))
    last = last.where(col(ChangeRow.what) == ENTITY, among(col(TermRow.text), storable_refs(refs), store.dialect))
    query = select(col(TermRow.text), col(ChangeRow.before)).join(TermRow, col(TermRow.id) == col(ChangeRow.entity))
    query = query.where(col(ChangeRow.number).in_(last.group_by(col(ChangeRow.entity)).scalar_subquery()))
    return {EntityRef.parse(ref): before for ref, before in await store.select(query) if before is not None}


async def changed(store: CatalogStore, since: float, until: float, after: EntityRef | None) -> list[EntityRef]:
    """Entities that changed between these instants, by ref, after that one; not all at once."""
    query = (
        select(col(TermRow.text))
        .join(ChangeRow, col(ChangeRow.entity) == col(TermRow.id))
        .where(col(ChangeRow.what) == ENTITY, col(ChangeRow.at) > since, col(ChangeRow.at) <= until)
        .distinct()
    )
    if after is not None:
        if not storable(str(after)):
            return []
        query = query.where(col(TermRow.text) > str(after))
    return [EntityRef.parse(ref) for (ref,) in await store.select(query.order_by(col(TermRow.text)).limit(_AT_ONCE))]


async def claims(store: CatalogStore, refs: Collection[EntityRef]) -> Mapping[EntityRef, list[Claim]]:
    """The documents that say what each of these entities is, the one that stands first."""
    found: dict[EntityRef, list[Claim]] = {}
    wanted = storable_refs(refs)
    if not wanted:
        return found
    query = documents_of(col(TermRow.text), *(col(part) for part in _PARTS))
    query = query.join(TermRow, col(TermRow.id) == col(DocumentRow.entity))
    query = query.where(among(col(TermRow.text), wanted, store.dialect))
    for ref, source, item, body, kept, orphaned, read, error in await store.select(query):
        claim = Claim(source, item, _line(body), kept or error is not None, orphaned, body, read, error)
        found.setdefault(EntityRef.parse(ref), []).append(claim)
    return found


def _line(body: bytes) -> int | None:
    return read_body(body).place[1]
