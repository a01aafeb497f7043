"""Opens the gateway's database: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from typing import Any

from aiosqlite import Connection
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from resolvers.database import GatewayDatabase

_WRITER_SECONDS = 60.0
"""How long SQLite waits for another writer: longer than the longest transaction, a migration, should take."""
_AGAIN_SECONDS = 0.01


def open_database(url: str, *, migrate: bool = True) -> GatewayDatabase:
    """The database of this URL; nothing is asked of it yet. SQLite's file is made by the first connection, not before.

    A connection raises OSError when the file or its folder can't be made.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_async_engine(parsed, pool_pre_ping=True)  # a server may have closed a kept connection
        return GatewayDatabase(engine, migrate)
    engine = create_async_engine(parsed, connect_args={"timeout": _WRITER_SECONDS})
    if (file := file_of(url)) is not None:
        event.listen(engine.sync_engine, "do_connect", lambda *_: make_file(file))
    event.listen(engine.sync_engine, "connect", _beside_writers)
    return GatewayDatabase(engine, migrate)


def file_of(url: str | URL) -> Path | None:
    """The file of an SQLite database, whether or not it is there yet; None for any other database, and for one in memory."""
    parsed = make_url(url)
    named = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return None if not named or named.startswith((":memory:", "file:")) else Path(named)


def absent(database: GatewayDatabase) -> Path | None:
    """Where the file of an SQLite database will be that isn't there yet; None for one that is, and for any other database."""
    file = file_of(database.engine.url)
    return None if file is None or file.exists() else file


def make_file(file: Path) -> None:
    """Have the file of an SQLite database, empty if it wasn't there yet. Raises OSError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), error.filename) from None
    if not file.exists():
        file.touch(mode=0o600)  # what plugins keep is for nobody else on this machine; SQLite's other files follow it


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
