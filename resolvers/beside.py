"""Work that goes on beside a block, and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives. When cancelled, it is waited for before the cancellation goes on: nothing is cut off half-way."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """While the block runs, do this too; at its end it is cancelled, and has ended when the block is left.

    It is to take care of its own failures: one that ended it before is in the log.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            log.error("work in the background broke off", exc_info=ended)
