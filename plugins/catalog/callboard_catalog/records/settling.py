"""From documents to entities: which document stands for each, and the rows that are made of it. Part of the store.

What comes out depends on nothing but the documents and the sources' ranks, so it is the same in whatever order, by whatever
process and in however many attempts they came in.

A. standing   of all documents for an entity one stands: found before kept before orphaned, then by source, item and place in it
B. entities   made, changed or removed, each with a line in the journal
C. marks      what lists and conditions ask, and the words that a search finds it by
D. relations  what the document declares, and its mirror at the other end
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.descriptors.references import INVERSES

from .documents import Touched
from .journal import ENTITY, Journal
from .putting import put
from .rows import Body, read_body
from .tables import DocumentRow, EntityRow, ItemRow, MarkRow, RelationRow, SourceRow, UncheckedRow
from .terms import among, make_terms, pairs
from .words import put_words


@dataclass(frozen=True, slots=True)
class _Claim:
    """A document that stands for its entity."""

    document: int
    content: str
    body: bytes


_STANDING_ORDER = (
    case((col(DocumentRow.orphaned).is_not(None), 2), (col(DocumentRow.kept), 1), else_=0),
    col(SourceRow.rank), col(SourceRow.name), col(ItemRow.name), col(DocumentRow.position), col(DocumentRow.id),
)  # fmt: skip
"""The first of an entity's documents in this order stands for it."""


def documents_of(*columns: Any) -> Select[Any]:
    """A query over all documents with their items and sources; of each entity's the one that stands for it comes first."""
    query = select(*columns).select_from(DocumentRow).join(ItemRow, col(ItemRow.id) == col(DocumentRow.item))
    return query.join(SourceRow, col(SourceRow.name) == col(ItemRow.source)).order_by(*_STANDING_ORDER)


async def settle(connection: AsyncConnection, touched: Touched, journal: Journal) -> None:
    """Bring these entities in line with their documents."""
    if not touched.entities:
        return
    ids = sorted(touched.entities)
    standing = await _standing(connection, ids)
    query = select(col(EntityRow.id), col(EntityRow.document), col(EntityRow.content))
    query = query.where(among(col(EntityRow.id), ids, connection.dialect.name))
    known = {row.id: row for row in (await connection.execute(query)).all()}
    await _unchecked(connection, ids)
    gone = sorted(known.keys() - standing.keys())
    made = {number: claim for number, claim in standing.items() if number not in known}
    moved = {
        number: claim  # a number may be another document's by now
        for number, claim in standing.items()
        if number in known and (known[number].document, known[number].content) != (claim.document, claim.content)
    }
    changed = {n: claim for n, claim in moved.items() if known[n].content != claim.content}
    before = await _bodies(connection, touched, {n: known[n].document for n in [*gone, *changed]})
    for number in gone:  # B
        journal.removed(ENTITY, entity=number, before=before[number])
    for number in changed:
        journal.changed(ENTITY, entity=number, before=before[number])
    for number in made:
        journal.created(ENTITY, entity=number)
    bodies = {number: read_body(claim.body) for number, claim in {**made, **changed}.items()}
    await _place(connection, bodies, made, moved, journal.at)
    if gone:
        await connection.execute(delete(EntityRow).where(among(col(EntityRow.id), gone, connection.dialect.name)))
    await _mark(connection, bodies, gone, made.keys())
    await put_words(connection, {number: read_body(body) for number, body in before.items()}, bodies)
    await _relate(connection, bodies, gone, made.keys())
    await _unchecked(connection, await _declaring(connection, [*gone, *made]))


async def _standing(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, _Claim]:  # A
    query = documents_of(*(getattr(DocumentRow, name) for name in ("id", "entity", "content", "body")))
    query = query.where(among(col(DocumentRow.entity), ids, connection.dialect.name))
    found: dict[int, _Claim] = {}
    for number, entity, content, body in (await connection.execute(query)).all():
        found.setdefault(entity, _Claim(number, content, body))
    return found


async def _bodies(connection: AsyncConnection, touched: Touched, documents: Mapping[int, int]) -> dict[int, bytes]:
    """What the documents that stood for these entities said; those that went are remembered for that."""
    there = [document for document in documents.values() if document not in touched.before]
    known = dict(touched.before)
    if there:
        query = select(col(DocumentRow.id), col(DocumentRow.body))
        query = query.where(among(col(DocumentRow.id), there, connection.dialect.name))
        known |= await pairs(connection, query)
    return {entity: known[document] for entity, document in documents.items()}


