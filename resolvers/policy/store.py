"""The policy's store: versions that are added and never changed, and the drafts that become one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from callboard_sdk import Connection, Database, Page
from callboard_sdk.database import Refresh
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from resolvers.audit import AuditStore, Entry
from resolvers.audit.record import POLICY_PUBLISHED, POLICY_REVERTED
from resolvers.audit.store import instant
from resolvers.database import POLICY
from resolvers.numbered import asked_for, connected

from .tables import DraftRow, VersionRow

CHANNEL = "callboard_policy"
"""Where the other replicas are told that something changed."""
MAX_DRAFTS = 50
"""Drafts that one owner may have at once."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the database's rules. `parent` 0 means that there was none before; `reverts` the version it repeats."""

    number: int
    parent: int
    text: str
    digest: str
    author: str
    at: str
    note: str
    reverts: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules that are not in effect yet. `parent` is the version they started from, `revision` counts the changes."""

    key: str
    owner: str
    parent: int
    revision: int
    text: str
    created: str
    changed: str


class Conflict(Exception):
    """Someone else was first: `current` is what is in effect now, or how the draft is now; None for nothing."""

    def __init__(self, current: Version | Draft | None) -> None:
        super().__init__("changed since")
        self.current = current


class TooMany(Exception):
    """The owner has as many drafts as one may have."""


class Tables:
    """The policy's tables, and those who follow them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is the only one to change the policy; at its end the other replicas are told."""
        async with self.database.writing(POLICY) as connection:
            yield connection
            await self.database.tell(connection, CHANNEL)

    async def rows(self, query: Any) -> Sequence[Any]:
        """What a query gives."""
        async with self.database.engine.connect() as connection:
            found: Sequence[Any] = (await connection.execute(query)).all()
            return found


class PolicyStore:
    """Versions and drafts. What is published is recorded in the audit in the same transaction. `now` is the clock, in UTC."""

    def __init__(self, database: Database, audit: AuditStore, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.tables = Tables(database)
        self._audit = audit
        self._now = now

    def following(self, refresh: Refresh) -> AbstractAsyncContextManager[None, bool | None]:
        """While the block runs, refresh whenever a process changed something here."""
        return self.tables.database.following(CHANNEL, refresh)

    async def latest(self) -> Version | None:
        """The version in effect; None where nothing was ever published."""
        return _one(Version, await self.tables.rows(_newest()))

    async def version(self, number: int) -> Version | None:
        """The version with this number; None where there is none, and for a number that no database holds."""
        if not 0 < number < 2**31:
            return None
        return _one(Version, await self.tables.rows(_versions().where(col(VersionRow.number) == number)))

    async def history(self, page: Page) -> Connection[Version]:
        """One page of the versions, the newest first."""
        number = col(VersionRow.number)
        [[total]] = await self.tables.rows(select(func.count()).select_from(VersionRow))
        within, order = asked_for(number, page, digits=9)
        rows = await self.tables.rows(_versions().where(*within).order_by(order).limit(page.size + 1))
        return connected([Version(*row) for row in rows], page, lambda version: version.number, total=total)

    async def publish(
        self, text: str, author: str, note: str, *, expected: int, draft: Draft | None = None, reverts: int | None = None
    ) -> Version:
        """Make these rules the next version, and forget the draft that they were.

        Raises Conflict unless `expected` is the version in effect and the draft is still as it is given.
        """
        async with self.tables.changing() as connection:
            current = _one(Version, (await connection.execute(_newest())).all())
            number = current.number if current else 0
            if number != expected:
                raise Conflict(current)
            if draft is not None:
                await _unchanged(connection, draft)
                await connection.execute(delete(DraftRow).where(col(DraftRow.key) == draft.key))
            digest = hashlib.sha256(text.encode()).hexdigest()
            made = Version(number + 1, number, text, digest, author, instant(self._now()), note, reverts)
            await connection.execute(insert(VersionRow), [row_of(made)])
            kind = POLICY_PUBLISHED if reverts is None else POLICY_REVERTED
            told = {"parent": number, "digest": digest, "note": note} | ({} if reverts is None else {"reverts": reverts})
            await self._audit.write(connection, Entry(kind, author, str(made.number), told))
        return made

    async def drafts(self) -> list[Draft]:
        """Every draft, the one that was changed last first."""
        rows = await self.tables.rows(_drafts().order_by(col(DraftRow.changed).desc(), col(DraftRow.key)))
        return [Draft(*row) for row in rows]

    async def draft(self, key: str) -> Draft | None:
        """The draft with this key."""
        return _one(Draft, await self.tables.rows(_drafts().where(col(DraftRow.key) == key)))

    async def create_draft(self, owner: str, parent: int, text: str) -> Draft:
        """Keep a new draft. Raises TooMany when its owner has as many as one may have."""
        async with self.tables.changing() as connection:
            count = select(func.count()).select_from(DraftRow).where(col(DraftRow.owner) == owner)
            if (await connection.scalar(count) or 0) >= MAX_DRAFTS:
                raise TooMany
            now = instant(self._now())
            made = Draft(secrets.token_hex(8), owner, parent, 1, text, now, now)
            await connection.execute(insert(DraftRow), [row_of(made)])
        return made

    async def change_draft(self, draft: Draft, text: str, *, parent: int | None = None) -> Draft:
        """The draft with another text, and parent if one is given. Raises Conflict when it isn't any more as it is given."""
        async with self.tables.changing() as connection:
            await _unchanged(connection, draft)
            parent = draft.parent if parent is None else parent
            made = replace(draft, text=text, parent=parent, revision=draft.revision + 1, changed=instant(self._now()))
            await connection.execute(update(DraftRow).where(col(DraftRow.key) == draft.key).values(**row_of(made)))
        return made

    async def discard_draft(self, key: str) -> None:
        """Forget a draft, if it is there."""
        async with self.tables.changing() as connection:
            await connection.execute(delete(DraftRow).where(col(DraftRow.key) == key))


async def _unchanged(connection: AsyncConnection, draft: Draft) -> None:
    found = _one(Draft, (await connection.execute(_drafts().where(col(DraftRow.key) == draft.key))).all())
    if found is None or found.revision != draft.revision:
        raise Conflict(found)


def _versions() -> Any:
    return select(*(col(getattr(VersionRow, name)) for name in Version.__slots__))


def _newest() -> Any:
    return _versions().order_by(col(VersionRow.number).desc()).limit(1)


def _drafts() -> Any:
    return select(*(col(getattr(DraftRow, name)) for name in Draft.__slots__))


def _one(kind: type[R], rows: Sequence[Any]) -> R | None:
    return kind(*rows[0]) if rows else None


def row_of(made: Any) -> dict[str, Any]:
    """A dataclass as the row whose columns have its fields' names."""
    return {one.name: getattr(made, one.name) for one in fields(made)}
