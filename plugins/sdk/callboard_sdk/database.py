"""The gateway's database, for plugins that store something: its connections, its tables' versions, and who is told of changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a plugin without tables, and a command without a database, need not wait for SQLAlchemy
    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Refresh = Callable[[], Awaitable[None]]
"""Asks the database what is new, and takes it in."""


@dataclass(frozen=True, slots=True)
class Migrations:
    """The tables that a plugin stores in, and how a database comes to have them: `Plugin(..., migrations=Migrations(...))`.

    `package` is the import package with the versions, Alembic's: modules with `revision`, `down_revision` and a function
    `upgrade(op)`, which is handed Alembic's operations. `tables` are what the last version comes to. `apart` names tables of its
    own that only SQL can make, such as a full-text index. The gateway runs the versions before the plugin's resources start.
    """

    package: str
    tables: Sequence[Table]
    apart: Sequence[str] = ()


class Database(Protocol):
    """The one database of this gateway, and of all its replicas: SQLite or PostgreSQL.

    A resource asks for it by annotation and owns its own tables in it.
    """

    @property
    def engine(self) -> AsyncEngine:
        """What connections are made of."""
        ...

    def writing(self, lock: str) -> AbstractAsyncContextManager[AsyncConnection, bool | None]:
        """A transaction that waits for every other one with this lock, of all replicas.

        What it reads is still so when it writes. SQLite has one writer at a time whatever the lock. Let it end soon.
        """
        ...

    def snapshot(self) -> AbstractAsyncContextManager[AsyncConnection, bool | None]:
        """A connection to read with that sees the database as it is now, whatever is written meanwhile."""
        ...

    def following(
        self, channel: str, refresh: Refresh, *, every: float | None = None
    ) -> AbstractAsyncContextManager[None, bool | None]:
        """While the block runs, call `refresh` at its beginning and whenever a process told this channel of a change.

        It is also called every so many seconds though nothing was told: SQLite tells nothing, so that it is asked every
        second, and a PostgreSQL that wasn't heard every five. Calls don't overlap, and one tells of many changes: ask what
        is new since what was seen last. A refresh that raises is in the log, and is tried again soon.
        """
        ...

    async def tell(self, connection: AsyncConnection, channel: str) -> None:
        """Tell those who follow this channel that something changed, once this connection's transaction is committed."""
        ...
