"""The catalog's store: what is read from its tables, as rows, a page at a time; and the one way to write to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from callboard_sdk import EVERYTHING, Access, BadArgument, Connection, Database, Entity, EntityRef, Page, Problem, connect
from callboard_sdk.conditions import Expression, Says, every
from callboard_sdk.wording import words_of
from sqlalchemy import Executable, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlmodel import col

from callboard_catalog.records.journal import ENTITY, VERSION, instant
from callboard_catalog.records.marks import storable
from callboard_catalog.records.rows import entity_of, missing_of, problem_of, whole_problem
from callboard_catalog.records.tables import (  # fmt: skip
    ChangeRow,
    DocumentRow,
    EntityRow,
    ItemRow,
    ProblemRow,
    RelationRow,
    SourceRow,
    TermRow,
)
from callboard_catalog.records.terms import among
from callboard_catalog.records.upkeep import KNOWN_FROM
from callboard_catalog.records.words import index_again, indexed

from .counting import Columns
from .facets import FacetBy, asked
from .filters import EntityFilter, EntityOrder, ProblemFilter
from .lists import (
    FEW,
    EntityList,
    countable,
    counted,
    only_followed,
    page_query,
    problem_page,
    problem_query,
    storable_refs,
    untelling,
    with_bodies,
)  # fmt: skip
from .orders import Order
from .problem_counts import ProblemField, count_query
from .searching import SearchField, SearchHit, cursor_of, highlights, search_query, wordings
from .suggestions import SORTS, suggested
from .totals import Total, Totals
from .walking import MOST_STEPS, walk_query
from .writing import Form

_PROBLEM = (col(ProblemRow.body), col(ProblemRow.source), col(ProblemRow.since))
_IN_ORDER = "SELECT set_config('enable_sort', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)"
_DRIFT = 500
"""Changes of the catalog after which it is looked at anew how rare something is: till then it can be wrong by no more."""


class CatalogStore:
    """Reads the catalog's tables, and lets others write to them; satisfies the SDK's `Catalog`.

    `statements` counts the queries that were sent.

    What takes an access, or a page, which has one, gives what it would give if what the access hides were in no source.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._totals: Totals[int] = Totals()
        self._columns = Columns(database)
        self._leaves: Totals[Mapping[Expression, int]] = Totals()
        self.statements = 0

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection, bool | None]:
        """A transaction that is the catalog's only writer, of all gateways that share the database."""
        return self.database.writing("catalog")

    async def make_searchable(self) -> None:
        """Make the full-text index anew where it is missing what it should have."""
        async with self.reading() as connection:
            if await indexed(connection):
                return
        async with self.writing() as connection:
            if not await indexed(connection):
                await index_again(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with self.database.engine.connect() as connection:
            yield connection

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs, in the same order; None where there is none."""
        found = {ref: entity_of(body) for ref, body in (await self.bodies(storable_refs(refs))).items()}
        return [found.get(str(ref)) for ref in refs]

    async def bodies(self, refs: Sequence[str]) -> dict[str, bytes]:
        """What the documents say that stand for those of these entities that there are; `refs` are storable texts."""
        if not refs:
            return {}
        query = select(col(TermRow.text)).select_from(EntityRow).join(TermRow, col(TermRow.id) == col(EntityRow.id))
        query = with_bodies(query.where(among(col(TermRow.text), refs, self.dialect)))
        return dict(tuple(row) for row in await self.select(query))

    async def times(self, refs: Sequence[EntityRef]) -> Mapping[EntityRef, tuple[datetime, datetime]]:
        """Since when the catalog has each of these entities, and when it changed last."""
        query = select(col(TermRow.text), col(EntityRow.created), col(EntityRow.changed))
        query = query.join(EntityRow, col(EntityRow.id) == col(TermRow.id))
        query = query.where(among(col(TermRow.text), storable_refs(refs), self.dialect))
        return {EntityRef.parse(ref): (instant(created), instant(changed)) for ref, created, changed in await self.select(query)}

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """For each of these refs the refs it has this relation to, sorted."""
        found = await self.relations(refs, [relation])
        return {ref: [target for _, target, _ in found[ref]] for ref in refs}

    async def relations(
        self, refs: Sequence[EntityRef], types: Sequence[str] | None
    ) -> Mapping[EntityRef, list[tuple[str, EntityRef, bool]]]:
        """For each of these refs its relations as (type, target, whether it declares it itself), sorted; `types` None for all."""
        found: dict[EntityRef, dict[tuple[str, str], bool]] = {ref: {} for ref in refs}
        wanted = storable_refs(refs)
        source, kind, target = aliased(TermRow), aliased(TermRow), aliased(TermRow)
        query = (
            select(col(source.text), col(kind.text), col(target.text), col(RelationRow.mirrored))
            .select_from(source)
            .join(RelationRow, col(RelationRow.source) == col(source.id))
            .join(kind, col(kind.id) == col(RelationRow.type))
            .join(target, col(target.id) == col(RelationRow.target))
            .where(among(col(source.text), wanted, self.dialect))
        )
        if types is not None:
            query = query.where(col(kind.text).in_(list(filter(storable, types))))
        for ref, name, other, mirrored in await self.select(query) if wanted else ():
            known = found[EntityRef.parse(ref)]
            known[name, other] = known.get((name, other), False) or not mirrored
        return {
            ref: [(name, EntityRef.parse(other), declared) for (name, other), declared in sorted(known.items())]
            for ref, known in found.items()
        }

    async def problems_of(self, refs: Sequence[EntityRef], access: Access = EVERYTHING) -> Mapping[EntityRef, list[Problem]]:
        """For each of these refs, of entities that the viewer may see, its problems."""
        found: dict[EntityRef, list[Problem]] = {ref: [] for ref in refs}
        if wanted := storable_refs(refs):
            query = select(col(ProblemRow.entity), *_PROBLEM)
            query = query.where(among(col(ProblemRow.entity), wanted, self.dialect), *untelling(access))
            rows = await self.select(query.order_by(col(ProblemRow.key)))
            problems = await self._problems([row[1:] for row in rows], access)
            for (entity, *_), problem in zip(rows, problems, strict=True):
                found[EntityRef.parse(entity)].append(problem)
        return found

    async def entities(
        self, wanted: EntityFilter | None, page: Page, kind: str | None = None, order: EntityOrder | None = None
    ) -> Connection[Any]:
        """One page of the entities that the filter lets through; by name where no other order is asked for."""
        listed, by, access = EntityList.of(wanted, kind, page.access), Order.of(order), page.access
        counts, version = ({listed.asked: FEW}, None) if only_followed(listed, by) else await self._counts(listed)
        query, ordered = page_query(listed, by, page, self.dialect, counts)
        rows, before, after = self._cut(await self.select(query, ordered=ordered), page)
        now = rows[0][0] if rows else None
        if version is not None and now is not None and now - version > _DRIFT:
            self._leaves.forget(listed)
        found = [entity_of(row[-1]) for row in rows]
        cursors = {id(entity): by.cursor(tuple(row[1:-1])) for entity, row in zip(found, rows, strict=True)}
        total = await self._total(listed, now) if page.counted else None
        return connect(found, page, lambda e: cursors[id(e)], total=total, more_before=before, more_after=after, access=access)

    async def search(
        self, text: str, where: Iterable[SearchField], wanted: EntityFilter | None, page: Page
    ) -> Connection[SearchHit]:
        """One page of the entities that have all of these words in these texts, and that the filter lets through."""
        listed, words, texts = EntityList.of(wanted, None, page.access), words_of(text), wordings(where)
        if not words or not texts or not all(map(storable, words)):
            return connect([], page, lambda _: "", total=0, more_before=False, more_after=False, access=page.access)
        query = search_query(listed, texts, words, page, self.dialect)
        rows, before, after = self._cut(await self.select(query), page)
        hits = [SearchHit(entity=e, highlights=highlights(e, texts, words)) for e in (entity_of(row[-1]) for row in rows)]
        cursors = {id(hit): cursor_of(rank, sort) for hit, (_, rank, sort, _) in zip(hits, rows, strict=True)}
        found = EntityList(every([Says(frozenset(texts), words), listed.asked]))
        total = await self._total(found, rows[0][0] if rows else None) if page.counted else None
        return connect(
            hits, page, lambda hit: cursors[id(hit)], total=total, more_before=before, more_after=after, access=page.access
        )

    async def facets(
        self, wanted: EntityFilter | None, by: Sequence[FacetBy], most: int, access: Access
    ) -> list[list[tuple[str, int]]]:
        """For each facet its most frequent values with how many have them; one value more than `most` if there is."""
        return await self._columns.count(EntityList.of(wanted, None, access), list(map(asked, by)), most + 1)

    async def walk(
        self, roots: Sequence[EntityRef], types: Sequence[str] | None, depth: int, most: int, access: Access
    ) -> Mapping[EntityRef, list[tuple[Entity, int]]]:
        """For each of these refs the entities that it leads to, and how far each is, the nearest first. Raises BadArgument."""
        found: dict[EntityRef, list[tuple[Entity, int]]] = {ref: [] for ref in roots}
        rows = await self.select(walk_query(roots, types, depth, most, access, self.dialect))
        for ref, body, far, steps in rows:
            if steps > MOST_STEPS:
                raise BadArgument(f"the walk takes more than {MOST_STEPS} steps: name fewer `types`, or a lesser `depth`")
            found[EntityRef.parse(ref)].append((entity_of(body), far))
        return found

    async def _counts(self, listed: EntityList) -> tuple[Mapping[Expression, int], int | None]:
        """How many have each part of what is asked, up to FEW, and in which version of the catalog that was so."""
        if (known := self._leaves.get(listed)) is None:
            parts = countable(listed)
            if not parts:
                return {}, None
            leaves = list(dict.fromkeys(leaf for part in parts.values() for leaf in part))
            [[*numbers, version]] = await self.select(counted(leaves, self.dialect))
            of = dict(zip(leaves, numbers, strict=True))
            counts = {part: min(FEW, sum(of[leaf] for leaf in its)) for part, its in parts.items()}
            known = self._leaves.keep(listed, Total(counts, version))
        return known.count, known.version

    async def _total(self, listed: EntityList, version: int | None) -> int:
        """How many there are, which stays true for as long as the catalog does."""
        known = self._totals.get(listed)
        if known is None or known.version != version:
            query = listed.query(self.dialect, Form.SETS, func.count(), VERSION)
            known = self._totals.keep(listed, Total(*(await self.select(query))[0]))
        return known.count

    async def problems(self, wanted: ProblemFilter | None, page: Page) -> Connection[Problem]:
        """One page of the problems, by file and line."""
        total = None
        if page.counted:
            total = (await self.select(problem_query(wanted, page.access, self.dialect, func.count())))[0][0]
        query = problem_query(wanted, page.access, self.dialect, col(ProblemRow.key), *_PROBLEM)
        rows, before, after = self._cut(await self.select(problem_page(query, page)), page)
        items = await self._problems([row[1:] for row in rows], page.access)
        keys = {id(problem): key for problem, (key, *_) in zip(items, rows, strict=True)}
        return connect(items, page, lambda p: keys[id(p)], total=total, more_before=before, more_after=after, access=page.access)

    async def problem_counts(
        self, by: ProblemField, wanted: ProblemFilter | None, most: int, access: Access
    ) -> list[tuple[str, int]]:
        """The values that most problems have, each with how many have it; the most frequent first."""
        return [tuple(row) for row in await self.select(count_query(by, wanted, access, self.dialect, most))]

    async def _problems(self, rows: Sequence[Any], access: Access) -> list[Problem]:
        """What these rows of _PROBLEM say, and of each reference that leads nowhere what may be meant.

        Since when is told to who sees every entity: it would tell others of a time when they did not see this one.
        """
        missing = {body: ref for body, *_ in rows if (ref := missing_of(body)) is not None}
        meant: Mapping[EntityRef, EntityRef] = {}
        if missing:
            sorts = await self._columns.values(SORTS)
            meant = await asyncio.to_thread(suggested, sorts, list(dict.fromkeys(missing.values())))
        problems = []
        for body, source, since in rows:
            problem = problem_of(whole_problem(body, source, since if access.whole else None))
            ref = meant.get(missing[body]) if body in missing else None
            problems.append(replace(problem, remedy=f"Did you mean {ref}?") if ref else problem)
        return problems

    async def counts(self) -> Mapping[str, int]:
        """How much there is: files that have descriptors, documents in them, entities, problems."""
        items = select(func.count(), func.coalesce(func.sum(col(ItemRow.documents)), 0)).where(col(ItemRow.documents) > 0)
        [[files, documents]] = await self.select(items)
        [[entities]] = await self.select(select(func.count()).select_from(EntityRow))
        [[problems]] = await self.select(select(func.count()).select_from(ProblemRow))
        return {"files": files, "documents": documents, "entities": entities, "problems": problems}

    async def instants(self, sources: Iterable[str]) -> tuple[datetime | None, datetime | None]:
        """Since when every one of these sources was read to its end once more, and when an entity changed last."""
        query = select(func.min(col(SourceRow.succeeded))).where(among(col(SourceRow.name), list(sources), self.dialect))
        [[read]] = await self.select(query)
        [[changed]] = await self.select(select(func.max(col(ChangeRow.at))).where(col(ChangeRow.what) == ENTITY))
        if changed is None:  # the change may be older than changes are kept
            [[changed]] = await self.select(select(func.max(col(EntityRow.changed))))
        return instant(read), instant(changed)

    async def known_from(self) -> float:
        """Since when every change is known, as seconds since 1970; 0 when none was ever removed."""
        [[known]] = await self.select(select(KNOWN_FROM))
        return float(known)

    async def last_error(self) -> str | None:
        """Why the reading of a source failed, if one did; the one that has failed the longest."""
        query = select(col(SourceRow.error)).where(col(SourceRow.error).is_not(None)).order_by(col(SourceRow.failed))
        rows = await self.select(query.limit(1))
        return rows[0][0] if rows else None

    async def sources(self) -> Sequence[Any]:
        """The rows of all sources, in order of precedence."""
        return await self.select(select(*SourceRow.__table__.c).order_by(col(SourceRow.rank), col(SourceRow.name)))  # type: ignore[attr-defined]

    async def source(self, name: str) -> Any:
        """The row of one source; None when there is none."""
        return next((row for row in await self.sources() if row.name == name), None)

    async def entities_by_source(self) -> Mapping[str, int]:
        """How many entities stand because of each source that has any."""
        query = select(col(ItemRow.source), func.count()).select_from(EntityRow).group_by(col(ItemRow.source))
        query = query.join(DocumentRow, col(DocumentRow.id) == col(EntityRow.document))
        return dict(tuple(row) for row in await self.select(query.join(ItemRow, col(ItemRow.id) == col(DocumentRow.item))))

    @property
    def dialect(self) -> str:
        """Which database it is: "sqlite" or "postgresql"."""
        return self.database.engine.dialect.name

    @staticmethod
    def _cut(rows: Sequence[Any], page: Page) -> tuple[Sequence[Any], bool, bool]:
        """The page's rows in the list's order, and whether more come before and after; the row too many says so."""
        more, rows = len(rows) > page.size, rows[: page.size]
        return (rows, page.after is not None, more) if page.first else (rows[::-1], more, page.before is not None)

    async def select(self, query: Executable, *, ordered: bool = False) -> Sequence[Any]:
        """The rows that a query gives; `ordered` says that an index has them in the order that is asked for.

        PostgreSQL takes any term to be as rare as most are, and would sort all that have it to give the first ones. And it would
        plan anew each time, which takes longer than the page does, for what is written in the one way that it is to be read.
        """
        self.statements += 1
        async with self.database.engine.connect() as connection:
            if ordered and connection.dialect.name == "postgresql":
                await connection.exec_driver_sql(_IN_ORDER)
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows
