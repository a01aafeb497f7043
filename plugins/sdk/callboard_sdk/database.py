"""The gateway's database, for plugins that store something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Refresh = Callable[[], Awaitable[None]]
"""Asks the database what is new, and takes it in."""


class Database(Protocol):
    """The one database of this gateway, and of all its replicas: SQLite or PostgreSQL.

    A resource asks for it by annotation and owns its own tables in it.
    """

    @property
    def engine(self) -> AsyncEngine:
        """What connections are made of."""
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
