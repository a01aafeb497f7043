"""The end of a reading: what it didn't find goes, is marked first, or waits for a person.

A. proof    an item that was not found is missing where that proves something, unsure where it could not be looked for
B. unsure   shown as it was last read
C. missing  its documents are orphans, as those are that went inside an item; which of them go the brake says
D. outcome  the reading failed where nothing could be read, or not on; else it came to its end
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from callboard_sdk import Problem
from callboard_sdk.sources import Whole
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.descriptors.descriptor import Place
from callboard_catalog.records.documents import Touched, drop, emptied, keep, orphan, restore, source_problems
from callboard_catalog.records.journal import INSIDE, SOURCE, Journal
from callboard_catalog.records.settling import settle
from callboard_catalog.records.tables import DocumentRow, ItemRow, TermRow

from .brake import Brake
from .known import chunks
from .passing import Pass, and_above
from .schedule import Schedule, Timing
from .sources import Source

_AT_ONCE = 1_000
"""Rows that are looked at before others have their turn."""


_SOON = 1.0
"""Seconds between two looks at a source that isn't read, at least."""


class _Lost(NamedTuple):
    """An item that was not found."""

    name: str
    id: int
    orphaned: float | None
    unread: bool


class Ending:
    """Ends one reading of a source, by what it said."""

    def __init__(self, source: Source, schedule: Schedule, said: Pass) -> None:
        self._source = source
        self._schedule = schedule
        self._pass = said
        self._timing = source.timing

    async def write(self, connection: AsyncConnection, journal: Journal) -> None:
        """All that the end of the reading changes, in one transaction. Raises Lost when another process has the source now."""
        row = await self._schedule.hold(connection, self._source.name)
        held = await self._losses(connection, row, journal)
        problems = [doubt.problem for doubt in self._pass.doubts if doubt.problem is not None]
        why, name, ended = self._pass.failure, self._source.name, self._pass.ended
        await self._tell(connection, row, held, problems, why, journal)
        if why is not None:
            await self._schedule.failed(connection, name, self._timing, why, **held)
        elif self._source.read is None:
            await self._schedule.looked(connection, name, self._timing, **held)
        else:
            cursor = {} if ended is None else {"cursor": ended.cursor}
            await self._schedule.succeeded(connection, name, self._timing, **held, **cursor)

    async def fail(self, connection: AsyncConnection, why: str, problem: Problem, journal: Journal) -> None:
        """The same of a reading that raised: what a person let go goes, and all else stays as it is. Raises Lost."""
        row = await self._schedule.hold(connection, self._source.name)
        held: Mapping[str, Any] = {name: getattr(row, name) for name in ("held", "held_of", "held_key")}
        if row.allowed_key is not None:
            held = await self._losses(connection, row, journal)
        await self._tell(connection, row, held, [problem], why, journal)
        await self._schedule.failed(connection, self._source.name, self._source.timing, why, **held)

    async def _losses(self, connection: AsyncConnection, row: Any, journal: Journal) -> Mapping[str, Any]:  # A, B, C
        """Mark what is missing or unsure, and let go what may go; what is held back, as the source's row has it."""
        missing, unsure = await self._lost(connection)
        await self._keep(connection, unsure, journal)
        await settle(connection, Touched(await restore(connection, self._source.name, self._pass.same)), journal)
        now = self._schedule.now()
        for part in chunks([item.id for item in missing if item.orphaned is None]):
            self._pass.orphaned |= await orphan(connection, part, now)
        brake = Brake(self._source, self._pass, now)
        held = await brake.release(connection, row, journal)
        if self._source.pushed is not None and brake.until is not None:  # nobody reads it: it is looked after when that goes
            self._timing = Timing(max(brake.until - now, _SOON), 0.0)
        if missing or brake.released:
            await drop(connection, self._source.name, await emptied(connection, self._source.name), journal)
        return held

    async def _tell(
        self, connection: AsyncConnection, row: Any, held: Mapping[str, Any], problems: Sequence[Problem], why: str | None,
        journal: Journal,
    ) -> None:  # fmt: skip  # D
        """What is wrong with the source itself, and that something changed there: whether it fails, or what only some may see."""
        told = [*problems, self._held_problem(held)] if held["held"] else problems
        await source_problems(connection, self._source.name, told, journal)
        if (row.error is None) != (why is None):
            journal.changed(SOURCE, name=self._source.name)
        elif (row.error, row.held_key) != (why, held["held_key"]):
            journal.changed(INSIDE, name=self._source.name)

    async def _lost(self, connection: AsyncConnection) -> tuple[list[_Lost], list[_Lost]]:
        """The items that are proven not to be there, and those that could not be looked for."""
        whole = isinstance(self._pass.ended, Whole)
        if not (whole or self._pass.gone or self._pass.folders or self._pass.doubts):
            return [], []
        mine = select(func.count()).where(col(ItemRow.source) == self._source.name)
        if not (self._pass.gone or self._pass.doubts) and await connection.scalar(mine) == len(self._pass.seen):
            return [], []  # what was seen is stored, so that is all there is
        columns = [getattr(ItemRow, name) for name in ("name", "id", "orphaned", "unread")]
        query = select(*columns).where(col(ItemRow.source) == self._source.name).order_by(col(ItemRow.name))
        gone, folders = frozenset(self._pass.gone), frozenset(self._pass.folders)
        lead = await self._lead_on(connection)
        missing, unsure = [], []
        async for part in (await connection.stream(query)).partitions(_AT_ONCE):
            for row in map(_Lost._make, part):
                above = set(and_above(row.name))
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
        """Mark what is shown as it was last read, unless it was gone before.

        Not each entity of a source that could not be read at all: the source says so.
        """
        named = [doubt for doubt in self._pass.doubts if doubt.name]
        found = [item for item in unsure if not item.unread and item.orphaned is None]
        items = [item.id for item in found if any(doubt.covers(item.name) for doubt in named)]
        for part in chunks(items):
            await settle(connection, Touched(await keep(connection, part)), journal)

    def _held_problem(self, held: Mapping[str, Any]) -> Problem:
        text = f"source {self._source.name} lost {held['held']} of its {held['held_of']} entities at once; they are kept"
        remedy = "If they are to go, let them: allowRemoval with this source and the key that catalogSources tells."
        return Place(self._source.name, "").problem("removal-held", text, remedy)
