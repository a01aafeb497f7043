"""What sources say, as items and documents: taken over an item at a time, and forgotten only by proof. Part of the store.

A. items      each reading becomes its item's row; what says the same as before writes nothing
B. documents  those of an item, by entity; where the item could not be read to its end, what it had and isn't found is kept
C. problems   those of reading, of items and of the source itself
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callboard_sdk import Problem
from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.descriptors.descriptor import Reading

from .journal import PROBLEM, Journal
from .putting import put
from .rows import body_of, content_of, digest, problem_rows, whole_problem
from .tables import DocumentRow, ItemRow, ProblemRow
from .terms import among, known_terms, make_terms, next_number, pairs


@dataclass(slots=True)
class Touched:
    """Entities, as terms, of which documents changed, and what the documents that went said."""

    entities: set[int] = field(default_factory=set)
    before: dict[int, bytes] = field(default_factory=dict)
    """By the numbers of the documents that went."""

    def with_(self, other: Touched) -> Touched:
        """These, and the other ones."""
        return Touched(self.entities | other.entities, {**self.before, **other.before})


@dataclass(frozen=True, slots=True)
class _Made:
    """A document to be kept: all of its row but its number and its item's."""

    ref: str
    digest: str
    content: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Ready:
    """A reading, made ready for its rows in advance, where that holds nothing up."""

    reading: Reading
    documents: Sequence[_Made]

    @classmethod
    def of(cls, reading: Reading) -> Ready:
        """Made ready."""
        bodies = [(descriptor, body_of(descriptor)) for descriptor in reading.descriptors]
        return cls(reading, [_Made(str(d.ref), digest(body), content_of(d), body) for d, body in bodies])


async def take(connection: AsyncConnection, source: str, found: Sequence[Ready], journal: Journal) -> Touched:
    """Take over what these items were found to hold; one that is named twice holds what it was found to last."""
    latest = {ready.reading.name: ready for ready in found}
    known = {row["name"]: row for row in await _items(connection, source, latest)}
    first = await next_number(connection, col(ItemRow.id))
    numbers: dict[str, int] = {name: row["id"] for name, row in known.items()}
    numbers |= {name: number for number, name in enumerate((name for name in latest if name not in known), first)}
    terms = await make_terms(connection, (made.ref for ready in latest.values() for made in ready.documents))
    touched = await _documents(connection, {numbers[name]: ready for name, ready in latest.items()}, terms)
    added: list[dict[str, Any]] = []
    for name, ready in latest.items():  # A
        row = _item_row(numbers[name], source, ready.reading)
        before = known.get(name)
        if before is None:
            added.append(row)
        elif dict(before) != row:
            if before["orphaned"] is not None:
                touched.entities |= await _entities_of(connection, [row["id"]])
            changed = {key: value for key, value in row.items() if before[key] != value}
            await connection.execute(update(ItemRow).where(col(ItemRow.id) == row["id"]).values(changed))
    await put(connection, ItemRow, added)
    items = {number: latest[name].reading.problems for name, number in numbers.items()}
    await _item_problems(connection, source, items, journal)
    return touched


def _item_row(number: int, source: str, reading: Reading) -> dict[str, Any]:
    return {
        "id": number, "source": source, "name": reading.name, "digest": "" if reading.unread else reading.digest,
        "version": reading.version, "documents": reading.documents, "unread": reading.unread, "orphaned": None,
    }  # fmt: skip


async def _items(connection: AsyncConnection, source: str, names: Collection[str]) -> Sequence[RowMapping]:
    query = select(*ItemRow.__table__.c).where(  # type: ignore[attr-defined]
        col(ItemRow.source) == source, among(col(ItemRow.name), names, connection.dialect.name)
    )
    return (await connection.execute(query)).mappings().all()


async def _documents(connection: AsyncConnection, found: Mapping[int, Ready], terms: Mapping[str, int]) -> Touched:  # B
    columns = [getattr(DocumentRow, name) for name in ("id", "item", "position", "entity", "kept", "digest")]
    query = select(*columns).where(among(col(DocumentRow.item), found, connection.dialect.name))
    known: dict[int, dict[int, list[Any]]] = {}
    for row in (await connection.execute(query.order_by(col(DocumentRow.position)))).all():
        known.setdefault(row.item, {}).setdefault(row.entity, []).append(row)
    touched, gone, added = Touched(), list[int](), list[dict[str, Any]]()
    for item, ready in found.items():
        left = known.get(item, {})
        for position, made in enumerate(ready.documents):
            entity = terms[made.ref]
            same = left[entity].pop(0) if left.get(entity) else None
            if same is not None and (same.digest, same.position, same.kept) == (made.digest, position, False):
                continue
            touched.entities.add(entity)
            gone += [same.id] if same is not None else []
            added.append({
                "item": item, "position": position, "entity": entity, "kept": False, "digest": made.digest,
                "content": made.content, "body": made.body,
            })  # fmt: skip
        named = {terms[made.ref] for made in ready.documents}
        for entity, rows in left.items():
            for row in rows:
                touched.entities.add(entity)
                if not ready.reading.unread or entity in named:
                    gone.append(row.id)
                elif not row.kept:
                    await connection.execute(update(DocumentRow).where(col(DocumentRow.id) == row.id).values(kept=True))
    await _forget(connection, gone, touched)
    if added:
        first = await next_number(connection, col(DocumentRow.id))
        await put(connection, DocumentRow, [{"id": number, **row} for number, row in enumerate(added, first)])
    return touched


