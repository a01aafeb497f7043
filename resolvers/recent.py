"""What was looked up is believed for a few seconds: many who ask at once, or soon after, share one look."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps what `look` found for `seconds`, counted from when it began to look; a None, or an error, is not kept.

    At most `most` are kept, the one unused for longest goes first. It belongs to one event loop.
    """

    def __init__(
        self,
        look: Callable[[K], Awaitable[V]],
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        most: int = 10_000,
    ) -> None:
        self._look = look
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._flights: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """What is known of it, or found now. Raises what the look raises."""
        known = self._known.get(key)
        if known is not None and self._clock() < known[0]:
            self._known.move_to_end(key)
            return known[1]
        if (flight := self._flights.get(key)) is None:
            alone = contextvars.Context()  # the look is everyone's: no request's deadline or id goes with it
            flight = self._flights[key] = asyncio.create_task(self._found(key), context=alone)
            flight.add_done_callback(partial(self._land, key, self._clock() + self._seconds))
        return await asyncio.shield(flight)

    def forget(self, key: K) -> None:
        """Look again when it is asked for next; what a look under way finds is not kept."""
        self._known.pop(key, None)
        self._flights.pop(key, None)

    def clear(self) -> None:
        """Look again for everything."""
        self._known.clear()
        self._flights.clear()

    async def _found(self, key: K) -> V:
        return await self._look(key)

    def _land(self, key: K, until: float, flight: asyncio.Task[V]) -> None:
        if self._flights.get(key) is not flight:
            return
        del self._flights[key]
        if flight.cancelled() or flight.exception() is not None or (found := flight.result()) is None:
            return
        self._known[key] = until, found
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
