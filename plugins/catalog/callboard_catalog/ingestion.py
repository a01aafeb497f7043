"""Brings the sources into the store: each when it is due, by whichever process claims it first."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from sqlalchemy import func, select
from sqlmodel import col

from .documents import Touched
from .journal import Journal
from .reading import Limits
from .schedule import Lost, Schedule, Timing
from .settings import CatalogSettings
from .settling import settle
from .sources import Source, sources_of
from .store import CatalogStore
from .tables import DocumentRow, SourceRow
from .visit import Visit

_log = logging.getLogger("callboard.catalog")

_TICK = 1.0
"""Seconds after which the schedule is looked at again."""
_WAIT = 15.0
"""Seconds that a start waits for sources that were never read; it goes on without them then, and so do they."""


class Ingestion:
    """One process's share of reading the catalog's sources. What is stored stays as it is when a reading fails."""

    def __init__(
        self, settings: CatalogSettings, store: CatalogStore, sources: Sequence[Source] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        found = sources_of(settings) if sources is None else sources
        self.sources = {source.name: source for source in found}
        self._store = store
        self._limits = Limits(settings.max_file_bytes, settings.max_files)
        self._schedule = Schedule(uuid.uuid4().hex, now)
        self._started = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, read each source when it is due. Before it, read those that never were; see _WAIT."""
        first = await self._declare()
        task = asyncio.create_task(self._repeat(first))
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._started.wait(), _WAIT)
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _declare(self) -> list[str]:
        """Make the sources known; those that were never read, or are read at each start only."""
        async with self._store.writing() as connection:
            journal = Journal(self._schedule.now())
            if await self._schedule.declare(connection, list(self.sources)):
                several = select(col(DocumentRow.entity)).group_by(col(DocumentRow.entity)).having(func.count() > 1)
                await settle(connection, Touched(set((await connection.execute(several)).scalars())), journal)
            await journal.write(connection)
        rows = await self._store.select(select(col(SourceRow.name), col(SourceRow.succeeded)))
        known = dict(tuple(row) for row in rows)
        return [name for name, source in self.sources.items() if known.get(name) is None or not source.timing.every]

    async def _read(self, names: Sequence[str]) -> bool:
        """Whether each of these sources was read once, or at least tried."""
        rows = await self._store.select(select(col(SourceRow.name), col(SourceRow.succeeded), col(SourceRow.failed)))
        return {name for name, succeeded, failed in rows if succeeded is not None or failed is not None} >= set(names)

    async def run(self, names: Sequence[str] | None = None) -> bool:
        """Read these sources now, all when left out, one after another; whether that changed the catalog."""
        left = {name: self.sources[name].timing for name in (self.sources if names is None else names)}
        changed = False
        while left:
            async with self._store.writing() as connection:
                name = await self._schedule.claim(connection, left, anyhow=True)
            if name is None:
                return changed
            left.pop(name)
            changed = await self._visit(self.sources[name]) or changed
        return changed

    async def _repeat(self, first: Sequence[str]) -> None:
        """Read these sources, then each when it is due, until cancelled."""
        try:
            await self.run(first)
            while not await self._read(first):  # noqa: ASYNC110  another process has them, and says so in the database
                await asyncio.sleep(_TICK / 10)
        except Exception:
            _log.exception("the catalog's sources could not be read at the start")
        self._started.set()
        timings = {name: source.timing for name, source in self.sources.items()}
        while True:
            try:
                while (name := await self._claim(timings)) is not None:
                    await self._visit(self.sources[name])
            except Exception:
                _log.exception("the catalog's schedule could not be followed")
            await asyncio.sleep(_TICK)

    async def _claim(self, timings: Mapping[str, Timing]) -> str | None:
        async with self._store.reading() as connection:
            if await self._schedule.next(connection, timings) is None:
                return None
        async with self._store.writing() as connection:
            return await self._schedule.claim(connection, timings)

    async def _visit(self, source: Source) -> bool:
        visit = Visit(source, self._store, self._schedule, self._limits)
        try:
            await visit.run()
        except Lost:
            _log.warning("source %s is read by another process now", source.name)
        except Exception as error:
            _log.exception("source %s could not be read", source.name)
            try:
                await visit.fail(error)
            except Exception:
                _log.exception("that source %s failed could not be written", source.name)
        return visit.changed
