"""What changes in the catalog, as it is told: followed in the journal, by whichever process wrote it.

A change is told to a viewer as far as that viewer sees it: what was hidden and is shown came to be, what was shown and is hidden
is gone. A cursor names what changed and when, and nothing else: a number of the journal would tell how much changes elsewhere.
For the same reason any instant is a place to go on from, whether something changed then or not.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from math import isfinite, nan

from callboard_sdk import BadArgument, Database, decode_cursor, encode_cursor
from sqlalchemy import func, select
from sqlmodel import col

from callboard_catalog.records.journal import CHANNEL, VERSION, instant
from callboard_catalog.records.tables import ChangeRow, TermRow

from .store import CatalogStore

_KEPT = 1_000
"""The last changes are kept in memory: all who listen read them there."""
_AT_ONCE = 200
_MISSED = 3_600.0
"""Seconds that a listener may have been away for."""
_ANEW = "ask for what there is now, then subscribe anew"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the journal; `name` is an entity's ref, a problem's key or a source's name."""

    number: int
    at: float
    what: str
    how: str
    name: str
    entity: int | None
    before: bytes | None

    @property
    def cursor(self) -> str:
        """What a client gives to go on after it."""
        return cursor_of(self.at, self.name)


class Changes:
    """The journal of one database, as this process has heard of it."""

    def __init__(self, store: CatalogStore, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self.now = now
        self._last: deque[Change] = deque(maxlen=_KEPT)
        self._number = 0
        self._news = asyncio.Event()
        self._refreshing = asyncio.Lock()

    @asynccontextmanager
    async def following(self, database: Database) -> AsyncIterator[None]:
        """While the block runs, hear of what changes."""
        self._number = await self._newest()
        async with database.following(CHANNEL, self._refresh):
            yield

    def past(self, at: float) -> bool:
        """Whether what was written down then is the past, and no more what a listener missed that was away for a moment."""
        return at < self.now() - _MISSED

    async def since(self, what: Collection[str], after: str | None) -> AsyncIterator[Change]:
        """What changes of these kinds from now on, and, with a cursor, what has changed since it. Raises BadArgument."""
        place = None if after is None else place_of(after)
        async for changes in self.together(place):
            for change in changes:
                if change.what in what and not passed(place, change.at, change.name):
                    yield change

    async def together(self, place: tuple[float, str] | None) -> AsyncIterator[list[Change]]:
        """All that changes from now on, or since the instant of a place, that included; a transaction at a time."""
        number = self._number if place is None else await self._before(place[0])
        while True:
            news = self._news
            found = await self._after(number)
            for _, changes in groupby(found, key=lambda change: change.at):
                yield list(changes)
            if found:
                number = found[-1].number
            else:
                await news.wait()

    async def _refresh(self) -> None:
        async with self._refreshing:
            if await self._newest() == self._number:
                return
            while found := await self._read(self._number):
                self._last.extend(found)
                self._number = found[-1].number
                news, self._news = self._news, asyncio.Event()
                news.set()

    async def _after(self, number: int) -> list[Change]:
        if number >= self._number:
            return []
        if self._last and number >= self._last[0].number - 1:
            return [change for change in self._last if change.number > number]
        return await self._read(number)

    async def _read(self, number: int) -> list[Change]:
        """The next changes, whole transactions of them."""
        columns = [getattr(ChangeRow, name) for name in ("number", "at", "what", "how", "name", "entity", "before")]
        query = select(*columns, col(TermRow.text)).outerjoin(TermRow, col(TermRow.id) == col(ChangeRow.entity))
        query = query.where(col(ChangeRow.number) > number).order_by(col(ChangeRow.number))
        rows = list(await self._store.select(query.limit(_AT_ONCE)))
        if len(rows) == _AT_ONCE:
            last = rows[-1]
            rows += await self._store.select(query.where(col(ChangeRow.number) > last.number, col(ChangeRow.at) == last.at))
        return [Change(row.number, row.at, row.what, row.how, row.name or row.text or "", row.entity, row.before) for row in rows]

    async def _newest(self) -> int:
        [[number]] = await self._store.select(select(VERSION))
        return int(number)

    async def _before(self, at: float) -> int:
        """The number of the last change before an instant. Raises BadArgument where changes since then are forgotten."""
        if at < (known := await self._store.known_from()):
            since = instant(known).isoformat(timespec="seconds")
            raise BadArgument(f"changes are known since {since}, and the cursor is older: {_ANEW}")
        then = select(func.min(col(ChangeRow.number)) - 1).where(col(ChangeRow.at) == at).scalar_subquery()
        earlier = select(func.max(col(ChangeRow.number))).where(col(ChangeRow.at) < at).scalar_subquery()
        [[number]] = await self._store.select(
            select(func.coalesce(then, earlier, 0))
        )  # clocks may go back: then by what it names
        return int(number)


def cursor_of(at: float, name: str) -> str:
    """What a client gives to go on after what changed then."""
    return encode_cursor(f"{at!r}/{name}")


def passed(place: tuple[float, str] | None, at: float, name: str) -> bool:
    """Whether it was told before the place that a cursor says, or there: what changes at one instant is told by name."""
    return place is not None and at == place[0] and name <= place[1]


def place_of(cursor: str) -> tuple[float, str]:
    """The instant and the name that a cursor says. Raises BadArgument."""
    try:
        at, _, name = (decode_cursor(cursor) or "").partition("/")
        instant = float(at)
    except (BadArgument, ValueError):
        instant, name = nan, ""
    if not isfinite(instant):
        raise BadArgument("the cursor is none of this subscription: give the `cursor` of one of its events")
    return instant, name
