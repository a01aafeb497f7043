"""The audit's store: records are added in order, each tied to the one before, and never changed; the oldest may be removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callboard_sdk import Connection, Database, Page
from sqlalchemy import delete, false, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from resolvers.database import AUDIT, claim
from resolvers.numbered import asked_for, connected

from .record import GENESIS, SHORTENED, Entry, Head, Record, next_record
from .tables import LAST, REMOVED, AuditRow, HeadRow

_CHUNK = 500
_REMOVED_AT_ONCE = 10_000
GATEWAY = "gateway"
"""Who did what nobody asked for."""
_COLUMNS = [col(getattr(AuditRow, name)) for name in Record.__slots__]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are asked for; None for any. A kind stands for all below it too: `policy` for `policy.published`."""

    kinds: Sequence[str] | None = None
    actor: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditStore:
    """Who did what, in the gateway's database. `now` is the clock, in UTC."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._engine = database.engine
        self.now = now

    async def append(self, *entries: Entry) -> Head:
        """Record these in a transaction of their own."""
        async with self._database.writing(AUDIT) as connection:
            return await self.write(connection, *entries)

    async def __call__(self, kind: str, actor: str, subject: str, details: Mapping[str, Any]) -> None:
        """Record this, in a transaction of its own."""
        await self.append(Entry(kind, actor, subject, details))

    async def write(self, connection: AsyncConnection, *entries: Entry) -> Head:
        """Record these in the transaction of what they tell, so that there is neither without the other.

        Other writers wait until the transaction ends: let it end soon.
        """
        await claim(connection, AUDIT)
        head = await _head(connection) or Head(0, GENESIS)
        at = instant(self.now())
        records: list[Record] = []
        for entry in entries:
            record = next_record(entry, at, head)
            head = Head(record.sequence, record.hash)
            records.append(record)
        for start in range(0, len(records), _CHUNK):
            await connection.execute(insert(AuditRow), [_row(record) for record in records[start : start + _CHUNK]])
        await _mark(connection, LAST, head)
        return head

    async def any_before(self, moment: datetime) -> bool:
        """Whether any record is older."""
        oldest = select(col(AuditRow.at)).order_by(col(AuditRow.sequence)).limit(1)
        return any(at < instant(moment) for [at] in await self._select(oldest))

    async def shorten(self, before: datetime) -> int:
        """Remove the oldest records up to the first that isn't older, some thousands at once; how many that were.

        The chain says so itself, in a record that names the last that was removed, and its hash.
        """
        sequence = col(AuditRow.sequence)
        async with self._database.writing(AUDIT) as connection:
            start = await _head(connection, REMOVED) or Head(0, GENESIS)
            last = await _head(connection) or start
            kept = await connection.scalar(select(func.min(sequence)).where(col(AuditRow.at) >= instant(before)))
            until = min(start.sequence + _REMOVED_AT_ONCE, last.sequence if kept is None else kept - 1)
            found = await connection.scalar(select(col(AuditRow.hash)).where(sequence == until))
            if until <= start.sequence or found is None:
                return 0
            told = {"through": until, "hash": found, "records": until - start.sequence, "before": instant(before)}
            await self.write(connection, Entry(SHORTENED, GATEWAY, str(until), told))
            await _mark(connection, REMOVED, Head(until, found))
            await connection.execute(delete(AuditRow).where(sequence <= until))
            return until - start.sequence

    async def removed(self) -> Head | None:
        """The last record that was removed for its age, and its hash; None where none was."""
        async with self._engine.connect() as connection:
            return await _head(connection, REMOVED)

    async def head(self) -> Head | None:
        """The last record's place and hash; None where there is none."""
        async with self._engine.connect() as connection:
            return await _head(connection)

    async def after(self, sequence: int | None, limit: int) -> list[Record]:
        """The next records in order, after this one; None for the first ones."""
        where = [] if sequence is None else [col(AuditRow.sequence) > sequence]
        query = select(*_COLUMNS).where(*where).order_by(col(AuditRow.sequence)).limit(limit)
        return [Record(*row) for row in await self._select(query)]

    async def page(self, wanted: Wanted, page: Page) -> Connection[Record]:
        """One page of the records that are wanted, the newest first."""
        sequence = col(AuditRow.sequence)
        where = _conditions(wanted)
        total = (await self._select(select(func.count()).select_from(AuditRow).where(*where)))[0][0]
        within, order = asked_for(sequence, page, digits=18)
        query = select(*_COLUMNS).where(*where, *within).order_by(order).limit(page.size + 1)
        found = [Record(*row) for row in await self._select(query)]
        return connected(found, page, lambda record: record.sequence, total=total)

    async def kinds(self) -> list[str]:
        """The kinds that there are records of, sorted."""
        return sorted(row[0] for row in await self._select(select(col(AuditRow.kind)).distinct()))

    async def _select(self, query: Any) -> Sequence[Any]:
        async with self._engine.connect() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows


def instant(moment: datetime) -> str:
    """An instant as the audit writes it: UTC, with microseconds, so that texts are in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


async def _head(connection: AsyncConnection, which: int = LAST) -> Head | None:
    query = select(col(HeadRow.sequence), col(HeadRow.hash)).where(col(HeadRow.id) == which)
    row = (await connection.execute(query)).first()
    return Head(*row) if row else None


async def _mark(connection: AsyncConnection, which: int, head: Head) -> None:
    new = {"sequence": head.sequence, "hash": head.hash}
    changed = await connection.execute(update(HeadRow).where(col(HeadRow.id) == which).values(**new))
    if not changed.rowcount:
        await connection.execute(insert(HeadRow), [{"id": which, **new}])


def _row(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def _conditions(wanted: Wanted) -> list[Any]:
    row = AuditRow
    found: list[Any] = []
    if wanted.kinds is not None:
        below = [col(row.kind).startswith(f"{kind}.", autoescape=True) for kind in wanted.kinds]
        found.append(or_(false(), col(row.kind).in_(wanted.kinds), *below))
    found += [col(getattr(row, one)) == text for one in ("actor", "subject") if (text := getattr(wanted, one)) is not None]
    if wanted.since is not None:
        found.append(col(row.at) >= instant(wanted.since))
    if wanted.until is not None:
        found.append(col(row.at) < instant(wanted.until))
    return found
