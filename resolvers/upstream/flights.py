"""Equal reads under way at once are one request, shared by all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Span:
    """How long a request may go on, in loop time: it stops at `ends`; after `until` nobody waits for it any more."""

    ends: float
    until: float


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    span: Span
    waiters: int = 0


class Closed(Exception):
    """The request was given up because the client closes."""


class Flights(Generic[T]):
    """Requests under way, by key. Who waits may leave (cancelled, out of time) without stopping it for the others;
    the last to leave stops it, and waits until it has stopped, so that no request outlives its askers.
    """

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    def joinable(self, key: str) -> bool:
        """Whether such a request is under way."""
        return key in self._flights

    async def join(self, key: str, until: float | None, ends: float, start: Callable[[Span], Awaitable[T]]) -> T:
        """Wait for the request under `key`, starting it if there is none, until `until` (None: to its end).

        Raises what the request raised, TimeoutError when `until` comes first, Closed when the client closes.
        """
        limit = ends if until is None else min(until, ends)
        flight = self._flights.get(key) or self._take_off(key, Span(ends, limit), start)
        flight.span.until = min(flight.span.ends, max(flight.span.until, limit))
        flight.waiters += 1
        try:
            patience = None if until is None else max(0.0, until - asyncio.get_running_loop().time())
            done, _ = await asyncio.wait({flight.task}, timeout=patience)
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                await self._stop(key, flight)
        if not done:
            raise TimeoutError
        if flight.task.cancelled():
            raise Closed
        return flight.task.result()

    async def aclose(self) -> None:
        """Stop all requests, and wait until they have stopped."""
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _take_off(self, key: str, span: Span, start: Callable[[Span], Awaitable[T]]) -> _Flight[T]:
        async def fly() -> T:
            return await start(span)

        task = asyncio.get_running_loop().create_task(fly())
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._landed(key, done))
        flight = self._flights[key] = _Flight(task, span)
        return flight

    def _landed(self, key: str, task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: whoever waited has it, and nobody may be left
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]

    async def _stop(self, key: str, flight: _Flight[T]) -> None:
        if flight.task.done():
            return
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.task.cancel()
        await asyncio.wait({flight.task})
