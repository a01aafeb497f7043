"""Waiting that ends with the work: what repeats is told to end, and not cut off."""

from __future__ import annotations

import asyncio


async def ends_within(ended: asyncio.Event, seconds: float) -> bool:
    """Wait so many seconds, or till it is to end; whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return False
    return True
