"""A plugin outside the repository that ticks, for clients that listen; put where a gateway's process finds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from callboard_sdk import Plugin, value

plugin = Plugin("ticker", permissions={"ticker.read": "Hear it tick."})


@value
class Tick:
    """One tick."""

    number: int
    """Which."""


@plugin.subscription(permission="ticker.read")
async def ticks(
    to: Annotated[int, strawberry.argument(description="How many; 0 for as long as somebody listens.")] = 0,
) -> AsyncIterator[Tick]:
    """Ticks, a few a second."""
    number = 0
    while not to or number < to:
        number += 1
        yield Tick(number=number)
        await asyncio.sleep(0.05)
