"""Keeps the catalog from growing without end: once a day one gateway forgets what is older than it is kept, a batch at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.upkeep import EVERY, forget_changes, forget_terms, take_turn, unused_terms

from .waiting import ends_within

_log = logging.getLogger("callboard.catalog")

_FIRST, _LOOK = 60.0, 3_600.0
"""Seconds after the start, and from then on, after which it is looked whose turn it is."""
_AT_ONCE = 1_000
"""Rows that are forgotten, and terms that are looked at, while others wait."""
_REST = 0.02
"""Seconds between two batches, in which others write."""
_PARTING = 2.0
"""Seconds that an end waits for a batch; then it is cancelled, and nothing of it was done."""


class Upkeep:
    """One process's share of it. `keep_days` of changes are kept, all when it is None; `now` tells the time."""

    def __init__(
        self, store: CatalogStore, keep_days: int | None, now: Callable[[], float] = time.time, *, at_once: int = _AT_ONCE
    ) -> None:
        self._store = store
        self._keep = None if keep_days is None else keep_days * EVERY
        self._now = now
        self._at_once = at_once
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, do what is to be done when it is this process's turn."""
        task = asyncio.create_task(self._repeat())
        try:
            yield
        finally:
            self._ended.set()
            await asyncio.wait([task], timeout=_PARTING)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def run(self) -> tuple[int, int] | None:
        """Forget what is to be forgotten, and tell how many changes and how many texts; None when it is not its turn."""
        async with self._store.writing() as connection:
            if not await take_turn(connection, self._now()):
                return None
        changes, terms = await self._changes(), await self._terms()
        if changes or terms:
            _log.info("the catalog forgot %d changes and %d texts that nothing refers to", changes, terms)
        return changes, terms

    async def _changes(self) -> int:
        found = 0
        if self._keep is None:
            return found
        before = self._now() - self._keep
        while not self._ended.is_set():
            async with self._store.writing() as connection:
                some = await forget_changes(connection, before, self._at_once)
            found += some
            if some < self._at_once:
                break
            await asyncio.sleep(_REST)
        return found

    async def _terms(self) -> int:
        found, last = 0, -1
        while not self._ended.is_set():
            async with self._store.reading() as connection:
                reached, unused = await unused_terms(connection, last, self._at_once)
            if unused:
                async with self._store.writing() as connection:
                    found += await forget_terms(connection, unused)
            if reached is None:
                break
            last = reached
            await asyncio.sleep(_REST)
        return found

    async def _repeat(self) -> None:
        wait = _FIRST
        while not await ends_within(self._ended, wait):
            wait = _LOOK
            try:
                await self.run()
            except Exception:
                _log.exception("what the catalog needs no more could not be removed")
