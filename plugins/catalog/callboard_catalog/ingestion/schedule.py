"""When each source is read next, and by which process: claimed in the database, so that replicas share the work.

A process that has a source renews its claim while it reads; one that isn't heard of for that long has lost it, and what
it still wants to write is refused. Clocks may jump: what lies further ahead than it can is due.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.records.tables import SourceRow
from callboard_catalog.records.terms import among

LEASE = 60.0
"""Seconds for which a claim stands without being renewed."""
_RETRY = 10.0
"""Seconds after which a source that failed is read again, the first time; it doubles up to the source's own interval."""
_LAST = 1_000_000
"""The rank of sources that are in no settings any more."""


class Lost(Exception):
    """Another process reads the source now: what this one found is not written."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a source is read, in seconds, and by up to what share of it later; 0 is never by itself."""

    every: float
    jitter: float = 0.1


class Schedule:
    """The sources' times and claims. `reader` names this process, a claim stands for `lease` seconds, `now` tells the time."""

    def __init__(self, reader: str, now: Callable[[], float], lease: float = LEASE) -> None:
        self.reader = reader
        self.now = now
        self.lease = lease

    async def declare(self, connection: AsyncConnection, names: Sequence[str], read: Collection[str]) -> bool:
        """Have these sources, in this order of precedence, and those that are `read` at once; whether that changed which of two
        documents may stand.
        """
        known = {row.name: row for row in (await connection.execute(select(*_COLUMNS))).all()}
        moved = False
        for rank, name in enumerate(names):
            if name not in known:
                due = 0.0 if name in read else _NEVER
                await connection.execute(insert(SourceRow), [{**_EMPTY, "name": name, "rank": rank, "due": due}])
            elif known[name].rank != rank:
                moved = True
                await connection.execute(update(SourceRow).where(col(SourceRow.name) == name).values(rank=rank))
        for name in known.keys() - set(names):
            if known[name].rank != _LAST:
                moved = True
                await connection.execute(update(SourceRow).where(col(SourceRow.name) == name).values(rank=_LAST))
        return moved

    async def know(self, connection: AsyncConnection, name: str) -> None:
        """Have this source, after all others, if it isn't known."""
        if (await connection.execute(select(*_COLUMNS).where(col(SourceRow.name) == name))).one_or_none() is None:
            await connection.execute(insert(SourceRow), [{**_EMPTY, "name": name, "rank": _LAST, "due": _NEVER}])

    async def claim(self, connection: AsyncConnection, timings: Mapping[str, Timing], *, anyhow: bool = False) -> str | None:
        """Take the source that has been due the longest and that nobody reads; `anyhow` one that isn't due.

        It is due as of now: when that is different at the reading's end, somebody asked for another meanwhile.
        """
        name = await self.next(connection, timings, anyhow=anyhow, claimed=True)
        if name is not None:
            now = self.now()
            await self._set(connection, name, reader=self.reader, until=now + self.lease, started=now, due=now)
        return name

    async def next(
        self, connection: AsyncConnection, timings: Mapping[str, Timing], *, anyhow: bool = False, claimed: bool = False
    ) -> str | None:
        """The source that there is to read."""
        now = self.now()
        free = or_(col(SourceRow.reader).is_(None), col(SourceRow.until) <= now, col(SourceRow.until) > now + 2 * self.lease)
        query = select(*_COLUMNS).where(among(col(SourceRow.name), timings, connection.dialect.name), free)
        query = query.order_by(col(SourceRow.due), col(SourceRow.name))
        for row in (await connection.execute(query.with_for_update(skip_locked=True) if claimed else query)).all():
            if anyhow or _due(row.due, timings[row.name].every, now):
                return str(row.name)
        return None

    async def renew(self, connection: AsyncConnection, name: str) -> None:
        """Keep the source for another lease. Raises Lost."""
        await self.hold(connection, name)
        await self._set(connection, name, until=self.now() + self.lease)

    async def hold(self, connection: AsyncConnection, name: str) -> Any:
        """The source's row, which is this process's until the transaction ends. Raises Lost."""
        row = (await connection.execute(select(*_COLUMNS).where(col(SourceRow.name) == name))).one_or_none()
        if row is None or row.reader != self.reader:
            raise Lost(name)
        return row

    async def succeeded(self, connection: AsyncConnection, name: str, timing: Timing, **values: Any) -> None:
        """A reading came to its end."""
        ended = {"reader": None, "until": 0.0, "succeeded": self.now(), "failed": None, "error": None, "failures": 0}
        await self._set(connection, name, due=_unless_asked(self._next(timing)), **ended, **values)

    async def looked(self, connection: AsyncConnection, name: str, timing: Timing, **values: Any) -> None:
        """A source that is not read was looked after: that says nothing of when it was last heard of."""
        ended = {"reader": None, "until": 0.0, "failed": None, "error": None, "failures": 0}
        await self._set(connection, name, due=_unless_asked(self._next(timing)), **ended, **values)

    def _next(self, timing: Timing) -> float:
        """When a source is due whose reading ends now."""
        return min(self.now() + timing.every * random.uniform(1, 1 + timing.jitter), _NEVER) if timing.every else _NEVER  # noqa: S311

    async def failed(self, connection: AsyncConnection, name: str, timing: Timing, error: str, **values: Any) -> None:
        """A reading didn't come to its end."""
        row, now = await self.hold(connection, name), self.now()
        wait = min(timing.every, _RETRY * 2 ** min(row.failures, 20)) if timing.every else _NEVER
        ended = {"reader": None, "until": 0.0, "failed": row.failed or now, "error": error, "failures": row.failures + 1}
        await self._set(connection, name, due=_unless_asked(min(now + wait, _NEVER)), **ended, **values)

    async def handed(self, connection: AsyncConnection, name: str) -> None:
        """What the source has was handed over by who has it."""
        await self._set(connection, name, succeeded=self.now(), failed=None, error=None)

    async def allow(self, connection: AsyncConnection, name: str, key: str) -> None:
        """Let the source lose what it holds back under this key, and have it read, or looked after, for that."""
        await self._set(connection, name, allowed_key=key, due=0.0)

    async def leave(self, connection: AsyncConnection) -> None:
        """Give back whatever this process has; it is still due."""
        await connection.execute(update(SourceRow).where(col(SourceRow.reader) == self.reader).values(reader=None, until=0.0))

    async def hurry(self, connection: AsyncConnection, name: str) -> None:
        """Have the source read as soon as somebody can."""
        await self._set(connection, name, due=0.0)

    def hastened(self, row: Any, pace: float) -> float | None:
        """When a source that is said to have changed is read: `pace` seconds after the last reading began, or now if that was
        earlier; None where nothing is to be written for that: another reading begins by then anyway.
        """
        now = self.now()
        due = min(max(now, (row.started or 0.0) + pace), now + pace)
        being_read = row.reader is not None and row.due == row.started
        return due if being_read or row.due > due else None

    async def hasten(self, connection: AsyncConnection, name: str, pace: float) -> None:
        """Have the source read once more, for it is said to have changed; see `hastened`."""
        row = (await connection.execute(select(*_COLUMNS).where(col(SourceRow.name) == name))).one_or_none()
        if row is not None and (due := self.hastened(row, pace)) is not None:
            await self._set(connection, name, due=due)

    @staticmethod
    async def _set(connection: AsyncConnection, name: str, **values: Any) -> None:
        await connection.execute(update(SourceRow).where(col(SourceRow.name) == name).values(**values))


_NEVER = 1e11
_COLUMNS = [getattr(SourceRow, name) for name in SourceRow.model_fields]
_EMPTY = {"due": 0.0, "until": 0.0, "failures": 0, "held": 0, "held_of": 0}


def _unless_asked(due: float) -> Any:
    """When a source is read next whose reading ends now, unless it was asked for anew since it began."""
    return case((col(SourceRow.due) == col(SourceRow.started), due), else_=col(SourceRow.due))


def _due(due: float, every: float, now: float) -> bool:
    return due <= now or (every > 0 and due > now + 2 * every)
