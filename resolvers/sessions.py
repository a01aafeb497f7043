"""Who is signed in with a browser: sessions in the gateway's database, known there by the digest of their id alone."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from callboard_sdk import Database, Viewer
from sqlalchemy import JSON, BigInteger, select, update
from sqlmodel import Field, SQLModel, col, delete

from .recent import Recent
from .tables import table_of
from .tokens.record import Owner, owner_of, owner_row

BELIEVED_SECONDS = 3.0
"""How long a session that was looked up is believed: so soon a sign-out counts on every gateway of the database."""
_USED_SECONDS = 60
"""How exactly it is known when a session was used last."""


class SessionRow(SQLModel, table=True):
    """One session; times are seconds since 1970. Who it is stands in the columns of a token's owner."""

    __tablename__ = "auth_session"

    digest: str = Field(primary_key=True)
    subject: str
    kind: str
    held: list[str] = Field(sa_type=JSON)
    groups: list[str] = Field(sa_type=JSON)
    entity: str | None = None
    expires_at: int = Field(sa_type=BigInteger, index=True)
    used_at: int = Field(sa_type=BigInteger)


_SESSIONS = table_of(SessionRow)


class Sessions:
    """The sessions of all gateways of one database; each lasts `seconds`, and `idle` seconds after its last use.

    Call `flush` every few seconds, and at the end.
    """

    def __init__(self, database: Database, *, seconds: int, idle: int, clock: Callable[[], float] = time.time) -> None:
        self._engine = database.engine
        self._seconds = seconds
        self._idle = idle
        self._clock = clock
        self._recent: Recent[str, Any] = Recent(self._look, BELIEVED_SECONDS)
        self._used: dict[str, int] = {}

    async def begin(self, viewer: Viewer) -> str:
        """A new session of this viewer: its id, which is stored nowhere. Sessions that are over are forgotten."""
        session, now = secrets.token_urlsafe(32), int(self._clock())
        times = {"expires_at": now + self._seconds, "used_at": now}
        async with self._engine.begin() as connection:
            over = (col(SessionRow.expires_at) <= now) | (col(SessionRow.used_at) <= now - self._idle - _USED_SECONDS)
            await connection.execute(delete(SessionRow).where(over))
            await connection.execute(_SESSIONS.insert().values(digest=_digest(session), **owner_row(Owner.of(viewer)), **times))
        return session

    async def find(self, session: str, *, used: bool = True) -> Viewer | None:
        """Whose session this is; None when there is none, or no longer. It is `used`, unless it is only looked at."""
        key, now = _digest(session), int(self._clock())
        row = await self._recent.get(key)
        if row is None or now >= row.expires_at or now >= row.used_at + self._idle:
            return None
        if used and now - row.used_at >= _USED_SECONDS:
            self._used[key] = now
        owner = owner_of(row)
        return Viewer(owner.subject, owner.kind, owner.roles, owner.entity, owner.groups)

    async def end(self, session: str) -> None:
        """Sign out; a session that isn't there is none already."""
        key = _digest(session)
        self._used.pop(key, None)
        async with self._engine.begin() as connection:
            await connection.execute(delete(SessionRow).where(col(SessionRow.digest) == key))
        self._recent.forget(key)

    async def flush(self) -> None:
        """Write when sessions were used last, a minute exact."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._engine.begin() as connection:
                for key, at in used.items():
                    await connection.execute(update(SessionRow).where(col(SessionRow.digest) == key).values(used_at=at))
        except Exception:
            self._used = used | self._used
            raise

    async def _look(self, key: str) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(_SESSIONS).where(col(SessionRow.digest) == key))).one_or_none()


def _digest(session: str) -> str:
    return sha256(session.encode("utf-8", "replace")).hexdigest()
