"""A catalog of its own, whose sources do as they are told, and whose clock is set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from callboard_catalog.plugin import plugin
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.descriptors.reading import Limits
from callboard_catalog.ingestion.schedule import Timing
from callboard_catalog.ingestion.sources import Said, Source
from callboard_catalog.queries.store import CatalogStore
from callboard_sdk import Page
from callboard_sdk.sources import Item, Known, Unreadable
from gateway.database import open_database
from resolvers.migrating import make_ready
from gateway.settings import DatabaseSettings

LIMITS = Limits(1_000_000, 1_000)
AWAY = Unreadable("unanswered", "did not answer", "Wait.")


def descriptor(name: str, owner: str = "group:ours", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "a/v1",
        "kind": "Component",
        "metadata": {"name": name, **metadata},
        "spec": {"type": "service", "lifecycle": "x", "owner": owner},
    }


def item(name: str, *names: str, version: str | None = None) -> Item:
    return Item(name, entities=[descriptor(one) for one in names or (name,)], version=version)


class Place:
    """A source whose next readings are written down in advance."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.known: dict[str, str] = {}
        self.cursor: str | None = None

    async def read(self, known: Known) -> AsyncIterator[Said]:
        self.cursor = known.cursor
        self.known = dict(await known.versions([event.name for event in self.events if isinstance(event, Item)]))
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


class Bench:
    """A catalog of its own, with sources that do as they are told, and a clock that is set."""

    def __init__(self, store: CatalogStore, sources: Sequence[Source], places: dict[str, Place]) -> None:
        self.store = store
        self.places = places
        self.now = 1_000_000.0
        self.sources = sources
        self.ingestion = Ingestion(sources, LIMITS, store, lambda: self.now)

    async def read(self, *events: Any, source: str = "one") -> bool:
        self.places[source].events = list(events)
        return await self.ingestion.run([source])

    async def names(self) -> set[str]:
        return {entity.name for entity in (await self.store.entities(None, Page(first=100))).nodes()}

    async def rules(self) -> list[str]:
        found = (await self.store.problems(None, Page(first=100))).nodes()
        return sorted(problem.rule.removeprefix("catalog.") for problem in found if "dangling" not in problem.rule)

    async def told(self) -> list[str]:
        """That a source fails, or doesn't any more, as the journal has it."""
        from callboard_catalog.records.tables import ChangeRow
        from sqlalchemy import select
        from sqlmodel import col

        return [what for (what,) in await self.store.select(select(col(ChangeRow.what)).where(col(ChangeRow.what) == "source"))]

    async def allow(self, source: str = "one") -> None:
        """Let it lose what it holds back."""
        async with self.store.writing() as connection:
            await self.ingestion.schedule.allow(connection, source, (await self.row(source)).held_key)

    async def row(self, source: str = "one") -> Any:
        return await self.store.source(source)


Benched = Callable[..., Any]


@pytest.fixture
def benched(database: dict[str, str]) -> Benched:
    @asynccontextmanager
    async def make(*names: str, **common: Any) -> AsyncIterator[Bench]:
        opened = open_database(DatabaseSettings(url=database["url"]).url)
        places = {name: Place() for name in names or ("one",)}
        sources = [Source(name, "test", Timing(60.0, 0.0), place.read, **common) for name, place in places.items()]
        try:
            store = CatalogStore(opened)
            await make_ready(opened, plugin.name, plugin.migrations)
            bench = Bench(store, sources, places)
            await bench.ingestion._declare()
            yield bench
        finally:
            await opened.engine.dispose()

    return make


class Files_:
    """A tree in memory."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def text(self, path: str) -> str:
        if path not in self.files:
            raise Unreadable("missing", "is not there", "Put it there.")
        return self.files[path]

    def below(self, folder: str) -> Sequence[str]:
        return sorted(path for path in self.files if not folder or path.startswith(f"{folder}/"))


PRINTER = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: %s}\n"


ALL = [item(name) for name in "abcdef"]
