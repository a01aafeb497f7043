"""Removes the audit's oldest records after a time, so that what is left can be verified from there on.

A. due      records are removed once a day's worth of them is older than they are kept
B. tell     the chain itself records how far it is removed, and by which hash it goes on from there
C. remove   in the same transaction; the database lets records be deleted that far, and no further
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from resolvers.beside import beside

from .store import AuditStore

log = structlog.get_logger()

_LOOK_SECONDS = 3600.0
_DAY = timedelta(days=1)


class Retention:
    """Keeps records for `days`, and no more than a day longer."""

    def __init__(self, audit: AuditStore, days: int) -> None:
        self._audit = audit
        self._days = timedelta(days=days)

    async def remove(self) -> int:
        """Remove what is due; how many records that were."""
        now, removed = self._audit.now(), 0
        if not await self._audit.any_before(now - self._days - _DAY):  # A
            return removed
        while some := await self._audit.shorten(now - self._days):
            removed += some
        log.info("audit records were removed", records=removed, older_than_days=self._days.days)
        return removed

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Remove what is due, now and every hour."""
        async with beside(self._keep_removing()):
            yield

    async def _keep_removing(self) -> None:
        while True:
            try:
                await self.remove()
            except Exception as error:
                log.error("audit records could not be removed", error=type(error).__name__)
            await asyncio.sleep(_LOOK_SECONDS)
