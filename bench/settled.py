"""What is measured is as it is where a gateway runs: its process, and a database a minute after much was written to it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import process
from gateway.logs import silence_logs


async def settle(engine: AsyncEngine) -> None:
    """Do what PostgreSQL does by itself within a minute (autovacuum): know what its tables have, and see their rows at once."""
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def as_a_gateway() -> Iterator[None]:
    """The process is set up as a gateway's, and afterwards as it was."""
    silence_logs()
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    process.settle()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)
