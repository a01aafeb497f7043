"""A transaction in the gateway's database that is the only one of its kind, of all processes that share it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

AUDIT = 0x6175_6469_74
POLICY = 0x706F_6C69_6379
TOKENS = 0x746F_6B65_6E73
"""The numbers of our locks in PostgreSQL; no other use of advisory locks there may have them."""


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
