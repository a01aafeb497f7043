"""Opens the gateway's database: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from typing import Any

from aiosqlite import Connection
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from resolvers.database import GatewayDatabase

_WRITER_SECONDS = 60.0
"""How long SQLite waits for another writer: longer than the longest transaction, a migration, should take."""
_AGAIN_SECONDS = 0.01


def open_database(url: str, *, migrate: bool = True) -> GatewayDatabase:
    """The database of this URL; nothing is asked of it yet. Raises OSError when its file or folder can't be made."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_async_engine(parsed, pool_pre_ping=True)  # a server may have closed a kept connection
        return GatewayDatabase(engine, migrate)
    if parsed.database and not parsed.database.startswith((":memory:", "file:")):
        file = Path(parsed.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)  # what plugins keep is for nobody else on this machine; SQLite's other files follow it
    engine = create_async_engine(parsed, connect_args={"timeout": _WRITER_SECONDS})
    event.listen(engine.sync_engine, "connect", _beside_writers)
    return GatewayDatabase(engine, migrate)


def _beside_writers(connection: Any, _record: Any) -> None:
    """Let readers read while another writes (write-ahead log); the file remembers it. Memory has no such thing."""
    connection.run_async(_logged_ahead)


async def _logged_ahead(connection: Connection) -> None:
    """SQLite refuses this change at once while another writes or makes it, however long it may wait: so it is asked again.

    Raises what SQLite last raised, where the other isn't ready in time.
    """
    waited = asyncio.get_running_loop().time() + _WRITER_SECONDS
    while await _one(connection, "PRAGMA journal_mode") == "delete":
        try:
            await _one(connection, "PRAGMA journal_mode = WAL")
        except OperationalError as error:
            if error.sqlite_errorcode & 0xFF != SQLITE_BUSY or asyncio.get_running_loop().time() > waited:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)


async def _one(connection: Connection, statement: str) -> Any:
    async with connection.execute(statement) as cursor:
        return (await cursor.fetchone() or [None])[0]
