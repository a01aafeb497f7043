"""Two replicas on one PostgreSQL, killed again and again while what they read changes: in the end nothing tells of it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.plugin import plugin
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.tables import ChangeRow, DocumentRow, EntityRow, ItemRow, MarkRow, ProblemRow, RelationRow, TermRow
from resolvers.migrating import make_ready
from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from tests.postgresql import PostgreSQL, running_postgresql

from . import replica
from .replica import SOURCES, ingestion, opened

NAMES = [f"{word}-{number}" for word in ("shop", "mail", "till") for number in range(12)]
DESCRIPTOR = """apiVersion: a/v1
kind: {kind}
metadata: {{name: {name}, title: "{title}", tags: [{tag}]}}
spec: {{type: service, lifecycle: production, owner: group:team-{number}, dependsOn: [component:{other}]}}
"""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


class World:
    """Files that change by chance: documents come, go, move between files and sources, and are broken for a while."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        for source in SOURCES:
            (folder / source).mkdir(parents=True)
        self.change(60)

    def change(self, times: int) -> None:
        for _ in range(times):
            file = self.folder / self.chance.choice(SOURCES) / f"{self.chance.randrange(14)}.yaml"
            roll = self.chance.random()
            if roll < 0.15:
                file.unlink(missing_ok=True)
            elif roll < 0.25:
                self._write(file, "kind: [broken\n")
            else:
                self._write(file, "---\n".join(self._document() for _ in range(self.chance.randrange(1, 9))))

    def mend(self) -> None:
        """Whatever is broken now is gone: of a broken file, what it held depends on when it was last read."""
        for file in self.folder.rglob("*.yaml"):
            if file.read_text(encoding="utf-8").startswith("kind: [broken"):
                file.unlink()

    def _document(self) -> str:
        chance = self.chance
        return DESCRIPTOR.format(
            kind=chance.choice(("Component", "Resource")), name=chance.choice(NAMES), title=chance.randrange(100),
            tag=chance.choice(("java", "python")), number=chance.randrange(4), other=chance.choice(NAMES),
        )  # fmt: skip

    @staticmethod
    def _write(file: Path, text: str) -> None:
        new = file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(file)


async def state(store: CatalogStore) -> dict[str, Any]:
    """All that the catalog says, without the numbers and instants that it keeps it by."""
    source, kind, target = aliased(TermRow), aliased(TermRow), aliased(TermRow)
    relations = (
        select(col(source.text), col(kind.text), col(target.text), col(RelationRow.mirrored))
        .join(source, col(source.id) == col(RelationRow.source))
        .join(kind, col(kind.id) == col(RelationRow.type))
        .join(target, col(target.id) == col(RelationRow.target))
    )
    entities = select(col(EntityRow.sort), col(EntityRow.content), col(DocumentRow.body), col(ItemRow.source), col(ItemRow.name))
    entities = entities.join(DocumentRow, col(DocumentRow.id) == col(EntityRow.document))
    marks = select(col(TermRow.text), col(MarkRow.sort)).join(MarkRow, col(MarkRow.term) == col(TermRow.id))
    documents = select(
        col(ItemRow.source), col(ItemRow.name), col(DocumentRow.position), col(DocumentRow.digest), col(DocumentRow.kept)
    )
    queries = {
        "relations": relations,
        "entities": entities.join(ItemRow, col(ItemRow.id) == col(DocumentRow.item)),
        "marks": marks,
        "documents": documents.join(DocumentRow, col(DocumentRow.item) == col(ItemRow.id)),
        "problems": select(col(ProblemRow.key), col(ProblemRow.body)),
    }
    return {name: sorted(map(tuple, await store.select(query))) for name, query in queries.items()}


async def journal(store: CatalogStore) -> dict[int, list[str]]:
    """What happened to each entity, in order."""
    told: dict[int, list[str]] = {}
    query = select(col(ChangeRow.entity), col(ChangeRow.how)).where(col(ChangeRow.what) == "entity")
    for entity, how in await store.select(query.order_by(col(ChangeRow.number))):
        told.setdefault(entity, []).append(how)
    return told


async def settled(url: str, folder: Path) -> tuple[dict[str, Any], dict[int, list[str]], set[int]]:
    """Read all that there is to read, and give what the catalog says then."""
    database = opened(url)
    try:
        await make_ready(database, plugin.name, plugin.migrations)
        store = CatalogStore(database)
        reading = ingestion(store, folder)
        async with reading.running():
            for name in SOURCES:  # whoever was killed has it for a while yet
                before = (await store.source(name)).succeeded
                for _ in range(600):
                    if (row := await store.source(name)).succeeded != before:
                        break
                    await asyncio.sleep(0.05)
                else:
                    pytest.fail(f"source {name} is not read any more: {row}")
        await reading.run()
        entities = {number for (number,) in await store.select(select(col(EntityRow.id)))}
        return await state(store), await journal(store), entities
    finally:
        await database.engine.dispose()


def killed(postgresql: PostgreSQL, tmp_path: Path, kills: int, seed: int) -> None:
    world = World(tmp_path, seed)
    url = postgresql.emptied()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([replica.__name__])
    replicas = [started(context, url, tmp_path) for _ in range(2)]
    try:
        for _ in range(kills):
            world.change(world.chance.randrange(1, 12))
            number = world.chance.randrange(2)
            replicas[number].join(world.chance.random() * 0.4)
            assert replicas[number].exitcode is None, "a replica ended by itself"
            os.kill(replicas[number].pid or 0, signal.SIGKILL)
            replicas[number].join()
            replicas[number] = started(context, url, tmp_path)
    finally:
        for one in replicas:
            one.kill()
            one.join()
    world.mend()
    disturbed, told, there = asyncio.run(settled(url, tmp_path))
    for entity, what in told.items():
        assert what[0] == "created" and (what[-1] != "removed") == (entity in there), what
        assert Counter(what)["created"] - Counter(what)["removed"] == (entity in there), what
    undisturbed, _, _ = asyncio.run(settled(postgresql.emptied(), tmp_path))
    assert disturbed["entities"] and disturbed["relations"] and disturbed["problems"]
    for name, rows in undisturbed.items():
        assert disturbed[name] == rows, name


def started(context: ForkServerContext, url: str, folder: Path) -> ForkServerProcess:
    process = context.Process(target=replica.run, args=(url, str(folder)), daemon=True)
    process.start()
    return process


def test_replicas_that_are_killed_while_they_read_lose_nothing(postgresql: PostgreSQL, tmp_path: Path) -> None:
    killed(postgresql, tmp_path, 20, 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_replicas_that_are_killed_while_they_read_lose_nothing_at_length(
    postgresql: PostgreSQL, tmp_path: Path, seed: int
) -> None:
    killed(postgresql, tmp_path, 20, seed)
