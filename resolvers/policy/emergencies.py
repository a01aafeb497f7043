"""Break-glass: a role for one viewer, with a reason and an end, kept in the database and looked up in memory."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callboard_sdk import Viewer
from sqlalchemy import insert, select, update
from sqlmodel import col

from resolvers.audit import AuditStore, Entry
from resolvers.audit.record import EMERGENCY_ENDED, EMERGENCY_GRANTED
from resolvers.audit.store import instant

from .store import Tables, row_of
from .tables import EmergencyRow


@dataclass(frozen=True, slots=True)
class Emergency:
    """A role that a viewer has until `expires`, or until it was `ended`."""

    key: str
    subject: str
    role: str
    reason: str
    granted_by: str
    at: str
    expires: str
    ended: str | None = None
    ended_by: str | None = None


class Emergencies:
    """Gives, takes back, and knows at each request who has what. `now` is the clock, in UTC."""

    def __init__(self, tables: Tables, audit: AuditStore, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._tables = tables
        self._audit = audit
        self._now = now
        self._refreshing = asyncio.Lock()
        self._active: Mapping[str, tuple[tuple[str, datetime], ...]] = {}

    def given(self, viewer: Viewer) -> Viewer:
        """The viewer with the roles that it has for now."""
        if (own := self._active.get(viewer.subject)) is None:
            return viewer
        now = self._now()
        roles = frozenset(role for role, expires in own if now < expires)
        return replace(viewer, roles=viewer.roles | roles) if roles else viewer

    async def grant(self, subject: str, role: str, reason: str, *, by: str, minutes: int) -> Emergency:
        """Give a viewer a role from now on, for so many minutes."""
        now = self._now()
        until = instant(now + timedelta(minutes=minutes))
        made = Emergency(secrets.token_hex(8), subject, role, reason, by, instant(now), until)
        async with self._tables.changing() as connection:
            await connection.execute(insert(EmergencyRow), [row_of(made)])
            told = {"role": role, "reason": reason, "expires": until, "emergency": made.key}
            await self._audit.write(connection, Entry(EMERGENCY_GRANTED, by, subject, told))
        await self.refresh()
        return made

    async def end(self, key: str, *, by: str) -> Emergency | None:
        """Take the role back now; one that is over stays as it is. None where there is none."""
        async with self._tables.changing() as connection:
            row = (await connection.execute(_emergencies().where(col(EmergencyRow.key) == key))).first()
            found = Emergency(*row) if row else None
            if found is not None and found.ended is None and instant(self._now()) < found.expires:
                found = replace(found, ended=instant(self._now()), ended_by=by)
                new = {"ended": found.ended, "ended_by": by}
                await connection.execute(update(EmergencyRow).where(col(EmergencyRow.key) == key).values(**new))
                told = {"role": found.role, "emergency": key}
                await self._audit.write(connection, Entry(EMERGENCY_ENDED, by, found.subject, told))
        await self.refresh()
        return found

    async def active(self) -> list[Emergency]:
        """Those that hold now, the newest first."""
        still = (col(EmergencyRow.expires) > instant(self._now()), col(EmergencyRow.ended).is_(None))
        rows = await self._tables.rows(_emergencies().where(*still).order_by(col(EmergencyRow.at).desc(), col(EmergencyRow.key)))
        return [Emergency(*row) for row in rows]

    async def refresh(self) -> None:
        """Look up in the database who has what."""
        async with self._refreshing:  # what is read later is also taken later
            found: dict[str, tuple[tuple[str, datetime], ...]] = {}
            for one in await self.active():
                found[one.subject] = (*found.get(one.subject, ()), (one.role, datetime.fromisoformat(one.expires)))
            self._active = found


def _emergencies() -> Any:
    return select(*(col(getattr(EmergencyRow, name)) for name in Emergency.__slots__))
