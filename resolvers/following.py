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
from callboard_sdk.database import Refresh
from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.beside import beside, whole

log = structlog.get_logger()

POLL_SECONDS = 5.0
"""How often PostgreSQL is asked though it said nothing: a connection may be dead without our knowing."""
SQLITE_SECONDS = 1.0
"""How often SQLite is asked."""
RETRY_SECONDS = 0.5
"""How soon a database that doesn't answer is asked again."""


@asynccontextmanager
async def following(engine: AsyncEngine, channel: str, refresh: Refresh, *, every: float | None = None) -> AsyncIterator[None]:
    """While the block runs, refresh whenever the channel is told of a change; at the latest every so many seconds."""
    outage = _Outage(channel, refresh)
    if engine.dialect.name == "postgresql":
        work = partial(_listen, engine, channel, outage.refresh, POLL_SECONDS if every is None else every)
    else:
        work = partial(_ask, outage.refresh, SQLITE_SECONDS if every is None else every)
    async with beside(_follow(outage, work)):
        yield


class _Outage:
    """Tells once that changes can't be followed, however often that is tried, and once that they are again."""

    def __init__(self, channel: str, refresh: Refresh) -> None:
        self._channel = channel
        self._refresh = refresh
        self._error: str | None = None

    async def refresh(self) -> None:
        """What is followed for, and the end of an outage."""
        await self._refresh()
        if self._error is not None:
            self._error = None
            log.info("changes are followed again", channel=self._channel)

    def failed(self, error: Exception) -> None:
        """Tell of the error, unless the last one was of its kind."""
        if (kind := type(error).__name__) != self._error:
            self._error = kind
            log.warning("changes can't be followed for now; it is tried again", channel=self._channel, error=kind)


async def _follow(outage: _Outage, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            outage.failed(error)
        await asyncio.sleep(RETRY_SECONDS)


async def _ask(refresh: Refresh, seconds: float) -> None:
    while True:
        await whole(_once(refresh))
        await asyncio.sleep(seconds)


async def _once(refresh: Refresh) -> None:
    await refresh()


async def _listen(engine: AsyncEngine, channel: str, refresh: Refresh, seconds: float) -> None:
    """Listen until the connection ends; what was said while nobody listened is seen by the first refresh."""
    said = asyncio.Event()

    def hear(*_told: Any) -> None:
        said.set()

    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.add_listener(channel, hear)
        driver.add_termination_listener(hear)
        try:
            while not driver.is_closed():
                said.clear()
                await whole(_once(refresh))
                try:
                    async with asyncio.timeout(seconds):
                        await said.wait()
                except TimeoutError:
                    continue
        finally:
            await connection.invalidate()  # a connection that listens is not one for others to use
