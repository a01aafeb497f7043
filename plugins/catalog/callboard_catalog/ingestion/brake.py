"""The brake: which of the documents that a source doesn't have any more go, and which wait for a person.

A. elsewhere  what another document says too goes at once: its entity stays
B. brake      entities that would go wait for a person where they are more than one reading may remove; what was lost before
              and waits already holds up nothing that is lost after it
C. time       what may go goes at once, or stays as an orphan for `keep_orphans_seconds`
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlmodel import col

from callboard_catalog.records.documents import Touched, forget, let_go
from callboard_catalog.records.journal import Journal
from callboard_catalog.records.settling import settle
from callboard_catalog.records.tables import DocumentRow, ItemRow, TermRow

from .known import chunks
from .passing import Pass
from .sources import Source


class _Orphan(NamedTuple):
    """A document that its source doesn't have any more; `elsewhere` is whether another one says what its entity is."""

    document: int
    item: str
    entity: int
    ref: str
    orphaned: float
    leaving: bool
    elsewhere: bool


class Brake:
    """Judges what one source lost, when a reading of it ends; `now` in seconds since 1970."""

    def __init__(self, source: Source, said: Pass, now: float) -> None:
        self._source = source
        self._pass = said
        self._now = now
        self.released = 0
        """How many documents went."""
        self.until: float | None = None
        """When the first of those goes that may go and stay a while; in seconds since 1970."""

    async def release(self, connection: AsyncConnection, row: Any, journal: Journal) -> dict[str, Any]:
        """Let go what may go; `row` is the source's, and what it has to say from now on of what is held back is given."""
        orphans = await self._orphans(connection)
        going = [one for one in orphans if one.elsewhere]  # A
        lost = [one for one in orphans if not one.elsewhere]
        waiting = [one for one in lost if not one.leaving]
        of = await self._entities(connection) if waiting else 0
        let = self._let(waiting, of, row)  # B
        free = [one for one in lost if one.leaving] + let
        over = [one for one in free if self._is_over(one)]  # C
        staying = [one for one in let if not self._is_over(one)]
        left = [one.orphaned for one in free if not self._is_over(one)]
        self.until = min(left) + self._source.keep_orphans_seconds if left else None
        self.released = len(going) + len(over)
        for part in chunks([one.document for one in going + over]):
            await settle(connection, await forget(connection, part), journal)
        for part in chunks([one.document for one in staying]):
            await let_go(connection, part)
        held = _minus(waiting, let)
        new = [one for one in held if one.document in self._pass.orphaned]
        for part in chunks([one.entity for one in staying + new]):
            await settle(connection, Touched(set(part)), journal)
        if not held:
            return {"held": 0, "held_of": 0, "held_key": None, "allowed_key": None}
        of = of if new else row.held_of or of  # as it was lost
        return {"held": _count(held), "held_of": of, "held_key": _key(held), "allowed_key": None}

    async def _orphans(self, connection: AsyncConnection) -> list[_Orphan]:
        other = aliased(DocumentRow)
        elsewhere = select(col(other.id)).where(col(other.entity) == col(DocumentRow.entity), col(other.orphaned).is_(None))
        columns: list[Any] = [col(DocumentRow.id), col(ItemRow.name), col(TermRow.id), col(TermRow.text)]
        query = select(*columns, col(DocumentRow.orphaned), col(DocumentRow.leaving), elsewhere.exists())
        query = query.select_from(DocumentRow).join(ItemRow, col(ItemRow.id) == col(DocumentRow.item))
        query = query.join(TermRow, col(TermRow.id) == col(DocumentRow.entity))
        query = query.where(col(ItemRow.source) == self._source.name, col(DocumentRow.orphaned).is_not(None))
        return list(map(_Orphan._make, (await connection.execute(query)).all()))

    def _let(self, waiting: list[_Orphan], of: int, row: Any) -> list[_Orphan]:
        """Those that may go, of as many entities as the source says something of; that it has more by now excuses no loss."""
        new = [one for one in waiting if one.document in self._pass.orphaned]
        old = _minus(waiting, new)
        if self._may_go(waiting, min(of, row.held_of or of)) or _key(waiting) == row.allowed_key:
            return waiting
        return [*(old if _key(old) == row.allowed_key else []), *(new if self._may_go(new, of) else [])]

    def _may_go(self, orphans: Sequence[_Orphan], of: int) -> bool:
        return _count(orphans) <= max(self._source.removal_floor, self._source.removal_share * of)

    async def _entities(self, connection: AsyncConnection) -> int:
        """How many entities the source says something of."""
        query = select(func.count(func.distinct(col(DocumentRow.entity)))).select_from(DocumentRow)
        query = query.join(ItemRow, col(ItemRow.id) == col(DocumentRow.item)).where(col(ItemRow.source) == self._source.name)
        return (await connection.execute(query)).scalar_one()

    def _is_over(self, one: _Orphan) -> bool:
        """Whether its time as an orphan is over; that of one that is let stay a while isn't, while it can't be looked for."""
        wait = self._source.keep_orphans_seconds
        return wait == 0 or (not self._now - wait < one.orphaned <= self._now and not self._pass.is_unsure(one.item))


def _minus(orphans: Sequence[_Orphan], others: Collection[_Orphan]) -> list[_Orphan]:
    without = {one.document for one in others}
    return [one for one in orphans if one.document not in without]


def _count(orphans: Sequence[_Orphan]) -> int:
    return len({one.entity for one in orphans})


def _key(orphans: Sequence[_Orphan]) -> str:
    """What names the entities that would go, and no others."""
    return hashlib.blake2b("\n".join(sorted({one.ref for one in orphans})).encode(), digest_size=12).hexdigest()
