"""Opens the gateway's database: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from resolvers.database import GatewayDatabase

_WRITER_SECONDS = 60.0
"""How long SQLite waits for another writer: longer than the longest transaction, a migration, should take."""


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
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchone() == ("delete",):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()
