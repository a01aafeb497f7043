"""Turns on the event loop: a request that works long lets the others go first, again and again.

A request that has worked for TURN_SECONDS gives the loop away. While other requests are under way it stays away for
PAUSE_SECONDS, so that a small one gets all its steps done in between, and not one step a turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from resolvers.deadline import remaining
from resolvers.errors import RequestDeadline

CHUNK = 128
"""Rows made, or entities looked at, before the clock is looked at."""

TURN_SECONDS = 0.002
PAUSE_SECONDS = 0.001


class Turns:
    """The requests that one gateway is working on."""

    def __init__(self) -> None:
        self._active = 0

    @contextmanager
    def one(self) -> Iterator[Turn]:
        """The turns of one request, while it is worked on."""
        self._active += 1
        try:
            yield Turn(self)
        finally:
            self._active -= 1

    @property
    def crowded(self) -> bool:
        """Whether more than one request is under way."""
        return self._active > 1


class Turn:
    """One request's turns; it begins with one."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._began = time.monotonic()
        self._pause: asyncio.Event | None = None

    @property
    def over(self) -> bool:
        """Whether it is time to let others work."""
        return time.monotonic() - self._began > TURN_SECONDS

    async def share(self) -> None:
        """Let others work if it is time to; all that works for the request stops for it, however many tasks it has.

        Raises RequestDeadline when the request's own time is up.
        """
        if self._pause is not None:
            await self._pause.wait()
        elif self.over:
            if remaining() == 0:
                raise RequestDeadline
            pause = self._pause = asyncio.Event()
            try:
                await asyncio.sleep(PAUSE_SECONDS if self._turns.crowded else 0)
            finally:
                self._pause = None
                pause.set()
                self._began = time.monotonic()
