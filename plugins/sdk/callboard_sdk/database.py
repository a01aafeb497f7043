"""The gateway's database, for plugins that store something."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True)
class Database:
    """The one database of this gateway. A resource asks for it by annotation and owns its own tables in it."""

    engine: AsyncEngine
