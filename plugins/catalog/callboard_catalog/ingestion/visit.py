"""A visit reads one source once, from what it says to the catalog's tables, a batch at a time.

A. read    what the source says, in a worker thread where it blocks
B. write   a batch in one transaction: documents, the entities that follow from them, the journal
C. end     what a whole reading didn't find goes, unless that is too much at once; then the source's own state
D. check   the problems that follow from all of it

A process may be killed between any two transactions: what was written is whole, and the next reading goes on from there.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from callboard_sdk import Problem
from callboard_sdk.sources import Files, Gone, Item, Part, Same, Unread, Whole
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.descriptors.descriptor import Doubt, Place, Reading
from callboard_catalog.descriptors.reading import FilesReader, Found, Limits, read_ready, read_text
from callboard_catalog.descriptors.trees import NoTree, TreeFiles
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.checking import check_some
from callboard_catalog.records.documents import Ready, Touched, drop, keep, orphan, source_problems, take
from callboard_catalog.records.journal import SOURCE, Journal
from callboard_catalog.records.settling import settle
from callboard_catalog.records.tables import DocumentRow, ItemRow, SourceRow, TermRow
from callboard_catalog.records.terms import among

from .schedule import Lost, Schedule
from .sources import Folder, Said, Source

_log = logging.getLogger("callboard.catalog")

_BATCH = 200
"""Documents that are written in one transaction, and read in one go."""
_CHECKED = 500


@dataclass
class _Pass:
    """What one reading said so far: the names of items, and what is doubtful; `ended` is how it said that it ended."""

    seen: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    ended: Whole | Part | None = None

    def found(self, name: str, above: set[str]) -> bool:
        """Whether the item is there; `above` are its name and those of what it lies below."""
        return name in self.seen or not above.isdisjoint(self.same)


class _Lost(NamedTuple):
    """An item that was not found."""

    name: str
    id: int
    orphaned: float | None
    unread: bool


class Visit:
    """Reads one source that this process has claimed. `changed` says whether it wrote anything."""

    def __init__(self, source: Source, store: CatalogStore, schedule: Schedule, limits: Limits) -> None:
        self._source = source
        self._store = store
        self._schedule = schedule
        self._limits = limits
        self._pass = _Pass()
        self._batch: list[Ready] = []
        self._waiting = 0
        self.changed = False

    async def run(self) -> None:
        """Read it, and give it back. Raises Lost when another process has it now, and whatever the source raises."""
        async with self._renewed():
            await self._read()
            await self._flush()
            await self._end()
            await self.check()

    @asynccontextmanager
    async def _renewed(self) -> AsyncIterator[None]:
        """Keep the claim while the block runs; whoever loses it notices when it writes.

        The renewing is not cancelled at the end but told, so that no transaction is cut off half-way.
        """
        ended = asyncio.Event()

        async def renew() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._schedule.lease / 3):
                        await ended.wait()
                    return
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
        async with aclosing(self._source.read(_Known(self._store, self._source.name, await self._cursor()))) as said:  # type: ignore[type-var]
            async for event in said:
                await self._take(event)
                if self._pass.ended is not None:
                    return

    async def _take(self, event: Said) -> None:
        match event:
            case Item():
                await self._add(await asyncio.to_thread(self.item, event))
            case Folder(files, paths):
                reader = FilesReader(self._source.name, files, paths, self._limits, await self._digests(""))
                await self._files(reader)
            case Files(name, tree, paths, version):
                reader = FilesReader(
                    self._source.name, TreeFiles(tree, name), map(PurePosixPath, paths), self._limits, await self._digests(name)
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
            case Whole() | Part():
                self._pass.ended = event

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
            await settle(connection, await take(connection, self._source.name, found, journal), journal)

        await self._write(write)

    async def _write(self, write: Callable[[AsyncConnection, Journal], Any]) -> None:
        """One transaction of this reading, as long as the source is this process's."""
        async with self._store.writing() as connection:
            await self._schedule.hold(connection, self._source.name)
            journal = Journal(self._schedule.now())
            await write(connection, journal)
            await journal.write(connection, self._store.database)
        self.changed = self.changed or bool(journal)

    async def _end(self) -> None:  # C
        async def write(connection: AsyncConnection, journal: Journal) -> None:
            row = await self._schedule.hold(connection, self._source.name)
            missing, unsure = await self._lost(connection)
            await self._keep(connection, unsure, journal)
            held = await self._held(connection, missing, row.allowed_key)
            if not held["held"]:
                await self._remove(connection, missing, journal)
            problems = [doubt.problem for doubt in self._pass.doubts if doubt.problem is not None]
            problems += [self._held_problem(held)] if held["held"] else []
            await source_problems(connection, self._source.name, problems, journal)
            if row.error is not None or row.held != held["held"]:
                journal.changed(SOURCE, name=self._source.name)
            ended = self._pass.ended
            cursor = {} if ended is None else {"cursor": ended.cursor}
            await self._schedule.succeeded(connection, self._source.name, self._source.timing, **held, **cursor)

        await self._write(write)

    async def _lost(self, connection: AsyncConnection) -> tuple[list[_Lost], list[_Lost]]:
        """The items that are proven not to be there, and those that could not be looked for."""
        whole = isinstance(self._pass.ended, Whole)
        if not (whole or self._pass.gone or self._pass.folders or self._pass.doubts):
            return [], []
        columns = [getattr(ItemRow, name) for name in ("name", "id", "orphaned", "unread")]
        query = select(*columns).where(col(ItemRow.source) == self._source.name).order_by(col(ItemRow.name))
        gone, folders = frozenset(self._pass.gone), frozenset(self._pass.folders)
        lead = await self._lead_on(connection)
        missing, unsure = [], []
        for row in map(_Lost._make, (await connection.execute(query)).all()):
            above = set(_and_above(row.name))
            if self._pass.found(row.name, above):
                continue
            if any(doubt.covers(row.name) for doubt in self._pass.doubts):
                unsure.append(row)
            elif not above.isdisjoint(gone) or (not lead and (whole or not above.isdisjoint(folders))):
                missing.append(row)
        return missing, unsure

    async def _lead_on(self, connection: AsyncConnection) -> bool:
        """Whether a Location can't be read now: where it led to wasn't looked at, so that what wasn't found proves nothing."""
        query = (
            select(col(DocumentRow.id))
            .join(ItemRow, col(ItemRow.id) == col(DocumentRow.item))
            .join(TermRow, col(TermRow.id) == col(DocumentRow.entity))
            .where(col(ItemRow.source) == self._source.name, col(DocumentRow.kept), col(TermRow.text).startswith("location:"))
        )
        return (await connection.execute(query.limit(1))).first() is not None

    async def _keep(self, connection: AsyncConnection, unsure: Sequence[_Lost], journal: Journal) -> None:
        """Mark what is shown as it was last read; not each entity of a source that could not be read at all, which says so."""
        named = [doubt for doubt in self._pass.doubts if doubt.name]
        items = [item.id for item in unsure if not item.unread and any(doubt.covers(item.name) for doubt in named)]
        for part in _chunks(items):
            await settle(connection, Touched(await keep(connection, part)), journal)

    async def _held(self, connection: AsyncConnection, missing: Sequence[_Lost], allowed: str | None) -> dict[str, Any]:
        """How many entities would go, of how many, if that is more than may go without a person's word."""
        none = {"held": 0, "held_of": 0, "held_key": None, "allowed_key": None}
        new = [item for item in missing if item.orphaned is None]
        if not new:
            return none
        dialect = connection.dialect.name
        entities = select(func.count(func.distinct(col(DocumentRow.entity)))).select_from(DocumentRow)
        going = (
            await connection.execute(entities.where(among(col(DocumentRow.item), [item.id for item in new], dialect)))
        ).scalar_one()
        mine = entities.join(ItemRow, col(ItemRow.id) == col(DocumentRow.item)).where(col(ItemRow.source) == self._source.name)
        of = (await connection.execute(mine)).scalar_one()
        key = hashlib.blake2b("\n".join(sorted(item.name for item in new)).encode(), digest_size=12).hexdigest()
        if going <= max(self._source.removal_floor, self._source.removal_share * of) or key == allowed:
            return none
        return {"held": going, "held_of": of, "held_key": key, "allowed_key": None}

    async def _remove(self, connection: AsyncConnection, missing: Sequence[_Lost], journal: Journal) -> None:
        now, wait = self._schedule.now(), self._source.keep_orphans_seconds
        old = [item.id for item in missing if wait == 0 or (item.orphaned is not None and not now - wait < item.orphaned <= now)]
        new = [item.id for item in missing if item.orphaned is None and wait > 0]
        for part in _chunks(old):
            await settle(connection, await drop(connection, self._source.name, part, journal), journal)
        for part in _chunks(new):
            await settle(connection, Touched(await orphan(connection, part, now)), journal)

    def _held_problem(self, held: Mapping[str, Any]) -> Problem:
        text = f"source {self._source.name} lost {held['held']} of its {held['held_of']} entities at once; they are kept"
        remedy = "If they are to go, let them: allowRemoval with this source and the key that catalogSources tells."
        return Place(self._source.name, "").problem("removal-held", text, remedy)

    async def check(self) -> None:  # D
        """Work out the problems that follow from what changed, whoever changed it."""
        left = _CHECKED
        while left == _CHECKED:
            async with self._store.writing() as connection:
                journal = Journal(self._schedule.now())
                left = await check_some(connection, journal, _CHECKED)
                await journal.write(connection, self._store.database)
            self.changed = self.changed or bool(journal)

    async def fail(self, error: Exception) -> None:
        """Note that the reading didn't come to its end, and give the source back; what was read stays."""
        why = f"{type(error).__name__}: {error}"[:500]

        async def write(connection: AsyncConnection, journal: Journal) -> None:
            row = await self._schedule.hold(connection, self._source.name)
            text = f"source {self._source.name} could not be read: {why}"
            remedy = "Mend what it says; what was read before stays till then."
            problem = Place(self._source.name, "").problem("source-failed", text, remedy)
            await source_problems(connection, self._source.name, [problem], journal)
            if row.error != why:
                journal.changed(SOURCE, name=self._source.name)
            await self._schedule.failed(connection, self._source.name, self._source.timing, why)

        await self._write(write)

    async def _cursor(self) -> str | None:
        rows = await self._store.select(select(col(SourceRow.cursor)).where(col(SourceRow.name) == self._source.name))
        return rows[0][0] if rows else None

    async def _digests(self, prefix: str) -> dict[str, str]:
        query = select(col(ItemRow.name), col(ItemRow.digest)).where(
            col(ItemRow.source) == self._source.name, col(ItemRow.digest) != "", col(ItemRow.orphaned).is_(None)
        )
        if prefix:
            query = query.where(col(ItemRow.name) > f"{prefix}/", col(ItemRow.name) < f"{prefix}0")
        return dict(tuple(row) for row in await self._store.select(query))


