"""The catalog's store: one reading replaces the last in one transaction, and lists come as rows, a page at a time."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from callboard_sdk import EVERYTHING, Access, Connection, Database, Entity, EntityRef, Page, Problem, connect
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import Select, delete, func, insert, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel, col

from .descriptor import Descriptor, Reading
from .expressions import Form, storable
from .filters import EntityFilter, ProblemFilter
from .lists import DIGEST, MANY, EntityList, entity_page, problem_page, problem_query, storable_refs, untelling
from .rows import descriptor_of, entity_of, problem_of, rows_of, sort_key
from .tables import EntityRow, MarkRow, ProblemRow, RelationRow, StateRow
from .totals import Total, Totals

_CHUNK = 500
_LOCK = 0x6361_7461_6C6F_67
"""Names the catalog's lock in PostgreSQL; no other use of advisory locks there may have the number."""
_TABLES = [SQLModel.metadata.tables[str(t.__tablename__)] for t in (EntityRow, RelationRow, MarkRow, ProblemRow, StateRow)]


class CatalogStore:
    """Reads and writes the catalog's tables; satisfies the SDK's `Catalog`. `statements` counts what was sent.

    What takes an access, or a page, which has one, gives what it would give if what the access hides were in no source.
    """

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._totals = Totals()
        self.statements = 0
        self.read_at: datetime | None = None
        self.written_at: datetime | None = None

    async def prepare(self) -> None:
        """Make the tables that aren't there yet, and those anew that an earlier version made: the sources fill them again."""
        async with self._writing() as connection:
            await connection.run_sync(_make_tables)

    async def replace(self, reading: Reading) -> bool:
        """Make the reading the catalog, in one transaction; False when that changed nothing and nothing was written."""
        self.read_at = datetime.now(UTC)
        rows = rows_of(reading)
        digest = hashlib.sha256(msgspec.json.encode(list(rows.values()))).hexdigest()
        async with self._writing() as connection:
            if await connection.scalar(select(col(StateRow.digest))) == digest:
                return False
            for table in (EntityRow, RelationRow, MarkRow, ProblemRow, StateRow):
                await connection.execute(delete(table))
            for table, made in rows.items():
                for start in range(0, len(made), _CHUNK):
                    await connection.execute(insert(table), made[start : start + _CHUNK])
            counts = {"files": reading.files, "documents": reading.documents, "entities": len(rows[EntityRow])}
            await connection.execute(insert(StateRow), [{"id": 1, "digest": digest, "body": msgspec.json.encode(counts)}])
            if connection.dialect.name == "postgresql":  # its planner knows new rows only from a look at them
                await connection.execute(text("ANALYZE catalog_entity, catalog_mark, catalog_relation, catalog_problem"))
        self.written_at = self.read_at
        return True

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is the catalog's only writer, of all gateways that share the database.

        SQLite has one writer at a time anyway; in PostgreSQL two that replace the same rows would block each other.
        """
        async with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    async def held(self, reading: Reading) -> list[Descriptor]:
        """The stored entities that the reading didn't find and doesn't disprove, as they were read."""
        stored = (descriptor_of(body) for (body,) in await self._select(select(col(EntityRow.body))))
        return [d for d in stored if d.ref not in reading.descriptors and reading.doubtful(d.place.source, d.place.file)]

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs, in the same order; None where there is none."""
        found: dict[str, Entity] = {}
        for part in _chunks(storable_refs(refs)):
            for ref, body in await self._select(
                select(col(EntityRow.ref), col(EntityRow.body)).where(col(EntityRow.ref).in_(part))
            ):
                found[ref] = entity_of(body)
        return [found.get(str(ref)) for ref in refs]

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """For each of these refs the refs it has this relation to, sorted."""
        found = await self.relations(refs, [relation])
        return {ref: [target for _, target, _ in found[ref]] for ref in refs}

    async def relations(
        self, refs: Sequence[EntityRef], types: Sequence[str] | None
    ) -> Mapping[EntityRef, list[tuple[str, EntityRef, bool]]]:
        """For each of these refs its relations as (type, target, whether it declares it itself), sorted; `types` None for all."""
        found: dict[EntityRef, list[tuple[str, EntityRef, bool]]] = {ref: [] for ref in refs}
        columns = col(RelationRow.source), col(RelationRow.type), col(RelationRow.target), col(RelationRow.declared)
        for part in _chunks(storable_refs(refs)):
            query = select(*columns).where(col(RelationRow.source).in_(part))
            if types is not None:
                query = query.where(col(RelationRow.type).in_(list(filter(storable, types))))
            query = query.order_by(col(RelationRow.type), col(RelationRow.target))
            for source, kind, target, declared in await self._select(query):
                found[EntityRef.parse(source)].append((kind, EntityRef.parse(target), declared))
        return found

    async def problems_of(self, refs: Sequence[EntityRef], access: Access = EVERYTHING) -> Mapping[EntityRef, list[Problem]]:
        """For each of these refs, of entities that the viewer may see, its problems."""
        found: dict[EntityRef, list[Problem]] = {ref: [] for ref in refs}
        for part in _chunks(storable_refs(refs)):
            query = (
                select(col(ProblemRow.entity), col(ProblemRow.body))
                .where(col(ProblemRow.entity).in_(part), *untelling(access))
                .order_by(col(ProblemRow.key))
            )
            for entity, body in await self._select(query):
                found[EntityRef.parse(entity)].append(problem_of(body))
        return found

    async def entities(self, wanted: EntityFilter | None, page: Page, kind: str | None = None) -> Connection[Any]:
        """One page of the entities that the filter lets through, ordered by name."""
        listed, access = EntityList.of(wanted, kind, page.access), page.access
        if access.whole:
            known = Total((await self._select(self._counted(listed)))[0][0])
        else:
            known = self._totals.get(listed) or await self._remembered(listed)
        form = Form.PROBES if known.count >= MANY * page.size else Form.SETS
        columns = (col(EntityRow.body), *(() if access.whole else (DIGEST,)))
        rows, before, after = self._cut(await self._select(entity_page(listed.query(self._dialect, form, *columns), page)), page)
        if not access.whole and (not rows or rows[0][1] != known.digest):
            known = await self._remembered(listed)
        found = [entity_of(row[0]) for row in rows]
        return connect(
            found, page, lambda e: sort_key(e.ref), total=known.count, more_before=before, more_after=after, access=access
        )

    def _counted(self, listed: EntityList, *more: Any) -> Select[Any]:
        return listed.query(self._dialect, Form.SETS, func.count(), *more)

    async def _remembered(self, listed: EntityList) -> Total:
        """How many there are, which stays true for as long as the catalog does."""
        [[count, digest]] = await self._select(self._counted(listed, DIGEST))
        return self._totals.keep(listed, Total(count, digest))

    async def problems(self, wanted: ProblemFilter | None, page: Page) -> Connection[Problem]:
        """One page of the problems, by file and line."""
        total = (await self._select(problem_query(wanted, page.access, self._dialect, func.count())))[0][0]
        query = problem_query(wanted, page.access, self._dialect, col(ProblemRow.key), col(ProblemRow.body))
        rows, before, after = self._cut(await self._select(problem_page(query, page)), page)
        found = [(key, problem_of(body)) for key, body in rows]
        keys = {id(problem): key for key, problem in found}
        items = [problem for _, problem in found]
        return connect(items, page, lambda p: keys[id(p)], total=total, more_before=before, more_after=after, access=page.access)

    async def counts(self) -> Mapping[str, int]:
        """How much the last reading that was written found: files, documents, entities, problems."""
        rows = await self._select(select(col(StateRow.body)))
        counts: dict[str, int] = msgspec.json.decode(rows[0][0]) if rows else {"files": 0, "documents": 0, "entities": 0}
        return counts | {"problems": (await self._select(select(func.count()).select_from(ProblemRow)))[0][0]}

    @property
    def _dialect(self) -> str:
        return self._engine.dialect.name

    @staticmethod
    def _cut(rows: Sequence[Any], page: Page) -> tuple[Sequence[Any], bool, bool]:
        """The page's rows in the list's order, and whether more come before and after; the row too many says so."""
        more, rows = len(rows) > page.size, rows[: page.size]
        return (rows, page.after is not None, more) if page.first else (rows[::-1], more, page.before is not None)

    async def _select(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        self.statements += 1
        async with self._engine.connect() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows


def _make_tables(connection: SyncConnection) -> None:
    known = inspect(connection)
    for table in _TABLES:
        columns = {column["name"] for column in known.get_columns(table.name)} if known.has_table(table.name) else None
        if columns is not None and columns != {column.name for column in table.columns}:
            SQLModel.metadata.drop_all(connection, tables=_TABLES)
            break
    SQLModel.metadata.create_all(connection, tables=_TABLES)


def _chunks(refs: Sequence[str]) -> Iterable[Sequence[str]]:
    return (refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK))
