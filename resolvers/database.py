"""The gateway's database: what plugins and the gateway's own stores ask of it beside SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from callboard_sdk.database import Refresh
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .following import following

AUDIT = 0x6175_6469_74
POLICY = 0x706F_6C69_6379
TOKENS = 0x746F_6B65_6E73
"""The numbers of our locks in PostgreSQL; no other use of advisory locks there may have them."""


@dataclass(frozen=True, slots=True)
class GatewayDatabase:
    """The one database of a gateway; satisfies the SDK's `Database`."""

    engine: AsyncEngine

    def following(
        self, channel: str, refresh: Refresh, *, every: float | None = None
    ) -> AbstractAsyncContextManager[None, bool | None]:
        """While the block runs, refresh at its beginning, when the channel is told of a change, and every so many seconds."""
        return following(self.engine, channel, refresh, every=every)

    async def tell(self, connection: AsyncConnection, channel: str) -> None:
        """Tell those who follow this channel, once the transaction is committed; SQLite's are not told, but ask."""
        if connection.dialect.name == "postgresql":
            await connection.execute(select(func.pg_notify(channel, "")))


@asynccontextmanager
async def writing(engine: AsyncEngine, lock: int) -> AsyncIterator[AsyncConnection]:
    """A transaction that waits for every other one with this lock, so that what it reads is still so when it writes.

    SQLite has one writer at a time; it is one from the beginning, for a reader that wants to write later may be refused.
    """
    async with engine.begin() as connection:
        await claim(connection, lock)
        yield connection


async def claim(connection: AsyncConnection, lock: int) -> None:
    """Hold this lock until the transaction ends. Who needs both takes POLICY before AUDIT, so that no two wait for each other."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(lock)))
    elif not _in_transaction((await connection.get_raw_connection()).driver_connection):
        await connection.exec_driver_sql("BEGIN IMMEDIATE")


def _in_transaction(driver: Any) -> bool:
    begun: bool = driver.in_transaction
    return begun
