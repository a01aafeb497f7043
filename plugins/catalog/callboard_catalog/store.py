"""The catalog's store: one reading replaces the last in one transaction, and lists come as rows, a page at a time."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from callboard_sdk import BadArgument, Connection, Database, Entity, EntityRef, Link, Page, Problem, Severity, connect
from callboard_sdk.entities import ENTITY_TYPES, OpaqueEntity, Source
from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel, col

from .conditions import conditions, problem_conditions
from .descriptor import Descriptor, Place, Reading
from .filters import EntityFilter, ProblemFilter
from .tables import EntityRow, MarkRow, ProblemRow, RelationRow, StateRow

_CHUNK = 500
_LOCK = 0x6361_7461_6C6F_67
"""Names the catalog's lock in PostgreSQL; no other use of advisory locks there may have the number."""
_TYPES = {kind.KIND.lower(): kind for kind in ENTITY_TYPES if kind.KIND}
_TABLES = [SQLModel.metadata.tables[str(t.__tablename__)] for t in (EntityRow, RelationRow, MarkRow, ProblemRow, StateRow)]


class _Sourced(msgspec.Struct):
    source: tuple[str, int | None, str]


_SOURCE = msgspec.json.Decoder(_Sourced)


class CatalogStore:
    """Reads and writes the catalog's tables; satisfies the SDK's `Catalog`. `statements` counts what was sent."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self.statements = 0
        self.read_at: datetime | None = None
        self.written_at: datetime | None = None

    async def prepare(self) -> None:
        """Make the tables that aren't there yet."""
        async with self._writing() as connection:
            await connection.run_sync(lambda sync: SQLModel.metadata.create_all(sync, tables=_TABLES))

    async def replace(self, reading: Reading) -> bool:
        """Make the reading the catalog, in one transaction; False when that changed nothing and nothing was written.

        What it keeps of earlier readings stays as it is stored.
        """
        self.read_at = datetime.now(UTC)
        rows = _rows(reading)
        digest = hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
        async with self._writing() as connection:
            if await connection.scalar(select(col(StateRow.digest))) == digest:
                return False
            kept = await _kept(connection, sorted(map(str, reading.kept)))
            for table in (EntityRow, RelationRow, MarkRow, ProblemRow, StateRow):
                await connection.execute(delete(table))
            for table in (EntityRow, RelationRow, MarkRow, ProblemRow):
                made = rows[str(table.__tablename__).removeprefix("catalog_")]
                part = list({tuple(row.values()): row for row in (*made, *kept.get(table, ()))}.values())
                for start in range(0, len(part), _CHUNK):
                    await connection.execute(insert(table), part[start : start + _CHUNK])
            entities = len(reading.descriptors) + len(kept[EntityRow])
            counts = {"files": reading.files, "documents": reading.documents, "entities": entities}
            await connection.execute(insert(StateRow), [{"id": 1, "digest": digest, "body": msgspec.json.encode(counts)}])
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

    async def held(self, reading: Reading) -> Mapping[EntityRef, Place]:
        """The stored entities that the reading didn't find and doesn't disprove, each with the place where it was read."""
        found: dict[EntityRef, Place] = {}
        for ref, body in await self._select(select(col(EntityRow.ref), col(EntityRow.body))):
            file, _, source = _SOURCE.decode(body).source
            parsed = EntityRef.parse(ref)
            if parsed not in reading.descriptors and reading.doubtful(source, file):
                found[parsed] = Place(source, file)
        return found

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs, in the same order; None where there is none."""
        found: dict[str, Entity] = {}
        for part in _chunks(sorted({str(ref) for ref in refs})):
            for ref, body in await self._select(
                select(col(EntityRow.ref), col(EntityRow.body)).where(col(EntityRow.ref).in_(part))
            ):
                found[ref] = _entity(body)
        return [found.get(str(ref)) for ref in refs]

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """For each of these refs the refs it has this relation to, sorted."""
        every = await self.relations(refs, [relation])
        return {ref: [target for _, target in every[ref]] for ref in refs}

    async def relations(
        self, refs: Sequence[EntityRef], types: Sequence[str] | None
    ) -> Mapping[EntityRef, list[tuple[str, EntityRef]]]:
        """For each of these refs its relations as (type, target), sorted; `types` None for all."""
        found: dict[EntityRef, list[tuple[str, EntityRef]]] = {ref: [] for ref in refs}
        for part in _chunks(sorted({str(ref) for ref in refs})):
            query = select(col(RelationRow.source), col(RelationRow.type), col(RelationRow.target)).where(
                col(RelationRow.source).in_(part)
            )
            if types is not None:
                query = query.where(col(RelationRow.type).in_(types))
            for source, kind, target in await self._select(query.order_by(col(RelationRow.type), col(RelationRow.target))):
                found[EntityRef.parse(source)].append((kind, EntityRef.parse(target)))
        return found

    async def problems_of(self, refs: Sequence[EntityRef]) -> Mapping[EntityRef, list[Problem]]:
        """For each of these refs its problems."""
        found: dict[EntityRef, list[Problem]] = {ref: [] for ref in refs}
        for part in _chunks(sorted({str(ref) for ref in refs})):
            query = (
                select(col(ProblemRow.entity), col(ProblemRow.body))
                .where(col(ProblemRow.entity).in_(part))
                .order_by(col(ProblemRow.number))
            )
            for entity, body in await self._select(query):
                found[EntityRef.parse(entity)].append(_problem(body))
        return found

    async def entities(self, wanted: EntityFilter | None, page: Page, kind: str | None = None) -> Connection[Any]:
        """One page of the entities that the filter lets through, ordered by name."""
        where = [] if kind is None else [col(EntityRow.kind) == kind]
        where += conditions(wanted) if wanted else []
        rows, total, before, after = await self._page(col(EntityRow.sort), col(EntityRow.body), where, page)
        found = [_entity(body) for _, body in rows]
        return connect(found, page, lambda e: _sort(e.ref), total=total, more_before=before, more_after=after)

    async def problems(self, wanted: ProblemFilter | None, page: Page) -> Connection[Problem]:
        """One page of the problems, in the order they were found."""
        where = problem_conditions(wanted) if wanted else []
        rows, total, before, after = await self._page(col(ProblemRow.number), col(ProblemRow.body), where, page)
        found = [(str(number), _problem(body)) for number, body in rows]
        keys = {id(problem): number for number, problem in found}
        items = [problem for _, problem in found]
        return connect(items, page, lambda p: keys[id(p)], total=total, more_before=before, more_after=after)

    async def counts(self) -> Mapping[str, int]:
        """How much the last reading that was written found: files, documents, entities, problems."""
        rows = await self._select(select(col(StateRow.body)))
        counts: dict[str, int] = msgspec.json.decode(rows[0][0]) if rows else {"files": 0, "documents": 0, "entities": 0}
        return counts | {"problems": (await self._select(select(func.count()).select_from(ProblemRow)))[0][0]}

    async def _page(self, order: Any, body: Any, where: list[Any], page: Page) -> tuple[list[Any], int, bool, bool]:
        total = (await self._select(select(func.count()).select_from(order.class_).where(*where)))[0][0]
        after, before = (_cursor(order, cursor) for cursor in (page.after, page.before))
        within = [*([order > after] if after is not None else []), *([order < before] if before is not None else [])]
        query = select(order, body).where(*where, *within).order_by(order if page.first else order.desc()).limit(page.size + 1)
        rows = list(await self._select(query))
        more = len(rows) > page.size
        rows = rows[: page.size]
        if page.first:
            return rows, total, page.after is not None, more
        return rows[::-1], total, more, page.before is not None

    async def _select(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        self.statements += 1
        async with self._engine.connect() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows


async def _kept(connection: AsyncConnection, refs: Sequence[str]) -> dict[Any, list[dict[str, Any]]]:
    """The stored rows of these entities, and their relations to others that are not among them too."""
    found: dict[Any, list[dict[str, Any]]] = {EntityRow: [], MarkRow: [], RelationRow: []}
    for part in _chunks(refs):
        touched: tuple[tuple[type[SQLModel], Any], ...] = (
            (EntityRow, col(EntityRow.ref).in_(part)),
            (MarkRow, col(MarkRow.ref).in_(part)),
            (RelationRow, col(RelationRow.source).in_(part) | col(RelationRow.target).in_(part)),
        )
        for table, where in touched:
            columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
            found[table] += (dict(row._mapping) for row in await connection.execute(select(*columns).where(where)))
    return found


def _cursor(order: Any, cursor: str | None) -> Any:
    if cursor is None or order.class_ is EntityRow:
        return cursor
    if not cursor.isdigit():
        raise BadArgument("the cursor is not one of this list: use `endCursor` or `startCursor` unchanged")
    return int(cursor)


def _chunks(refs: Sequence[str]) -> Iterable[Sequence[str]]:
    return (refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK))


def _sort(ref: EntityRef) -> str:
    return f"{ref.name}/{ref}"


def _rows(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    descriptors = [reading.descriptors[ref] for ref in sorted(reading.descriptors)]
    return {
        "entity": [_entity_row(descriptor) for descriptor in descriptors],
        "relation": [
            {"source": str(r.source), "type": r.type, "target": str(r.target)}
            for r in sorted(reading.relations, key=lambda r: (r.source, r.type, r.target))
        ],
        "mark": [mark for descriptor in descriptors for mark in _marks(descriptor)],
        "problem": [_problem_row(number, problem) for number, problem in enumerate(reading.problems)],
    }


def _entity_row(descriptor: Descriptor) -> dict[str, Any]:
    spec = descriptor.spec
    line = descriptor.place.document.mark.line if descriptor.place.document else None
    body = {
        "names": [descriptor.kind, descriptor.namespace, descriptor.name, descriptor.title, descriptor.description],
        "labels": descriptor.labels, "annotations": descriptor.annotations, "tags": descriptor.tags, "links": descriptor.links,
        "spec": spec, "source": [descriptor.place.file, line, descriptor.place.source],
    }  # fmt: skip
    return {
        "ref": str(descriptor.ref),
        "sort": _sort(descriptor.ref),
        "kind": descriptor.ref.kind,
        "namespace": descriptor.ref.namespace,
        "type": _column(spec.get("type")),
        "lifecycle": _column(spec.get("lifecycle")),
        "words": " ".join(filter(None, (descriptor.name, descriptor.title, descriptor.description))).lower(),
        "body": msgspec.json.encode(body),
    }


def _column(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _marks(descriptor: Descriptor) -> list[dict[str, str]]:
    ref = str(descriptor.ref)
    tags = [{"key": f"tag:{tag}", "value": "", "ref": ref} for tag in sorted(set(descriptor.tags))]
    return tags + [{"key": f"label:{key}", "value": found, "ref": ref} for key, found in sorted(descriptor.labels.items())]


def _problem_row(number: int, problem: Problem) -> dict[str, Any]:
    body = [problem.rule, problem.message, problem.severity.value, problem.remedy, problem.file, problem.line, problem.column]
    entity = str(problem.entity) if problem.entity else None
    return {
        "number": number, "entity": entity, "rule": problem.rule, "severity": problem.severity.value,
        "body": msgspec.json.encode([*body, entity]),
    }  # fmt: skip


def _problem(body: bytes) -> Problem:
    rule, message, severity, remedy, file, line, column, entity = msgspec.json.decode(body)
    ref = EntityRef.parse(entity) if entity else None
    return Problem(
        rule=rule, message=message, severity=Severity(severity), remedy=remedy, file=file, line=line, column=column, entity=ref
    )


class _LinkBody(msgspec.Struct):
    url: str
    title: str | None = None
    icon: str | None = None
    type: str | None = None


class _Body(msgspec.Struct):
    """What `EntityRow.body` holds; decoded by type, so that an entity's fields are what its type says."""

    names: tuple[str, str, str, str | None, str | None]
    labels: dict[str, str]
    annotations: dict[str, str]
    tags: list[str] | None
    links: list[_LinkBody]
    spec: dict[str, Any]
    source: tuple[str, int | None, str]


_BODY = msgspec.json.Decoder(_Body)


def _entity(body: bytes) -> Entity:
    raw = _BODY.decode(body)
    kind, namespace, name, title, description = raw.names
    make = _TYPES.get(kind.lower(), OpaqueEntity)
    return make(
        ref=EntityRef(kind, namespace, name), kind=kind, namespace=namespace, name=name, title=title, description=description,
        labels=raw.labels, annotations=raw.annotations, tags=raw.tags,
        links=tuple(Link(url=link.url, title=link.title, icon=link.icon, type=link.type) for link in raw.links),
        spec=raw.spec, source=Source(raw.source[0], raw.source[1]),
    )  # fmt: skip
