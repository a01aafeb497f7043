"""Brings the sources into the store: reading in a worker thread, writing in one transaction, and again at intervals.

Of a file that can't be read to its end, what an earlier reading found there is kept.
"""

from __future__ import annotations

import asyncio
import logging

from .reading import read_sources
from .references import relate
from .settings import CatalogSettings
from .store import CatalogStore

_log = logging.getLogger("callboard.catalog")


class Ingestion:
    """One catalog's ingestion. What is stored stays as it is when a reading fails; `last_error` then says why."""

    def __init__(self, settings: CatalogSettings, store: CatalogStore) -> None:
        self._settings = settings
        self._store = store
        self.last_error: str | None = None

    async def run(self) -> bool:
        """Read everything once; whether that changed the catalog."""
        try:
            reading = await asyncio.to_thread(read_sources, self._settings)
            if reading.doubts:
                reading.keep(await self._store.held(reading))
            await asyncio.to_thread(relate, reading)
            changed = await self._store.replace(reading)
        except Exception as error:
            self.last_error = f"{type(error).__name__}: {error}"[:500]
            _log.exception("the catalog could not be read")
            return False
        self.last_error = None
        return changed

    async def repeat(self) -> None:
        """Read at each interval, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.refresh_seconds)
            await self.run()
