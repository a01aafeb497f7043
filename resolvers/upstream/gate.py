"""The concurrency limit: so many requests to one upstream at a time, and so many waiting behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .failure import overloaded, queued_too_long


class Gate:
    """`slots` requests pass at once, in the order they came; more than `queue` waiting are refused at once."""

    def __init__(self, name: str, slots: int, queue: int) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(slots)
        self._queue = queue
        self._waiting = 0

    @asynccontextmanager
    async def slot(self, until: float) -> AsyncIterator[None]:
        """Hold one slot. Raises Failed when the queue is full, or when no slot is free by `until` (loop time)."""
        await self._enter(until)
        try:
            yield
        finally:
            self._slots.release()

    async def _enter(self, until: float) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        if self._waiting >= self._queue:
            raise overloaded(self._name, self._waiting)
        self._waiting += 1
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
        except TimeoutError:
            raise queued_too_long(self._name) from None
        finally:
            self._waiting -= 1
