"""A page of 100 of 50,000 entities under a condition, beside the page of who sees everything: the time that SQL takes.

Page is the time of `entities(first: 100) { nodes }`, counted that with `totalCount`, when nothing was counted since the catalog
changed: a total is remembered for as long as the catalog stays the same.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop
from callboard_catalog.descriptors.descriptor import Place, Reading
from callboard_catalog.descriptors.format import read_descriptor
from callboard_catalog.ingestion.pushing import push
from callboard_catalog.plugin import plugin
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.queries.totals import Totals
from callboard_sdk import EVERYTHING, Access, EntityRef, Page
from callboard_sdk.conditions import Column, Expression, Has, Is, Mark, Tie, Tied, every, no, some
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.progress import err, steps
from bench.settled import as_a_gateway, settle
from bench.table import Row
from gateway.database import open_database
from gateway.settings import DatabaseSettings
from resolvers.migrating import make_ready
from tests.postgresql import running_postgresql

name = "conditions"

ENTITIES = 50_000
TEAMS = 300
_KINDS = {"Component": 50, "API": 15, "Resource": 15, "System": 8, "Group": 2, "User": 10}
_NAMESPACES = {"default": 60, "payments": 10, "data": 10, "web": 10, "ops": 10}
_TAGS = ("java", "python", "go", "pci", "internal", "beta", "batch", "public", "legacy", "edge")


def run(*, quick: bool) -> list[Row]:
    """A row for each database and condition."""
    reading = _reading(2_000 if quick else ENTITIES)
    with ExitStack() as stack:
        stack.enter_context(as_a_gateway())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = [f"sqlite:///{Path(folder) / 'bench.sqlite'}", stack.enter_context(running_postgresql()).emptied()]
        return [row for url in steps(urls, "databases") for row in uvloop.run(_rows(url, reading, 2 if quick else 50))]


def _conditions() -> dict[str, Expression]:
    mine = Tied(Tie.OWNED_BY, frozenset(EntityRef("group", "default", f"team-{number}") for number in range(4)))
    many = Tied(Tie.OWNED_BY, frozenset(EntityRef("group", "default", f"team-{number}") for number in range(TEAMS // 2)))
    java, pci = Has(Mark.TAG, "java"), Has(Mark.TAG, "pci")
    elsewhere = Is(Column.NAMESPACE, frozenset({"payments", "ops"}))
    nested = some([mine, every([java, no(elsewhere), Is(Column.KIND, frozenset({"component", "api"}))])])
    return {
        "owned by one of 4 teams": mine,
        "owned by one of 150 teams": many,
        "has a tag": java,
        "has a label": Has(Mark.LABEL, "tier", frozenset({"1"})),
        "in a namespace": Is(Column.NAMESPACE, frozenset({"payments"})),
        "not in two namespaces": no(elsewhere),
        "mine, or tagged and not in two namespaces, and without a tag": every([nested, no(pci)]),
    }


def _reading(count: int) -> Reading:
    """A catalog of so many entities, the same each time."""
    chance = random.Random(4)
    reading = Reading("a.yaml")
    for number in range(count):
        [kind] = chance.choices(list(_KINDS), list(_KINDS.values()))
        [namespace] = chance.choices(list(_NAMESPACES), list(_NAMESPACES.values()))
        tags, tier = chance.sample(_TAGS, 3), str(chance.randrange(4))
        metadata = {
            "name": f"{chance.choice(('shop', 'billing', 'search', 'mail'))}-{number}", "namespace": namespace, "tags": tags,
            "description": "What it does, said in a sentence or two, as descriptors do. " * 4,
            "labels": {"tier": tier, "line": "b2b"},
            "annotations": {"example.com/repository": f"team/{number}", "example.com/pager": f"P{number}"},
        }  # fmt: skip
        spec = {"type": "service", "lifecycle": "production", "owner": f"group:default/team-{chance.randrange(TEAMS)}"}
        document = {"apiVersion": "a/v1", "kind": kind, "metadata": metadata, "spec": spec | {"definition": "openapi: 3"}}
        descriptor, _ = read_descriptor(document, Place("bench", "a.yaml"))
        assert descriptor
        reading.descriptors.append(descriptor)
    return reading


async def _rows(url: str, reading: Reading, rounds: int) -> list[Row]:
    database = open_database(DatabaseSettings(url=url).url)
    engine = database.engine
    try:
        store = CatalogStore(database)
        await make_ready(database, plugin.name, plugin.migrations)
        await push(store, "bench", [reading], whole=True)
        await settle(engine)
        clock = _Clock(engine)
        rows: list[Row] = []
        for title, expression in _conditions().items():
            err.print(f"[dim]{engine.dialect.name}: {title}[/]", highlight=False)
            rows.append(
                {"database": engine.dialect.name, "condition": title, **await _measured(store, clock, expression, rounds)}
            )
        return rows
    finally:
        await engine.dispose()


async def _measured(store: CatalogStore, clock: _Clock, expression: Expression, rounds: int) -> dict[str, Any]:
    """Everything and the condition in turn, so that both meet the same machine."""
    spent: dict[tuple[bool, bool], list[float]] = {}
    total = 0
    for _ in range(rounds):
        for counted in (False, True):
            for under in (False, True):
                store._totals = Totals()
                clock.seconds = 0.0
                access = Access(expression) if under else EVERYTHING
                total = (await store.entities(None, Page(first=100, access=access, counted=counted))).total_count or total
                spent.setdefault((counted, under), []).append(clock.seconds)
    page, condition, page_counted, condition_counted = (statistics.median(times) * 1_000 for times in spent.values())
    return {
        "visible": total, "page (ms)": page, "condition (ms)": condition, "condition / page": condition / page,
        "counted page (ms)": page_counted, "counted condition (ms)": condition_counted,
        "counted / counted": condition_counted / page_counted,
    }  # fmt: skip


class _Clock:
    """The time that an engine's statements take."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.seconds = 0.0
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)
        event.listen(engine.sync_engine, "after_cursor_execute", self._after)

    def _before(self, *_: Any) -> None:
        self._started = time.perf_counter()

    def _after(self, *_: Any) -> None:
        self.seconds += time.perf_counter() - self._started
