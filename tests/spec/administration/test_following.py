"""Other replicas are told what changed: by PostgreSQL at once, after its connection broke too, and by asking when it says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from callboard_sdk import Database
from gateway.database import open_database
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from resolvers.audit import AuditStore
from resolvers.policy import PolicyStore
from resolvers.policy.store import CHANNEL
from resolvers import following
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.postgresql import PostgreSQL

RULES = "p, viewer, permission:core.viewer, read, allow\n"


class Replica:
    """What a replica has seen."""

    def __init__(self, database: Database) -> None:
        self.store = PolicyStore(database, AuditStore(database))
        self.seen: list[int] = []
        self._changed = asyncio.Event()

    async def refresh(self) -> None:
        latest = await self.store.latest()
        self.seen.append(latest.number if latest else 0)
        self._changed.set()

    async def sees(self, number: int) -> None:
        async with asyncio.timeout(20):
            while number not in self.seen:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def databases(postgresql: PostgreSQL) -> AsyncIterator[list[Database]]:
    url = postgresql.emptied().replace("postgresql:", "postgresql+asyncpg:")
    made = [open_database(url) for _ in range(2)]
    await make_ready(made[0], NAME, CORE)
    yield made
    for database in made:
        await database.engine.dispose()


async def test_a_replica_is_told_at_once(databases: list[Database]) -> None:
    one, other = (Replica(database) for database in databases)
    async with databases[1].following(CHANNEL, other.refresh, every=3600):
        await other.sees(0)
        await one.store.publish(RULES, "alice", "", expected=0)
        await other.sees(1)


async def test_a_replica_whose_connection_broke_sees_what_it_missed(databases: list[Database]) -> None:
    one, other = (Replica(database) for database in databases)
    async with databases[1].following(CHANNEL, other.refresh, every=3600):
        await other.sees(0)
        async with databases[0].engine.connect() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
                )
            )
        await one.store.publish(RULES, "alice", "", expected=0)
        await other.sees(1)
        await one.store.publish(RULES, "alice", "", expected=1)
        await other.sees(2)


async def test_a_replica_that_hears_nothing_asks(databases: list[Database]) -> None:
    one, other = (Replica(database) for database in databases)
    async with databases[1].following("nobody_speaks_here", other.refresh, every=0.05):
        await other.sees(0)
        await one.store.publish(RULES, "alice", "", expected=0)
        await other.sees(1)


async def test_a_refresh_that_fails_is_tried_again(databases: list[Database]) -> None:
    one, other = (Replica(database) for database in databases)
    failing = [True, True]

    async def refresh() -> None:
        if failing:
            failing.pop()
            raise OSError("no database")
        await other.refresh()

    async with databases[1].following(CHANNEL, refresh, every=3600):
        await one.store.publish(RULES, "alice", "", expected=0)
        await other.sees(1)


async def test_an_outage_is_told_when_it_begins_and_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RETRY_SECONDS", 0.001)
    outcomes = iter([None, OSError(), OSError(), OSError(), ValueError(), None, None, OSError(), None])
    ended = asyncio.Event()

    async def refresh() -> None:
        outcome = next(outcomes, ended)
        if outcome is ended:
            ended.set()
        elif isinstance(outcome, Exception):
            raise outcome

    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'callboard.sqlite'}")
    with capture_logs() as logs:
        async with database.following(CHANNEL, refresh, every=0.001), asyncio.timeout(20):
            await ended.wait()
    await database.engine.dispose()
    told = [(line["event"].partition(";")[0], line.get("error")) for line in logs]
    off, on = "changes can't be followed for now", ("changes are followed again", None)
    assert told == [(off, "OSError"), (off, "ValueError"), on, (off, "OSError"), on]
