"""Follows what other processes change: PostgreSQL tells at once, and is asked now and then, should it not have been heard.

SQLite tells nothing, and is asked every second: the gateway's own process for large queries is to follow, if nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.beside import beside

from .store import CHANNEL

log = structlog.get_logger()

POLL_SECONDS = 5.0
"""How often the database is asked though it said nothing: a connection may be dead without our knowing."""
SQLITE_SECONDS = 1.0
"""How often SQLite is asked."""
RETRY_SECONDS = 0.5
"""How soon a database that doesn't answer is asked again."""

Refresh = Callable[[], Awaitable[None]]


@asynccontextmanager
async def following(engine: AsyncEngine, refresh: Refresh, *, poll: float | None = None) -> AsyncIterator[None]:
    """While the block runs, refresh whenever another process changed something; at the latest every `poll` seconds."""
    if engine.dialect.name == "postgresql":
        following = partial(_listen, engine, refresh, POLL_SECONDS if poll is None else poll)
    else:
        following = partial(_ask, refresh, SQLITE_SECONDS if poll is None else poll)
    async with beside(_follow(following)):
        yield


async def _follow(following: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await following()
        except Exception as error:
            log.warning("the policy's changes can't be followed for now", error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _ask(refresh: Refresh, poll: float) -> None:
    while True:
        await asyncio.sleep(poll)
        await refresh()


async def _listen(engine: AsyncEngine, refresh: Refresh, poll: float) -> None:
    """Listen until the connection ends; what was said while nobody listened is seen by the first refresh."""
    said = asyncio.Event()

    def hear(*_told: Any) -> None:
        said.set()

    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.add_listener(CHANNEL, hear)
        driver.add_termination_listener(hear)
        try:
            while not driver.is_closed():
                said.clear()
                await refresh()
                try:
                    async with asyncio.timeout(poll):
                        await said.wait()
                except TimeoutError:
                    continue
        finally:
            await connection.invalidate()  # a connection that listens is not one for others to use
