"""What changed, in the order of commits: the catalog's memory, and what those who follow it are told. Part of the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, overload

from callboard_sdk import Database
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from .putting import put
from .tables import ChangeRow
from .terms import next_number, term_texts

CHANNEL = "callboard_catalog"
"""Where those who follow the catalog are told that something changed."""
ENTITY, PROBLEM, SOURCE = "entity", "problem", "source"
INSIDE = "inside"
"""Of a source what only those are told who may see every entity: that another error keeps it failing, and what it holds back."""
CREATED, CHANGED, REMOVED = "created", "changed", "removed"

VERSION = select(func.coalesce(func.max(col(ChangeRow.number)), 0)).scalar_subquery()
"""The number of the last change: what is remembered of the catalog is true as long as it stays the same."""


class Journal:
    """What one transaction changes, written at its end: once for each thing, by name, so that the order tells nothing else."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._changes: dict[tuple[str, int | str | None], dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._changes)

    def created(self, what: str, *, entity: int | None = None, name: str | None = None) -> None:
        """It wasn't there before."""
        self._note(what, CREATED, entity, name, None)

    def changed(self, what: str, *, entity: int | None = None, name: str | None = None, before: bytes | None = None) -> None:
        """It was something else before."""
        self._note(what, CHANGED, entity, name, before)

    def removed(self, what: str, *, entity: int | None = None, name: str | None = None, before: bytes | None = None) -> None:
        """It isn't there any more."""
        self._note(what, REMOVED, entity, name, before)

    def _note(self, what: str, how: str, entity: int | None, name: str | None, before: bytes | None) -> None:
        key = what, entity if name is None else name
        change = {"at": self.at, "what": what, "how": how, "entity": entity, "name": name, "before": before}
        earlier = self._changes.pop(key, None)
        if earlier is None:
            self._changes[key] = change
        elif (made := _together(earlier, change)) is not None:
            self._changes[key] = made

    async def write(self, connection: AsyncConnection, database: Database) -> None:
        """Write it down, and tell those who follow the catalog once the transaction is committed."""
        if not self._changes:
            return
        texts = await term_texts(connection, (one["entity"] for one in self._changes.values() if one["entity"] is not None))
        changes = sorted(self._changes.values(), key=lambda one: (one["what"], one["name"] or texts[one["entity"]]))
        first = await next_number(connection, col(ChangeRow.number))
        await put(connection, ChangeRow, [{"number": n, **change} for n, change in enumerate(changes, first)])
        await database.tell(connection, CHANNEL)


def _together(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any] | None:
    """What two changes of one thing come to; None for nothing."""
    match earlier["how"], later["how"]:
        case "created", "removed":
            return None
        case "created", _:
            return earlier
        case "removed", "created":  # a problem's key says all of it
            return None if later["what"] == PROBLEM else {**earlier, "how": CHANGED}
    return {**later, "before": earlier["before"]}


@overload
def instant(seconds: float) -> datetime: ...
@overload
def instant(seconds: float | None) -> datetime | None: ...
def instant(seconds: float | None) -> datetime | None:
    """The instant that the tables have as seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
