"""Descriptors in a folder, read by a catalog in a real gateway, or by its reader alone."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from callboard_catalog.plugin import plugin
from callboard_catalog.descriptors.descriptor import Doubt, Reading
from callboard_catalog.descriptors.files import LocalFiles
from callboard_catalog.descriptors.reading import FilesReader, Limits
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.descriptors.references import INVERSES
from callboard_catalog.settings import CatalogSettings
from callboard_catalog.ingestion.sources import sources_of
from callboard_catalog.queries.store import CatalogStore
from callboard_sdk import EntityRef, Page, Problem
from callboard_sdk.sources import Same
from gateway.database import open_database
from gateway.settings import DatabaseSettings
from resolvers.migrating import make_ready
from gateway.testing import Harness, running_gateway
from resolvers.versions import Versions
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.postgresql import PostgreSQL, running_postgresql

Serve = Callable[..., AbstractAsyncContextManager[Harness]]


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


class Relation(NamedTuple):
    source: EntityRef
    type: str
    target: EntityRef


@dataclass
class Everything:
    """All that is known of a folder: descriptors, or the entities of a catalog."""

    files: int
    documents: int
    descriptors: dict[EntityRef, Any]
    problems: list[Problem]
    relations: set[Relation]
    described: int = 0
    """How many documents were descriptors, those of one entity each counted."""


Read = Callable[..., Everything]


@asynccontextmanager
async def migrated(url: str, version: str, written: Iterable[str]) -> AsyncIterator[AsyncConnection]:
    """A connection to a catalog in which this was written when it had that version, and which has the newest now."""
    opened, versions = open_database(DatabaseSettings(url=url).url), Versions(plugin.name, plugin.migrations)
    try:
        async with opened.engine.begin() as connection:
            await connection.run_sync(lambda sync: versions.run(sync, version))
            for sql in written:
                await connection.execute(text(sql))
        await make_ready(opened, plugin.name, plugin.migrations)
        async with opened.engine.connect() as connection:
            yield connection
    finally:
        await opened.engine.dispose()


def read_items(
    root: Path, *paths: str, max_file_bytes: int = 5_000_000, max_files: int = 50_000
) -> Iterator[Reading | Same | Doubt]:
    named = [root / path for path in paths or ["."]]
    yield from FilesReader("test", LocalFiles(root, max_file_bytes), named, Limits(max_file_bytes, max_files), {})


def read_folder(root: Path, *paths: str, **limits: int) -> Everything:
    """What the reader makes of what is below the folder, file by file."""
    found = Everything(0, 0, {}, [], set())
    for one in read_items(root, *paths, **limits):
        if isinstance(one, Reading):
            found.files += bool(one.documents or not one.unread)
            found.documents += one.documents
            found.problems += one.problems
            for descriptor in one.descriptors:
                found.described += 1
                found.descriptors.setdefault(descriptor.ref, descriptor)
                for other in descriptor.references:
                    found.relations.add(Relation(descriptor.ref, other.type, other.target))
                    found.relations.add(Relation(other.target, INVERSES[other.type], descriptor.ref))
        elif isinstance(one, Doubt):
            found.problems += [one.problem] if one.problem else []
    return found


def keep_folder(root: Path, *paths: str, **limits: int) -> Everything:
    """What a catalog of its own keeps of what is below the folder."""
    source = {"name": "test", "paths": [root / path for path in paths or (".",)], "root": root}
    return asyncio.run(kept([source], **limits))


async def kept(sources: Sequence[Mapping[str, Any]], **limits: int) -> Everything:
    """What a catalog of its own keeps of these sources."""
    database = open_database("sqlite+aiosqlite://")
    try:
        store = CatalogStore(database)
        await make_ready(database, plugin.name, plugin.migrations)
        settings = CatalogSettings.model_validate({"sources": sources, "refresh_seconds": 0, **limits})
        limits = Limits(settings.max_file_bytes, settings.max_files)
        async with Ingestion(sources_of(settings, {}), limits, store).running():
            entities = (await store.entities(None, Page(first=100))).nodes()
            problems = await _all_problems(store)
            related = await store.relations(
                [e.ref for e in entities] + [r for e in entities for r in await _named(store, e.ref)], None
            )
        counts = await store.counts()
    finally:
        await database.engine.dispose()
    relations = {Relation(ref, kind, target) for ref, found in related.items() for kind, target, _ in found}
    return Everything(counts["files"], counts["documents"], {e.ref: e for e in entities}, problems, relations)


def _key(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")[2]


async def _all_problems(store: CatalogStore) -> list[Problem]:
    found: list[Problem] = []
    page = await store.problems(None, Page(first=100))
    while page.edges:
        found += page.nodes()
        page = await store.problems(None, Page(first=100, after=_key(page.edges[-1].cursor)))
    return found


async def _named(store: CatalogStore, ref: EntityRef) -> list[EntityRef]:
    return [target for _, target, _ in (await store.relations([ref], None))[ref]]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Settings of an empty database; every test that uses it runs on both."""
    if request.param == "postgresql":
        return {"url": request.getfixturevalue("postgresql").emptied()}
    return {"url": f"sqlite:///{tmp_path / 'callboard.sqlite'}"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "descriptors"


@pytest.fixture
def read(root: Path) -> Read:
    """Writes files below `descriptors/` and gives what the reader finds there; `paths` are relative to it."""

    def make(files: Mapping[str, str | bytes], *paths: str, **limits: int) -> Everything:
        write(root, files)
        return read_folder(root, *paths, **limits)

    return make


@pytest.fixture
def keep(root: Path) -> Read:
    """Writes files below `descriptors/` and gives what a catalog keeps of them."""

    def make(files: Mapping[str, str | bytes], *paths: str, **limits: int) -> Everything:
        write(root, files)
        return keep_folder(root, *paths, **limits)

    return make


@pytest.fixture
def serve(tmp_path: Path, root: Path, database: dict[str, str]) -> Serve:
    """Writes files below `descriptors/` and gives a gateway whose catalog reads them."""

    def make(files: Mapping[str, str | bytes], paths: list[str] | None = None) -> AbstractAsyncContextManager[Harness]:
        write(root, files)
        source = {"name": "test", "paths": [str(root / path) for path in paths or ["."]], "root": str(root)}
        plugins = {"catalog": {"sources": [source], "refresh_seconds": 0}}
        return running_gateway(tmp_path, {"plugins": plugins, "database": database})

    return make
