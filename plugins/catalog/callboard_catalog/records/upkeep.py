"""What nobody needs any more: changes of long ago, and texts that nothing refers to. Forgotten in batches. Part of the store.

A. turn      of all gateways one has it, once a day, whichever asks first
B. changes   those before an instant, but for the last one of all, whose number the catalog's version is
C. terms     those that no row refers to; the last one stays, for its number may not be another's

Each batch is a transaction of its own that has the catalog's lock, so no writer can begin to refer to what is being removed.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.descriptors.references import INVERSES

from .tables import ChangeRow, DocumentRow, EntityRow, MarkRow, ProblemRow, RelationRow, TermRow, UncheckedRow, UpkeepRow
from .terms import among

EVERY = 86_400.0
"""Seconds from one turn to the next."""
KNOWN_FROM = select(func.coalesce(func.max(col(UpkeepRow.known_from)), 0.0)).scalar_subquery()
"""Since when every change is known, as seconds since 1970; 0: all that ever were."""
_ONLY = 1
_REFERRING = (
    DocumentRow.entity,
    EntityRow.id,
    MarkRow.term,
    RelationRow.source,
    ChangeRow.entity,
    UncheckedRow.entity,
    ProblemRow.follows,
)
"""Where terms stand. The other end of a relation is the source of its mirror, and its type is always one of a few."""


async def take_turn(connection: AsyncConnection, now: float) -> bool:
    """Whether this process has the turn. A clock that was ahead holds nobody up for longer than two turns."""  # A
    row = (await connection.execute(select(col(UpkeepRow.due)))).one_or_none()
    if row is None:
        await connection.execute(insert(UpkeepRow), [{"id": _ONLY, "due": now + EVERY, "known_from": 0.0}])
        return True
    if now < row.due <= now + 2 * EVERY:
        return False
    await connection.execute(update(UpkeepRow).values(due=now + EVERY))
    return True


async def forget_changes(connection: AsyncConnection, before: float, most: int) -> int:
    """Forget at most so many of the changes before this instant, the oldest first; how many that were."""  # B
    await connection.execute(update(UpkeepRow).where(col(UpkeepRow.known_from) < before).values(known_from=before))
    last = select(func.max(col(ChangeRow.number))).scalar_subquery()
    oldest = select(col(ChangeRow.number), col(ChangeRow.at)).where(col(ChangeRow.number) < last)
    rows = (await connection.execute(oldest.order_by(col(ChangeRow.number)).limit(most))).all()
    numbers = [number for number, _ in takewhile(lambda row: row.at < before, rows)]
    if numbers:
        await connection.execute(delete(ChangeRow).where(col(ChangeRow.number) <= numbers[-1]))
    return len(numbers)


async def unused_terms(connection: AsyncConnection, after: int, most: int) -> tuple[int | None, list[int]]:
    """Of so many terms after this number those that nothing refers to, and the last number looked at; None at the end."""  # C
    looked = select(col(TermRow.id)).where(col(TermRow.id) > after).order_by(col(TermRow.id)).limit(most)
    last = (await connection.execute(select(func.max(looked.subquery().c.id)))).scalar()
    if last is None:
        return None, []
    which = (col(TermRow.id) > after) & (col(TermRow.id) <= last)
    return last, list((await connection.execute(_unused(which))).scalars())


async def forget_terms(connection: AsyncConnection, terms: list[int]) -> int:
    """Forget those of these terms that still nothing refers to; how many that were."""
    gone = list((await connection.execute(_unused(among(col(TermRow.id), terms, connection.dialect.name)))).scalars())
    await connection.execute(delete(TermRow).where(among(col(TermRow.id), gone, connection.dialect.name)))
    return len(gone)


def _unused(which: Any) -> Select[Any]:
    last = select(func.max(col(TermRow.id))).scalar_subquery()
    query = select(col(TermRow.id)).where(which, col(TermRow.id) < last, col(TermRow.text).not_in(list(INVERSES)))
    return query.where(*(~exists().where(col(one) == col(TermRow.id)) for one in _REFERRING))
