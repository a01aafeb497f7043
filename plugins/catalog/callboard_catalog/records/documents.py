"""What sources say, as items and documents: taken over an item at a time, and forgotten only by proof. Part of the store.

A. items      each reading becomes its item's row; what says the same as before writes nothing
B. documents  those of an item, by entity; what it had and isn't found is an orphan, or kept where it could not be read to its end
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
    orphaned: set[int] = field(default_factory=set)
    """The numbers of documents that their item was found without; they stay till somebody forgets them."""

    def with_(self, other: Touched) -> Touched:
        """These, and the other ones."""
        return Touched(self.entities | other.entities, {**self.before, **other.before}, self.orphaned | other.orphaned)


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
    touched = await _documents(connection, {numbers[name]: ready for name, ready in latest.items()}, terms, journal.at)
    added: list[dict[str, Any]] = []
    for name, ready in latest.items():  # A
        row = _item_row(numbers[name], source, ready.reading)
        before = known.get(name)
        if before is None:
            added.append(row)
        elif dict(before) != row:
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


async def _documents(
    connection: AsyncConnection, found: Mapping[int, Ready], terms: Mapping[str, int], now: float
) -> Touched:  # B
    columns = [getattr(DocumentRow, name) for name in ("id", "item", "position", "entity", "kept", "orphaned", "digest")]
    query = select(*columns).where(among(col(DocumentRow.item), found, connection.dialect.name))
    known: dict[int, dict[int, list[Any]]] = {}
    for row in (await connection.execute(query.order_by(col(DocumentRow.position)))).all():
        known.setdefault(row.item, {}).setdefault(row.entity, []).append(row)
    touched, gone, kept, added = Touched(), list[int](), list[int](), list[dict[str, Any]]()
    for item, ready in found.items():
        left = known.get(item, {})
        for position, made in enumerate(ready.documents):
            entity = terms[made.ref]
            same = left[entity].pop(0) if left.get(entity) else None
            if same is not None and (same.digest, same.position, same.kept, same.orphaned) == (
                made.digest,
                position,
                False,
                None,
            ):
                continue
            touched.entities.add(entity)
            gone += [same.id] if same is not None else []
            added.append({
                "item": item, "position": position, "entity": entity, "kept": False, "orphaned": None, "leaving": False,
                "digest": made.digest, "content": made.content, "body": made.body,
            })  # fmt: skip
        named = {terms[made.ref] for made in ready.documents}
        for entity, rows in left.items():
            for row in rows:
                touched.entities.add(entity)
                if entity in named:
                    gone.append(row.id)
                elif ready.reading.unread:
                    kept += [] if row.kept else [row.id]
                elif row.orphaned is None:
                    touched.orphaned.add(row.id)
    await _forget(connection, gone, touched)
    await _marked(connection, col(DocumentRow.id), kept, kept=True, orphaned=None, leaving=False)
    await _marked(connection, col(DocumentRow.id), touched.orphaned, kept=False, orphaned=now)
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


async def _marked(connection: AsyncConnection, column: Any, values: Collection[int], **marks: Any) -> None:
    """Have these documents, or all of these items, so marked."""
    if values:
        await connection.execute(update(DocumentRow).where(among(column, values, connection.dialect.name)).values(**marks))


async def forget(connection: AsyncConnection, documents: Collection[int]) -> Touched:
    """Forget these documents."""
    which = among(col(DocumentRow.id), documents, connection.dialect.name)
    touched = Touched(set((await connection.execute(select(col(DocumentRow.entity)).where(which))).scalars()))
    await _forget(connection, documents, touched)
    return touched


async def let_go(connection: AsyncConnection, documents: Collection[int]) -> None:
    """Note that nobody holds these documents back: they go when their time as orphans is over."""
    await _marked(connection, col(DocumentRow.id), documents, leaving=True)


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
    """Note that their source doesn't have these items any more; the documents of which it is noted only now."""
    dialect = connection.dialect.name
    which = among(col(DocumentRow.item), items, dialect) & col(DocumentRow.orphaned).is_(None)
    documents = set((await connection.execute(select(col(DocumentRow.id)).where(which))).scalars())
    await connection.execute(update(ItemRow).where(among(col(ItemRow.id), items, dialect)).values(orphaned=now, unread=False))
    await _marked(connection, col(DocumentRow.id), documents, kept=False, orphaned=now)
    return documents


async def restore(connection: AsyncConnection, source: str, names: Collection[str]) -> set[int]:
    """Note that the source has these items after all, as they were read last; the entities that are shown as found again."""
    which = (col(ItemRow.source) == source) & among(col(ItemRow.name), names, connection.dialect.name)
    query = select(col(ItemRow.id)).where(which, col(ItemRow.orphaned).is_not(None))
    if not (items := list((await connection.execute(query)).scalars())):
        return set()
    since = select(col(ItemRow.orphaned)).where(col(ItemRow.id) == col(DocumentRow.item)).scalar_subquery()
    theirs = among(col(DocumentRow.item), items, connection.dialect.name) & (col(DocumentRow.orphaned) == since)
    await connection.execute(update(DocumentRow).where(theirs).values(orphaned=None, leaving=False))
    await connection.execute(update(ItemRow).where(among(col(ItemRow.id), items, connection.dialect.name)).values(orphaned=None))
    return await _entities_of(connection, items)


async def emptied(connection: AsyncConnection, source: str) -> Sequence[int]:
    """The items that the source doesn't have any more, and of which nothing is left to be shown."""
    left = select(col(DocumentRow.id)).where(col(DocumentRow.item) == col(ItemRow.id)).exists()
    query = select(col(ItemRow.id)).where(col(ItemRow.source) == source, col(ItemRow.orphaned).is_not(None), ~left)
    return (await connection.execute(query)).scalars().all()


async def keep(connection: AsyncConnection, items: Collection[int]) -> set[int]:
    """Note that these items could not be looked for; the entities that are shown as they were last read from now on."""
    dialect = connection.dialect.name
    unread = {"unread": True, "digest": "", "orphaned": None}
    await connection.execute(update(ItemRow).where(among(col(ItemRow.id), items, dialect)).values(unread))
    await _marked(connection, col(DocumentRow.item), items, kept=True, orphaned=None, leaving=False)
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
