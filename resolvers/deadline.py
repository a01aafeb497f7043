"""How much time the request that runs now still has; every upstream call and batch ends with it."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def set_deadline(seconds: float) -> None:
    """Give the current request this many seconds from now."""
    deadline.set(time.monotonic() + seconds)


def remaining() -> float | None:
    """Seconds left, never negative; None outside a request."""
    end = deadline.get()
    return None if end is None else max(0.0, end - time.monotonic())


def for_a_field() -> float | None:
    """Seconds for a field's call: a little less than is left, so that the other fields' answers are still sent in time."""
    left = remaining()
    return None if left is None else left - min(0.1, left / 20)


def for_an_upstream() -> float | None:
    """Seconds for an upstream's call: less than the field that makes it has, for its error names the upstream."""
    left = remaining()
    return None if left is None else left - min(0.2, left / 10)


def being_cancelled() -> bool:
    """Whether the task that runs now was told to end; without that, a CancelledError is only a failure of what it called."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
