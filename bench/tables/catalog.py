"""The catalog at 50,000 and at 250,000 entities with five to ten relations each: what its queries take, on both databases.

Milliseconds of a whole call of the store, the median of several; growth is 250,000 against 50,000. What is read in is read as any
source is, each entity a text of its own. The catalogs are made once and kept in a folder beside the system's temporary files. The
last rows say what an entity takes in the indexes.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from callboard_catalog.descriptors.descriptor import Place, Reading
from callboard_catalog.descriptors.format import read_descriptor
from callboard_catalog.descriptors.reading import Limits
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.ingestion.pushing import push
from callboard_catalog.ingestion.schedule import Timing
from callboard_catalog.ingestion.sources import Said, Source
from callboard_catalog.plugin import plugin
from callboard_catalog.queries.facets import FacetBy, FacetField
from callboard_catalog.queries.filters import EntityFilter, ProblemFilter
from callboard_catalog.queries.searching import SearchField
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.queries.totals import Totals
from callboard_catalog.records.journal import VERSION
from callboard_sdk import EVERYTHING, EntityRef, Page
from callboard_sdk.sources import Item, Known, Whole
from sqlalchemy import select, text

from bench.entities import TAGS, descriptors
from bench.progress import err
from bench.settled import as_a_gateway, settle
from bench.table import Row
from gateway.database import open_database
from gateway.settings import DatabaseSettings
from resolvers.migrating import make_ready
from tests.postgresql import running_postgresql

name = "catalog"

SIZES = (50_000, 250_000)
_FILTER = EntityFilter(tag="java", type="service", lifecycle="production")
_FACETS = [FacetBy(field=one) for one in (FacetField.KIND, FacetField.TYPE, FacetField.TAG, FacetField.OWNER)]
_SEARCH = list(SearchField)
_LIMITS = Limits(1_000_000, 1_000_000)
_CHANGING = "changing"
Call = Callable[[], Awaitable[Any]]


def run(*, quick: bool) -> list[Row]:
    """A row for each database and question, and what each costs in both sizes."""
    sizes = (500, 1_000) if quick else SIZES
    with ExitStack() as stack:
        stack.enter_context(as_a_gateway())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if quick else _kept()
        rows: list[Row] = []
        for database in ("sqlite", "postgresql"):
            found = [_measured(database, folder, size, 3 if quick else 15) for size in sizes]
            rows += (
                {
                    "database": database, "what": what, f"{sizes[0]:,}": small, f"{sizes[1]:,}": found[1][what],
                    "growth": found[1][what] / small if small else None,
                }
                for what, small in found[0].items()
            )  # fmt: skip
        return rows


def _kept() -> Path:
    folder = Path(tempfile.gettempdir()) / "callboard-bench-catalog"
    folder.mkdir(mode=0o755, exist_ok=True)
    return folder


def _measured(database: str, folder: Path, size: int, rounds: int) -> dict[str, float]:
    err.print(f"[dim]{database}: {size:,} entities[/]", highlight=False)
    place = folder / f"{database}-{size}"
    with ExitStack() as stack:
        if database == "sqlite":
            place.mkdir(exist_ok=True)
            url = f"sqlite:///{place / 'catalog.sqlite'}"
        else:
            url = stack.enter_context(running_postgresql(place)).url
        return uvloop.run(_figures(url, place / "filled", size, rounds))


async def _figures(url: str, filled: Path, size: int, rounds: int) -> dict[str, float]:
    database = open_database(DatabaseSettings(url=url).url)
    try:
        store = CatalogStore(database)
        await make_ready(database, plugin.name, plugin.migrations)
        if not filled.exists():  # noqa: ASYNC240  nothing else runs meanwhile
            filled.write_text(str(await _read(store, size, 0)))  # noqa: ASYNC240
        await settle(database.engine)
        found = {"ingestion (s)": float(filled.read_text())}  # noqa: ASYNC240
        for what, call in (await _questions(store)).items():
            found[f"{what} (ms)"] = await _median(call, rounds)
        found["facets, first after a change (ms)"] = await _after_changes(store, rounds)
        found |= await _misspelt(store, rounds)
        found["reading the same again (s)"] = await _again(store, size)
        quiet, busy = await _meanwhile(store, size)
        found |= {
            "page now and then (ms)": quiet,
            "page while entities are read in (ms)": busy,
            "while read in / now and then": busy / quiet,
        }
        found |= await _sizes(store, size)
        found["memory (MB)"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return found
    finally:
        await database.engine.dispose()


async def _read(store: CatalogStore, size: int, version: int) -> float:
    """Seconds that one reading of the whole source takes."""

    async def read(known: Known) -> AsyncIterator[Said]:
        for descriptor in descriptors(size, version):
            yield Item(f"{descriptor['metadata']['name']}.yaml", json.dumps(descriptor))
        yield Whole()

    ingestion = Ingestion([Source("bench", "bench", Timing(0), read)], _LIMITS, store)
    async with store.writing() as connection:
        await ingestion.schedule.declare(connection, ["bench"], ["bench"])
    started = time.perf_counter()
    await ingestion.run()
    if problem := await store.last_error():
        raise RuntimeError(problem)
    return time.perf_counter() - started


async def _again(store: CatalogStore, size: int) -> float:
    """Seconds that one more reading takes, which writes nothing."""
    before = await _version(store)
    seconds = await _read(store, size, 0)
    if await _version(store) != before:
        raise RuntimeError("changes were noted of entities that are as they were")
    return seconds


async def _version(store: CatalogStore) -> int:
    [[version]] = await store.select(select(VERSION))
    return int(version)


async def _questions(store: CatalogStore) -> dict[str, Call]:
    def page(**given: Any) -> Page:
        return Page(**{"counted": False, "first": 100, **given})

    first = await store.entities(None, page())
    refs = [entity.ref for entity in first.nodes()]
    end = await store.entities(_FILTER, page(first=None, last=100))
    deep = _cursor(end.page_info.start_cursor)

    async def facets_loaded() -> Any:
        store._columns.forget()
        return await _facets(store, None)

    async def counted() -> Any:
        store._totals = Totals()
        return await store.entities(_FILTER, page(counted=True))

    owner = EntityFilter(owned_by=EntityRef("group", "default", "team-3"))
    return {
        "first page": partial(store.entities, None, page()),
        "filtered first page": partial(store.entities, _FILTER, page()),
        "filtered deep page": partial(store.entities, _FILTER, page(after=deep)),
        "filtered last page": partial(store.entities, _FILTER, page(first=None, last=100)),
        "page of one owner": partial(store.entities, owner, page()),
        "filtered first page and its total, counted": counted,
        "by 100 refs": partial(store.get, refs),
        "facets, first of a gateway": facets_loaded,
        "facets": partial(_facets, store, None),
        "facets, filtered": partial(_facets, store, EntityFilter(tag="java")),
        "search by name": partial(store.search, "tour-9", _SEARCH, None, page(first=20)),
        "search by frequent words": partial(store.search, "orders seats", _SEARCH, None, page(first=20)),
        "walk of three": partial(store.walk, refs[:1], ["dependsOn", "partOf"], 3, 50, EVERYTHING),
    }


async def _facets(store: CatalogStore, wanted: EntityFilter | None) -> Any:
    return await store.facets(wanted, _FACETS, 20, EVERYTHING)


def _cursor(cursor: str | None) -> str | None:
    return Page.checked(1, cursor, None, None).after


async def _median(call: Call, rounds: int) -> float:
    return statistics.median([await _spent(call) for _ in range(rounds)])


async def _spent(call: Call) -> float:
    started = time.perf_counter()
    await call()
    return (time.perf_counter() - started) * 1_000


async def _after_changes(store: CatalogStore, rounds: int) -> float:
    """Facets, each time after an entity changed: the one of a source of its own, which goes again after."""
    call, spent = partial(_facets, store, None), []
    await call()
    for version in range(rounds):
        await push(store, _CHANGING, [_changed(version)], whole=True)
        spent.append(await _spent(call))
    await Ingestion([], _LIMITS, store).remove(_CHANGING)
    return statistics.median(spent)


async def _misspelt(store: CatalogStore, rounds: int) -> dict[str, float]:
    """A page of problems, a hundred references to components of which each has a letter too many; first with no name known."""
    there = (await store.entities(EntityFilter(kinds=["component"]), Page(first=100, counted=False))).nodes()
    missing = [f"component:{entity.ref.name[:4]}x{entity.ref.name[4:]}" for entity in there]
    spec = {"type": "service", "lifecycle": "production", "owner": str(there[0].ref), "dependsOn": missing}
    await push(store, _CHANGING, [_read_as(_CHANGING, {"name": _CHANGING}, spec)], whole=True)
    wanted, spent = ProblemFilter(source=_CHANGING, rule="catalog.dangling-reference"), []
    call = partial(store.problems, wanted, Page(first=100, counted=False))
    for _ in range(rounds):
        store._columns.forget()
        spent.append(await _spent(call))
    if not all((problem.remedy or "").startswith("Did you mean") for problem in (await call()).nodes()):
        raise RuntimeError("a misspelt reference has no suggestion")
    found = {
        "page of problems, first of a gateway (ms)": statistics.median(spent),
        "page of problems (ms)": await _median(call, rounds),
    }
    await Ingestion([], _LIMITS, store).remove(_CHANGING)
    return found


def _changed(version: int) -> Reading:
    metadata = {"name": _CHANGING, "tags": [f"v{version}", TAGS[version % len(TAGS)]]}
    return _read_as(_CHANGING, metadata, {"type": "service", "owner": f"group:default/team-{version}"})


def _read_as(source: str, metadata: dict[str, Any], spec: dict[str, Any]) -> Reading:
    descriptor, _ = read_descriptor(
        {"apiVersion": "a/v1", "kind": "Component", "metadata": metadata, "spec": spec}, Place(source, "")
    )
    if descriptor is None:
        raise RuntimeError("the entity that is pushed is no entity")
    return Reading("", descriptors=[descriptor])


async def _meanwhile(store: CatalogStore, size: int) -> tuple[float, float]:
    """Filtered first pages, now and then, while nothing else is done; and while a source is read in which every hundredth entity
    changed, which are put back after.
    """
    page, spent = Page(first=100, counted=False), list[float]()

    async def ask() -> None:
        while True:
            started = time.perf_counter()
            await store.entities(_FILTER, page)
            spent.append(time.perf_counter() - started)
            await asyncio.sleep(0.02)

    async def reading() -> None:
        for version in (1, 0):
            await _read(store, size, version)

    found = []
    for doing in (asyncio.sleep(3), reading()):
        asking = asyncio.create_task(ask())
        await doing
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        found.append(statistics.median(spent) * 1_000)
        spent.clear()
    return found[0], found[1]


async def _sizes(store: CatalogStore, size: int) -> dict[str, float]:
    """What stands in the indexes of one entity: rows of marks, and kilobytes of all that questions are answered from."""
    tables = ("catalog_entity", "catalog_mark", "catalog_term", "catalog_relation", "catalog_words")
    async with store.reading() as connection:
        [marks] = (await connection.execute(text("SELECT count(*) FROM catalog_mark"))).scalars()
        if store.dialect == "sqlite":
            names = " OR ".join(f"name LIKE '{table}%' OR name LIKE 'sqlite_autoindex_{table}%'" for table in tables)
            [used] = (await connection.execute(text(f"SELECT sum(pgsize) FROM dbstat WHERE {names}"))).scalars()
        else:
            total = " + ".join(f"pg_total_relation_size('{table}')" for table in tables)
            [used] = (await connection.execute(text(f"SELECT {total}"))).scalars()
    return {"marks of an entity": marks / size, "index of an entity (kB)": used / size / 1_000}
