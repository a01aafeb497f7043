"""Brings the sources into the store: each when it is due, by whichever process claims it first."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from callboard_sdk.sources import Item, Known
from sqlalchemy import delete, func, select
from sqlmodel import col

from callboard_catalog.descriptors.reading import Limits
from callboard_catalog.providers.hooks import Hooks
from callboard_catalog.providers.pushed import PartOf
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.checking import check_all
from callboard_catalog.records.documents import Touched, drop, source_problems
from callboard_catalog.records.journal import SOURCE, Journal
from callboard_catalog.records.settling import settle
from callboard_catalog.records.tables import DocumentRow, ItemRow, SourceRow

from .gathering import gathered
from .schedule import LEASE, Lost, Schedule
from .sources import Said, Source
from .visit import Visit
from .waiting import ends_within

_log = logging.getLogger("callboard.catalog")

_TICK = 1.0
"""Seconds after which the schedule is looked at again."""
_WAIT = 15.0
"""Seconds that a start waits for sources that were never read; it goes on without them then, and so do they."""
_PARTING = 2.0
"""Seconds that an end waits for what is being read or asked, so that no statement is cut off; then it is cancelled."""
_AT_ONCE = 4
"""Sources that one process reads at once."""


class Ingestion:
    """One process's share of reading the catalog's sources. What is stored stays as it is when a reading fails."""

    def __init__(
        self, sources: Sequence[Source], limits: Limits, store: CatalogStore, now: Callable[[], float] = time.time,
        *, tick: float = _TICK, lease: float = LEASE, hooks: Hooks | None = None,
    ) -> None:  # fmt: skip
        self.sources = {source.name: source for source in sources}
        self.schedule = Schedule(uuid.uuid4().hex, now, lease)
        self.hooks = hooks or Hooks(())
        self._tick = tick
        self._store = store
        self._limits = limits
        self._timings = {source.name: source.timing for source in sources}
        self._visits: set[asyncio.Task[bool]] = set()
        self._visited: set[str] = set()
        self._started = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def read_sources(self) -> list[str]:
        """The names of the sources that are read; the others' entities are handed over."""
        return [name for name, source in self.sources.items() if source.read is not None]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, read each source when it is due. Before it, read those at hand that never were; see _WAIT."""
        first = await self._declare()
        task = asyncio.create_task(self._repeat(first))
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._started.wait(), _WAIT)
            yield
        finally:
            self._ended.set()
            left = {task, *self._visits}
            await asyncio.wait(left, timeout=_PARTING)
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await self._leave()

    async def _declare(self) -> list[str]:
        """Make the sources known; those at hand that were never read, or are read at each start only."""
        async with self._store.writing() as connection:
            journal = Journal(self.schedule.now())
            if await self.schedule.declare(connection, list(self.sources), self.read_sources):
                several = select(col(DocumentRow.entity)).group_by(col(DocumentRow.entity)).having(func.count() > 1)
                await settle(connection, Touched(set((await connection.execute(several)).scalars())), journal)
            await journal.write(connection, self._store.database)
        rows = await self._store.select(select(col(SourceRow.name), col(SourceRow.succeeded)))
        read = {name for name, succeeded in rows if succeeded is not None}
        return [name for name, source in self.sources.items() if source.at_hand and (name not in read or not source.timing.every)]

    async def run(self, names: Sequence[str] | None = None) -> bool:
        """Read these sources now, all when left out, one after another; whether that changed the catalog."""
        left = {name: self._timings[name] for name in self.read_sources if names is None or name in names}
        changed = False
        while left:
            async with self._store.writing() as connection:
                name = await self.schedule.claim(connection, left, anyhow=True)
            if name is None:
                return changed
            left.pop(name)
            changed = await self._visit(self.sources[name]) or changed
        return changed

    async def take(self, source: Source, events: Sequence[Said], part: PartOf | None = None) -> bool:
        """Take over what is handed over of a source; False when another process has it just now.

        Raises Refused for a `part` that doesn't fit its set, of which nothing is stored, and what else is wrong.
        """
        async with self._store.writing() as connection:
            if await self.schedule.claim(connection, {source.name: source.timing}, anyhow=True) is None:
                return False
            events = await gathered(connection, source, events, part)

        async def read(known: Known) -> AsyncIterator[Said]:
            for event in events:
                yield event

        visit = Visit(replace(source, read=read), self._store, self.schedule, self._limits)
        try:
            await visit.run()
        except Exception as error:
            await visit.fail(error)
            raise
        return True

    def refused(self, source: Source, events: Sequence[Said]) -> list[str]:
        """What is wrong with descriptors that are handed over, so that they are no entities; each as a sentence."""
        visit = Visit(source, self._store, self.schedule, self._limits)
        readings = [visit.item(event).reading for event in events if isinstance(event, Item)]
        return [
            f"{reading.name}: {problem.message}. {problem.remedy}"
            for reading in readings
            if reading.unread
            for problem in reading.problems
        ]

    async def remove(self, name: str) -> bool:
        """Forget a source with all that it has; False when there is none of this name."""
        if await self._store.source(name) is None:
            return False
        async with self._store.writing() as connection:
            journal = Journal(self.schedule.now())
            items = list((await connection.execute(select(col(ItemRow.id)).where(col(ItemRow.source) == name))).scalars())
            await settle(connection, await drop(connection, name, items, journal), journal)
            await source_problems(connection, name, (), journal)
            await check_all(connection, journal)
            await connection.execute(delete(SourceRow).where(col(SourceRow.name) == name))
            journal.removed(SOURCE, name=name)
            await journal.write(connection, self._store.database)
        return True

    async def _repeat(self, first: Sequence[str]) -> None:
        """Read these sources, then each when it is due, until it is to end."""
        try:
            await self.run(first)
            while not self._ended.is_set() and (untried := await self._untried(first)):
                await asyncio.sleep(self._tick / 10)  # another process has them, or had them and was killed
                if await self._free(untried):
                    await self.run(untried)
        except Exception:
            _log.exception("the catalog's sources could not be read at the start")
        self._started.set()
        while not self._ended.is_set():
            try:
                while len(self._visits) < _AT_ONCE and (name := await self._claim()) is not None:
                    self._visited.add(name)
                    visit = asyncio.create_task(self._visit(self.sources[name]))
                    self._visits.add(visit)
                    visit.add_done_callback(self._visits.discard)
            except Exception:
                _log.exception("the catalog's schedule could not be followed")
            await ends_within(self._ended, self._tick)

    async def _untried(self, names: Sequence[str]) -> list[str]:
        """Those of these sources that were neither read yet, nor tried."""
        rows = await self._store.select(select(col(SourceRow.name), col(SourceRow.succeeded), col(SourceRow.failed)))
        return [name for name, succeeded, failed in rows if name in names and succeeded is None and failed is None]

    async def _free(self, names: Sequence[str]) -> bool:
        """Whether nobody has one of these sources."""
        async with self._store.reading() as connection:
            return await self.schedule.next(connection, {name: self._timings[name] for name in names}, anyhow=True) is not None

    async def _claim(self) -> str | None:
        timings = {name: timing for name, timing in self._timings.items() if name not in self._visited}
        async with self._store.reading() as connection:
            name = await self.schedule.next(connection, timings)
        if name is None or self.sources[name].read is None:
            return name
        async with self._store.writing() as connection:
            return await self.schedule.claim(connection, {name: timings[name]})

    async def _visit(self, source: Source) -> bool:
        self._visited.add(source.name)
        try:
            return await self._visiting(source)
        finally:
            self._visited.discard(source.name)

    async def _visiting(self, source: Source) -> bool:
        visit = Visit(source, self._store, self.schedule, self._limits)
        try:
            await (visit.run() if source.read is not None else visit.look())
        except Lost:
            _log.warning("source %s is read by another process now", source.name)
        except Exception as error:
            _log.exception("source %s could not be read", source.name)
            try:
                await visit.fail(error)
            except Lost:
                pass
            except Exception:
                _log.exception("that source %s failed could not be written", source.name)
        return visit.changed

    async def _leave(self) -> None:
        """Give back what this process has: others needn't wait for it."""
        try:
            async with self._store.writing() as connection:
                await self.schedule.leave(connection)
        except Exception:
            _log.warning("the sources that were being read could not be given back", exc_info=True)
