"""What changes in the catalog, as it is told: followed in the journal, by whichever process wrote it.

A change is told to a viewer as far as that viewer sees it: what was hidden and is shown came to be, what was shown and is hidden
is gone. A cursor names what changed and when, and nothing else: a number of the journal would tell how much changes elsewhere.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callboard_sdk import BadArgument, Database, decode_cursor, encode_cursor
from sqlalchemy import Select, func, select
from sqlmodel import col

from callboard_catalog.records.journal import CHANNEL, ENTITY
from callboard_catalog.records.rows import whole_problem
from callboard_catalog.records.tables import ChangeRow, DocumentRow, EntityRow, ProblemRow, TermRow

from .store import CatalogStore

_KEPT = 1_000
"""The last changes are kept in memory: all who listen read them there."""
_AT_ONCE = 200
_ANEW = "ask for what there is now, then subscribe anew"
_PROBLEM = (col(ProblemRow.body), col(ProblemRow.source), col(ProblemRow.since))


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
        return encode_cursor(f"{self.at!r}/{self.name}")


class Changes:
    """The journal of one database, as this process has heard of it."""

    def __init__(self, store: CatalogStore) -> None:
        self._store = store
        self._last: deque[Change] = deque(maxlen=_KEPT)
        self._number = 0
        self._news = asyncio.Event()

    @asynccontextmanager
    async def following(self, database: Database) -> AsyncIterator[None]:
        """While the block runs, hear of what changes."""
        self._number = await self._newest()
        async with database.following(CHANNEL, self._refresh):
            yield

    async def since(self, what: str, after: str | None) -> AsyncIterator[Change]:
        """What changes of this kind from now on, and, with a cursor, what has changed since it. Raises BadArgument."""
        number = self._number if after is None else await self._numbered(what, after)
        while True:
            news = self._news
            found = await self._after(number)
            for change in found:
                number = change.number
                if change.what == what:
                    yield change
            if not found:
                await news.wait()

    async def after_image(self, change: Change) -> bytes | None:
        """What the entity, or the problem, was after this change; None when it was gone."""
        if change.how == "removed":
            return None
        own = col(ChangeRow.entity) == change.entity if change.what == ENTITY else col(ChangeRow.name) == change.name
        later = select(col(ChangeRow.before)).where(
            col(ChangeRow.what) == change.what, own, col(ChangeRow.number) > change.number
        )
        rows = await self._store.select(later.order_by(col(ChangeRow.number)).limit(1))
        if not rows:
            rows = await self._store.select(self._now(change))
            if rows and change.what != ENTITY:
                return whole_problem(*rows[0])
        return rows[0][0] if rows else None

    @staticmethod
    def _now(change: Change) -> Select[*tuple[Any, ...]]:
        if change.what == ENTITY:
            now = select(col(DocumentRow.body)).join(EntityRow, col(EntityRow.document) == col(DocumentRow.id))
            return now.where(col(EntityRow.id) == change.entity)
        return select(*_PROBLEM).where(col(ProblemRow.key) == change.name)

    async def _refresh(self) -> None:
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
        columns = [getattr(ChangeRow, name) for name in ("number", "at", "what", "how", "name", "entity", "before")]
        query = select(*columns, col(TermRow.text)).outerjoin(TermRow, col(TermRow.id) == col(ChangeRow.entity))
        query = query.where(col(ChangeRow.number) > number).order_by(col(ChangeRow.number)).limit(_AT_ONCE)
        return [
            Change(row.number, row.at, row.what, row.how, row.name or row.text, row.entity, row.before)
            for row in await self._store.select(query)
        ]

    async def _newest(self) -> int:
        [[number]] = await self._store.select(select(func.coalesce(func.max(col(ChangeRow.number)), 0)))
        return int(number)

    async def _numbered(self, what: str, cursor: str) -> int:
        """The change that a cursor names; of several at one instant the first, so that none is passed over."""
        at, _, name = (decode_cursor(cursor) or "").partition("/")
        try:
            instant = float(at)
        except ValueError:
            raise BadArgument("the cursor is none of this subscription: give the `cursor` of one of its events") from None
        own = col(TermRow.text) == name if what == ENTITY else col(ChangeRow.name) == name
        query = select(func.min(col(ChangeRow.number))).select_from(ChangeRow)
        query = query.outerjoin(TermRow, col(TermRow.id) == col(ChangeRow.entity))
        [[number]] = await self._store.select(query.where(col(ChangeRow.what) == what, col(ChangeRow.at) == instant, own))
        if number is None and instant < (known := await self._store.known_from()):
            since = datetime.fromtimestamp(known, UTC).isoformat(timespec="seconds")
            raise BadArgument(f"changes are known since {since}, and the cursor is older: {_ANEW}")
        if number is None:
            raise BadArgument(f"what changed at this cursor is no longer known: {_ANEW}")
        return int(number)
