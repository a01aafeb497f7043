"""Time as the upstream client sees it, as a parameter: a test gives its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """`monotonic` measures ages and pauses in seconds, `wall` dates answers, `sleep` waits before a retry.

    Deadlines are not here: they are the event loop's, whose timers they set.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = _wall
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
