"""A visit reads one source once, from what it says to the catalog's tables, a batch at a time.

A. read    what the source says, in a worker thread where it blocks
B. write   a batch in one transaction: documents, the entities that follow from them, the journal
C. end     what a whole reading didn't find goes, unless that is too much at once; then the source's own state
D. check   the problems that follow from all of it

A process may be killed between any two transactions: what was written is whole, and the next reading goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from callboard_sdk.sources import Files, Gone, Item, Part, Same, Unread, Whole
from sqlalchemy.ext.asyncio import AsyncConnection

from callboard_catalog.descriptors.descriptor import Doubt, Place, Reading
from callboard_catalog.descriptors.reading import FilesReader, Found, Limits, digest_of, read_ready, read_text
from callboard_catalog.descriptors.trees import NoTree, TreeFiles
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.checking import AT_ONCE, check_some
from callboard_catalog.records.documents import Ready, take
from callboard_catalog.records.journal import Journal
from callboard_catalog.records.settling import settle

from .ending import Ending
from .known import Known
from .passing import Pass
from .schedule import Lost, Schedule
from .sources import Folder, Said, Source
from .waiting import ends_within

_log = logging.getLogger("callboard.catalog")

_BATCH = 200
"""Documents that are written in one transaction, and read in one go."""
_PARSED = 50
"""Texts that are parsed in one go."""


class Visit:
    """Reads one source that this process has claimed. `changed` says whether it wrote anything."""

    def __init__(self, source: Source, store: CatalogStore, schedule: Schedule, limits: Limits) -> None:
        self._source = source
        self._store = store
        self._schedule = schedule
        self._limits = limits
        self._pass = Pass()
        self._items: list[Item] = []
        self._batch: list[Ready] = []
        self._waiting = 0
        self.changed = False

    async def run(self) -> None:
        """Read it, and give it back. Raises Lost when another process has it now, and whatever the source raises."""
        async with self._renewed():
            await self._read()
            await self._parse()
            await self._flush()
            await self._write(Ending(self._source, self._schedule, self._pass).write)
            await self.check()

    async def look(self) -> None:
        """Look after a source that is not read: in one transaction, so that nobody who hands something over is turned away."""
        async with self._store.writing() as connection:
            if await self._schedule.claim(connection, {self._source.name: self._source.timing}) is None:
                return
            journal = Journal(self._schedule.now())
            await Ending(self._source, self._schedule, self._pass).write(connection, journal)
            await journal.write(connection, self._store.database)
        self.changed = bool(journal)
        await self.check()

    @asynccontextmanager
    async def _renewed(self) -> AsyncIterator[None]:
        """Keep the claim while the block runs; whoever loses it notices when it writes.

        The renewing is not cancelled at the end but told, so that no transaction is cut off half-way.
        """
        ended = asyncio.Event()

        async def renew() -> None:
            while not await ends_within(ended, self._schedule.lease / 3):
                try:
                    async with self._store.writing() as connection:
                        await self._schedule.renew(connection, self._source.name)
                except Lost:
                    return
                except Exception:
                    _log.warning("the claim on source %s could not be renewed", self._source.name, exc_info=True)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            ended.set()
            await task

    async def _read(self) -> None:  # A
        if self._source.read is None:
            raise TypeError(f"source {self._source.name} is not read: its entities are handed over")
        self._known = await Known.of(self._store, self._source.name)
        async with aclosing(self._source.read(self._known)) as said:  # type: ignore[type-var]
            async for event in said:
                await self._take(event)
                if self._pass.ended is not None:
                    return

    async def _take(self, event: Said) -> None:
        if isinstance(event, Item):
            self._items.append(event)
            if len(self._items) >= _PARSED:
                await self._parse()
            return
        await self._parse()
        match event:
            case Folder(files, paths):
                reader = FilesReader(self._source.name, files, paths, self._limits, await self._known.digests(""))
                await self._files(reader)
            case Files(name, tree, paths, version):
                reader = FilesReader(
                    self._source.name,
                    TreeFiles(tree, name),
                    map(PurePosixPath, paths),
                    self._limits,
                    await self._known.digests(name),
                )
                doubts = len(self._pass.doubts)
                await self._files(reader)
                self._pass.folders.append(name)
                if len(self._pass.doubts) == doubts and version is not None:
                    await self._add(Ready.of(Reading(name, version=version)))
            case Same(name):
                self._pass.same.add(name)
            case Gone(name):
                self._pass.gone.append(name)
            case Unread(name, why):
                problem = Place(self._source.name, name).problem(why.rule, f"{name or 'the source'} {why}", why.remedy)
                self._pass.doubts.append(Doubt(name, problem))
                self._pass.stopped = self._pass.stopped or not name
            case Whole() | Part():
                self._pass.ended = event

    async def _parse(self) -> None:
        """Take over the items that were told since; those that say what they said are only noted to be there."""
        items, self._items = self._items, []
        if items:
            known = await self._known.texts([item.name for item in items])
            for one in await asyncio.to_thread(lambda: [self._parsed(item, known) for item in items]):
                await self._found(one)

    def _parsed(self, item: Item, known: Mapping[str, tuple[str, str | None]]) -> Ready | Same:
        if item.text is not None and known.get(item.name) == (digest_of(item.text), item.version):
            return Same(item.name)
        return self.item(item)

    def item(self, event: Item) -> Ready:
        """What an item holds."""
        place = Place(self._source.name, event.name)
        files = TreeFiles(NoTree(), "")
        if event.text is not None:
            reading, _ = read_text(place, event.text, files, PurePosixPath(), self._limits)
        else:
            reading = read_ready(place, event.entities, files, self._limits)
        return Ready.of(replace(reading, version=event.version))

    async def _files(self, reader: FilesReader) -> None:
        found = iter(reader)
        while part := await asyncio.to_thread(_some, found):
            for one in part:
                await self._found(one)

    async def _found(self, one: Ready | Same | Doubt) -> None:
        match one:
            case Same(name):
                self._pass.seen.add(name)
            case Doubt():
                self._pass.doubts.append(one)
            case _:
                await self._add(one)

    async def _add(self, ready: Ready) -> None:
        self._pass.seen.add(ready.reading.name)
        self._batch.append(ready)
        self._waiting += 1 + len(ready.documents)
        if self._waiting >= _BATCH:
            await self._flush()

    async def _flush(self) -> None:  # B
        found, self._batch, self._waiting = self._batch, [], 0
        if not found:
            return

        async def write(connection: AsyncConnection, journal: Journal) -> None:
            touched = await take(connection, self._source.name, found, journal)
            self._pass.orphaned |= touched.orphaned
            await settle(connection, touched, journal)

        await self._write(write)

    async def _write(self, write: Callable[[AsyncConnection, Journal], Any]) -> None:
        """One transaction of this reading, as long as the source is this process's."""
        async with self._store.writing() as connection:
            await self._schedule.hold(connection, self._source.name)
            journal = Journal(self._schedule.now())
            await write(connection, journal)
            await journal.write(connection, self._store.database)
        self.changed = self.changed or bool(journal)

    async def check(self) -> None:  # D
        """Work out the problems that follow from what changed, whoever changed it."""
        left = AT_ONCE
        while left == AT_ONCE:
            async with self._store.writing() as connection:
                journal = Journal(self._schedule.now())
                left = await check_some(connection, journal, AT_ONCE)
                await journal.write(connection, self._store.database)
            self.changed = self.changed or bool(journal)

    async def fail(self, error: Exception) -> None:
        """Note that the reading didn't come to its end, and give the source back; what was read stays."""
        why = f"{type(error).__name__}: {error}"[:500]

        async def write(connection: AsyncConnection, journal: Journal) -> None:
            text = f"source {self._source.name} could not be read: {why}"
            remedy = "Mend what it says; what was read before stays till then."
            problem = Place(self._source.name, "").problem("source-failed", text, remedy)
            unread = Pass(doubts=[Doubt("")])
            await Ending(self._source, self._schedule, unread).fail(connection, why, problem, journal)

        await self._write(write)


def _some(found: Iterator[Found]) -> list[Ready | Same | Doubt]:
    """The next of what was found, its readings made ready."""
    part: list[Ready | Same | Doubt] = []
    for one in islice(found, _BATCH):
        part.append(Ready.of(one) if isinstance(one, Reading) else one)
        if isinstance(one, Reading) and sum(len(r.documents) for r in part if isinstance(r, Ready)) >= _BATCH:
            break
    return part
