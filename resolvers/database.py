"""The gateway's database: what plugins and the gateway's own stores ask of it beside SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from callboard_sdk.database import Refresh
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .following import following

AUDIT = "audit"
POLICY = "policy"
"""The locks of our own stores."""


@dataclass(frozen=True, slots=True)
class GatewayDatabase:
    """The one database of a gateway; satisfies the SDK's `Database`.

    `migrate` says whether whoever starts first brings it up to date; if not, `callboard database migrate` alone does.
    """

    engine: AsyncEngine
    migrate: bool = True

    @asynccontextmanager
    async def writing(self, lock: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that waits for every other one with this lock, so that what it reads is still so when it writes.

        SQLite has one writer at a time; it is one from the beginning, for a reader that wants to write later may be refused.
        """
        async with self.engine.begin() as connection:
            await claim(connection, lock)
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees the database as it is now, whatever is written meanwhile."""
        async with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                await connection.exec_driver_sql("BEGIN")
            yield connection

    def following(
        self, channel: str, refresh: Refresh, *, every: float | None = None
    ) -> AbstractAsyncContextManager[None, bool | None]:
        """While the block runs, refresh at its beginning, when the channel is told of a change, and every so many seconds."""
        return following(self.engine, channel, refresh, every=every)

    async def tell(self, connection: AsyncConnection, channel: str) -> None:
        """Tell those who follow this channel, once the transaction is committed; SQLite's are not told, but ask."""
        if connection.dialect.name == "postgresql":
            await connection.execute(select(func.pg_notify(channel, "")))


async def claim(connection: AsyncConnection, lock: str) -> None:
    """Hold this lock until the transaction ends. Who needs both takes POLICY before AUDIT, so that no two wait for each other."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_number(lock))))
    elif not _in_transaction((await connection.get_raw_connection()).driver_connection):
        await connection.exec_driver_sql("BEGIN IMMEDIATE")


def _number(lock: str) -> int:
    """PostgreSQL's name for it: its advisory locks are numbers of 64 bits."""
    return int.from_bytes(sha256(lock.encode()).digest()[:8], signed=True)


def _in_transaction(driver: Any) -> bool:
    begun: bool = driver.in_transaction
    return begun
