"""Sessions in SQLite and PostgreSQL: known by a digest, over by time, by disuse, and by sign-out on every gateway."""

from __future__ import annotations

import asyncio

import pytest
from callboard_sdk import Database, EntityRef, Viewer, ViewerKind
from resolvers.sessions import BELIEVED_SECONDS, Sessions
from sqlalchemy import text

from .conftest import Clock

ANN = Viewer(
    "acme:ann",
    ViewerKind.PERSON,
    frozenset({"a", "b"}),
    EntityRef.parse("user:default/ann"),
    frozenset({EntityRef.parse("group:x/web")}),
)


@pytest.fixture
async def sessions(database: Database, clock: Clock) -> Sessions:
    made = Sessions(database, seconds=3600, idle=600, clock=clock)
    return made


@pytest.fixture
async def replica(sessions: Sessions, other: Database, clock: Clock) -> Sessions:
    return Sessions(other, seconds=3600, idle=600, clock=clock)


async def test_a_session_remembers_who_signed_in_on_every_gateway(sessions, replica):
    session = await sessions.begin(ANN)
    assert await sessions.find(session) == await replica.find(session) == ANN
    for nonsense in ("", "x", "\x00", "\ud800", session + "a"):
        assert await sessions.find(nonsense) is None


async def test_nothing_in_the_database_opens_a_session(sessions, database):
    session = await sessions.begin(ANN)
    async with database.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM auth_session"))).all()
    assert len(rows) == 1 and session not in str(rows)
    assert await sessions.find(rows[0].digest) is None


async def test_who_signed_out_is_out_at_once_here_and_soon_everywhere(sessions, replica):
    session = await sessions.begin(ANN)
    assert await replica.find(session) == ANN
    await sessions.end(session)
    assert await sessions.find(session) is None
    async with asyncio.timeout(5):
        while await replica.find(session) is not None:
            await asyncio.sleep(0.05)
    assert BELIEVED_SECONDS < 5
    await sessions.end(session)


async def use(sessions: Sessions, session: str) -> Viewer | None:
    found = await sessions.find(session)
    await sessions.flush()
    sessions._recent.clear()  # as after a few seconds
    return found


async def test_a_session_that_is_used_lasts_as_long_as_one_may(sessions, clock):
    session = await sessions.begin(ANN)
    for _ in range(7):
        clock.pass_(500)
        assert await use(sessions, session) == ANN
    clock.pass_(100)
    assert await use(sessions, session) is None


async def test_a_session_that_nobody_uses_is_over(sessions, clock):
    session = await sessions.begin(ANN)
    clock.pass_(599)
    assert await use(sessions, session) == ANN
    clock.pass_(600)
    assert await use(sessions, session) is None


async def test_sessions_that_are_over_are_forgotten(sessions, database, clock):
    await sessions.begin(ANN)
    clock.pass_(3600)
    await sessions.begin(ANN)
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM auth_session"))).scalar_one() == 1