async def _forget(connection: AsyncConnection, documents: Collection[int], touched: Touched) -> None:
    if not documents:
        return
    which = among(col(DocumentRow.id), documents, connection.dialect.name)
    touched.before |= await pairs(connection, select(col(DocumentRow.id), col(DocumentRow.body)).where(which))
    await connection.execute(delete(DocumentRow).where(which))


async def drop(connection: AsyncConnection, source: str, items: Collection[int], journal: Journal) -> Touched:
    """Forget these items with all that they held."""
    which = among(col(DocumentRow.item), items, connection.dialect.name)
    rows = (await connection.execute(select(col(DocumentRow.id), col(DocumentRow.entity)).where(which))).all()
    touched = Touched({entity for _, entity in rows})
    await _forget(connection, [number for number, _ in rows], touched)
    await _item_problems(connection, source, dict.fromkeys(items, ()), journal)
    await connection.execute(delete(ItemRow).where(among(col(ItemRow.id), items, connection.dialect.name)))
    return touched


async def orphan(connection: AsyncConnection, items: Collection[int], now: float) -> set[int]:
    """Note that their source doesn't have these items any more; the entities whose problems say so from now on."""
    which = among(col(ItemRow.id), items, connection.dialect.name)
    await connection.execute(update(ItemRow).where(which).values(orphaned=now))
    return await _entities_of(connection, items)


async def keep(connection: AsyncConnection, items: Collection[int]) -> set[int]:
    """Note that these items could not be looked for; the entities that are shown as they were last read from now on."""
    dialect = connection.dialect.name
    await connection.execute(update(ItemRow).where(among(col(ItemRow.id), items, dialect)).values(unread=True, digest=""))
    await connection.execute(update(DocumentRow).where(among(col(DocumentRow.item), items, dialect)).values(kept=True))
    return await _entities_of(connection, items)


async def _entities_of(connection: AsyncConnection, items: Collection[int]) -> set[int]:
    query = select(col(DocumentRow.entity)).where(among(col(DocumentRow.item), items, connection.dialect.name))
    return set((await connection.execute(query)).scalars())


async def _item_problems(
    connection: AsyncConnection, source: str, found: Mapping[int, Iterable[Problem]], journal: Journal
) -> None:  # C
    which = among(col(ProblemRow.item), found, connection.dialect.name)
    rows = [row for item, problems in found.items() for row in problem_rows(problems, source, item).values()]
    await replace_problems(connection, which, {row["key"]: row for row in rows}, journal)


async def source_problems(connection: AsyncConnection, source: str, problems: Iterable[Problem], journal: Journal) -> None:
    """These, and no others, are what is wrong with the source itself."""
    which = (col(ProblemRow.source) == source) & col(ProblemRow.item).is_(None) & col(ProblemRow.follows).is_(None)
    await replace_problems(connection, which, problem_rows(problems, source), journal)


async def replace_problems(connection: AsyncConnection, which: Any, rows: Mapping[str, dict[str, Any]], journal: Journal) -> None:
    """Those problems are these now; what stays as it is isn't written."""
    columns = ("key", "item", "follows", "body", "source", "since", "entity")
    query = select(*(getattr(ProblemRow, name) for name in columns)).where(which)
    known = {row.key: row for row in (await connection.execute(query)).all()}
    same = {key for key, row in rows.items() if key in known and (row["item"], row["follows"]) == known[key][1:3]}
    if gone := sorted(known.keys() - same):
        await connection.execute(delete(ProblemRow).where(among(col(ProblemRow.key), gone, connection.dialect.name)))
    added = [row for key, row in rows.items() if key not in same]
    since = {row["key"]: known[row["key"]].since if row["key"] in known else journal.at for row in added}
    await put(connection, ProblemRow, [{**row, "since": since[row["key"]]} for row in added])
    about = await known_terms(connection, {*(known[key].entity for key in gone), *(row["entity"] for row in added)} - {None})
    for key in gone:
        if key not in rows:
            was = known[key]
            before = whole_problem(was.body, was.source, was.since)
            journal.removed(PROBLEM, name=key, before=before, entity=about.get(was.entity))
    for row in added:
        if row["key"] not in known:
            journal.created(PROBLEM, name=row["key"], entity=about.get(row["entity"]))
