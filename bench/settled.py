"""A database as it is a minute after much was written to it."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


async def settle(engine: AsyncEngine) -> None:
    """Do what PostgreSQL does by itself within a minute (autovacuum): know what its tables have, and see their rows at once."""
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))