class _Known:
    """What the catalog knows of a source; see the SDK's Known."""

    def __init__(self, store: CatalogStore, source: str, cursor: str | None) -> None:
        self._store = store
        self._source = source
        self.cursor = cursor

    async def versions(self, names: Sequence[str]) -> Mapping[str, str]:
        known: dict[str, str] = {}
        for part in _chunks(names):
            query = select(col(ItemRow.name), col(ItemRow.version)).where(
                col(ItemRow.source) == self._source,
                col(ItemRow.version).is_not(None),
                col(ItemRow.unread).is_(False),
                col(ItemRow.orphaned).is_(None),
                among(col(ItemRow.name), part, self._store.dialect),
            )
            known |= dict(tuple(row) for row in await self._store.select(query))
        return known


def _some(found: Iterator[Found]) -> list[Ready | Same | Doubt]:
    """The next of what was found, its readings made ready."""
    part: list[Ready | Same | Doubt] = []
    for one in islice(found, _BATCH):
        part.append(Ready.of(one) if isinstance(one, Reading) else one)
        if isinstance(one, Reading) and sum(len(r.documents) for r in part if isinstance(r, Ready)) >= _BATCH:
            break
    return part


def _and_above(name: str) -> Iterator[str]:
    """The name, and those of what it lies below."""
    yield name
    while (at := name.rfind("/")) > 0:
        name = name[:at]
        yield name


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _CHECKED] for start in range(0, len(items), _CHECKED))