async def _place(
    connection: AsyncConnection, bodies: Mapping[int, Body], made: Mapping[int, _Claim], moved: Mapping[int, _Claim], now: float
) -> None:
    rows = []
    for number, claim in made.items():
        body = bodies[number]
        kind, namespace, *_ = body.names
        rows.append({
            "id": number, "sort": body.sort, "kind": kind.lower(), "namespace": namespace.lower(), "owner": body.owner,
            "document": claim.document, "content": claim.content, "titled": body.titled, "created": now, "changed": now,
        })  # fmt: skip
    await put(connection, EntityRow, rows)
    for number, claim in moved.items():
        values: dict[str, Any] = {"document": claim.document}
        if number in bodies:
            values |= {"content": claim.content, "owner": bodies[number].owner, "titled": bodies[number].titled, "changed": now}
        await connection.execute(update(EntityRow).where(col(EntityRow.id) == number).values(values))


async def _mark(
    connection: AsyncConnection, bodies: Mapping[int, Body], gone: Collection[int], made: Collection[int]
) -> None:  # C
    if old := [number for number in [*bodies, *gone] if number not in made]:
        await connection.execute(delete(MarkRow).where(among(col(MarkRow.entity), old, connection.dialect.name)))
    marks = {number: (body.sort, set(body.marks())) for number, body in bodies.items()}
    terms = await make_terms(connection, {text for _, texts in marks.values() for text in texts})
    rows = [{"term": terms[text], "sort": sort, "entity": number} for number, (sort, texts) in marks.items() for text in texts]
    await put(connection, MarkRow, rows)


_KEY = (col(RelationRow.source), col(RelationRow.type), col(RelationRow.target), col(RelationRow.mirrored))


async def _relate(
    connection: AsyncConnection, bodies: Mapping[int, Body], gone: Collection[int], made: Collection[int]
) -> None:  # D
    texts = {text for body in bodies.values() for edge in body.edges for text in (edge.target, edge.type, INVERSES[edge.type])}
    old = [number for number in [*bodies, *gone] if number not in made]
    known: dict[int, set[tuple[int, int]]] = {}
    if old:
        query = select(*_KEY[:3]).where(among(_KEY[0], old, connection.dialect.name), col(RelationRow.mirrored).is_(False))
        for source, kind, target in (await connection.execute(query)).all():
            known.setdefault(source, set()).add((kind, target))
    terms = await make_terms(connection, {*texts, *INVERSES})
    inverse = {terms[name]: terms[other] for name, other in INVERSES.items()}
    wanted = {n: {(terms[edge.type], terms[edge.target]) for edge in body.edges} for n, body in bodies.items()}
    less = [(n, *edge) for n, edges in known.items() for edge in edges - wanted.get(n, set())]
    more = [(n, *edge) for n, edges in wanted.items() for edge in edges - known.get(n, set())]
    if less:
        keys = [key for n, kind, target in less for key in ((n, kind, target, False), (target, inverse[kind], n, True))]
        for start in range(0, len(keys), 200):
            await connection.execute(delete(RelationRow).where(tuple_(*_KEY).in_(keys[start : start + 200])))
    rows = [
        {"source": source, "type": kind, "target": target, "mirrored": mirrored}
        for n, kind_, other in sorted(more)
        for source, kind, target, mirrored in ((n, kind_, other, False), (other, inverse[kind_], n, True))
    ]
    await put(connection, RelationRow, rows)


async def _declaring(connection: AsyncConnection, ids: Collection[int]) -> set[int]:
    """The entities that refer to these, which came or went."""
    if not ids:
        return set()
    query = select(col(RelationRow.target)).where(
        among(col(RelationRow.source), ids, connection.dialect.name), col(RelationRow.mirrored).is_(True)
    )
    return set((await connection.execute(query)).scalars())


async def _unchecked(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Have the problems of these entities worked out again."""
    if not ids:
        return
    query = select(col(UncheckedRow.entity)).where(among(col(UncheckedRow.entity), ids, connection.dialect.name))
    missing = sorted(set(ids) - set((await connection.execute(query)).scalars()))
    await put(connection, UncheckedRow, [{"entity": number} for number in missing])
