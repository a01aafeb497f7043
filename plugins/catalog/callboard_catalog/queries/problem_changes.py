"""Problems as they come and go, and those that stay while their entity changes.

An entity that comes into a viewer's sight brings its problems: to that viewer they come to be then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlmodel import col

from callboard_catalog.records.journal import ENTITY, PROBLEM
from callboard_catalog.records.rows import problem_of, whole_problem
from callboard_catalog.records.tables import ChangeRow, ProblemRow, TermRow
from callboard_catalog.records.terms import among

from .changes import Change, Changes, cursor_of, passed, place_of
from .store import CatalogStore

STAYS = "stays"


@dataclass(frozen=True, slots=True)
class ProblemEvent:
    """A problem that came, went or stays in one transaction, the last change of which has this number."""

    at: float
    number: int
    key: str
    how: str
    """As the journal has it, or STAYS."""
    body: bytes
    entity: Change | None
    """What the same transaction changed of its entity."""

    @property
    def cursor(self) -> str:
        """What a client gives to go on after it."""
        return cursor_of(self.at, self.key)


async def problem_events(changes: Changes, store: CatalogStore, after: str | None) -> AsyncIterator[ProblemEvent]:
    """What becomes of problems, by key where it is of one instant. Raises BadArgument for what is no cursor."""
    place = None if after is None else place_of(after)
    async for found in changes.together(place):
        for event in await _events(store, found):
            if not passed(place, event.at, event.key):
                yield event


async def _events(store: CatalogStore, found: Sequence[Change]) -> list[ProblemEvent]:
    at, number = found[-1].at, found[-1].number
    entities = {change.name: change for change in found if change.what == ENTITY}
    moved = {change.name: change for change in found if change.what == PROBLEM}
    if not (entities or moved):
        return []
    bodies = await _there(store, moved, entities, number)
    bodies |= {key: change.before for key, change in moved.items() if change.before is not None}
    events = []
    for key, body in sorted(bodies.items()):
        how = moved[key].how if key in moved else STAYS
        events.append(ProblemEvent(at, number, key, how, body, entities.get(str(problem_of(body).entity))))
    return events


async def _there(store: CatalogStore, keys: Collection[str], refs: Collection[str], number: int) -> dict[str, bytes]:
    """The problems of these keys, and of these entities, that there were after the change of this number."""
    dialect = store.dialect
    now = select(*(col(part) for part in (ProblemRow.key, ProblemRow.body, ProblemRow.source, ProblemRow.since)))
    now = now.where(or_(among(col(ProblemRow.key), keys, dialect), among(col(ProblemRow.entity), refs, dialect)))
    found = {row.key: whole_problem(row.body, row.source, row.since) for row in await store.select(now)}
    later = select(col(ChangeRow.name), col(ChangeRow.before)).outerjoin(TermRow, col(TermRow.id) == col(ChangeRow.entity))
    later = later.where(
        col(ChangeRow.number) > number,
        col(ChangeRow.what) == PROBLEM,
        or_(among(col(ChangeRow.name), keys, dialect), among(col(TermRow.text), refs, dialect)),
    )
    for key, before in await store.select(later.order_by(col(ChangeRow.number).desc())):  # the first later change counts
        if before is None:
            found.pop(key, None)
        else:
            found[key] = before
    return found
