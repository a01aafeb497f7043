"""A source stream under way (GraphQL spec, section 6.2.3): a plugin's generator, and its events that wait to be sent."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from callboard_sdk import CallboardError, ClientError, Viewer
from callboard_sdk.streams import StreamSpec

from .breaking import broken
from .deadline import being_cancelled, deadline
from .errors import PluginUnavailable
from .plugins import Plugins


class SlowReader(ClientError):
    """The client takes its events more slowly than they come."""

    code = "SLOW_READER"
    retryable = True

    def __init__(self, waiting: int, seconds: float) -> None:
        super().__init__(
            f"{waiting} events wait for you, and none was taken for {seconds:g} seconds: read faster, or subscribe to less, and"
            " subscribe again"
        )


class Nothing:
    """What `SourceStream.next` gives when nothing has come for the time that it was to wait."""


@dataclass(eq=False)
class _Waiting:
    """An event that wasn't taken yet."""

    event: Any
    judged: bool = False


class SourceStream:
    """The events of one subscriber, between the plugin that gives them and the client that takes them.

    At most `most` wait; while they do the generator stands still, and when none is taken for `patience` seconds the source ends
    with SlowReader. Those of which there is nothing to tell, as `telling` says, don't count: a client that takes nothing would
    find out how many there are. It is open as long as the block is; then the generator is cancelled and closed. `whose` is as
    for `Health`.
    """

    def __init__(
        self,
        plugins: Plugins,
        spec: StreamSpec,
        viewer: Viewer,
        arguments: Mapping[str, Any],
        *,
        most: int,
        patience: float,
        whose: str | None,
        telling: Callable[[Any], Awaitable[bool]] | None = None,
    ) -> None:
        self._plugins = plugins
        self._runtime = plugins.runtimes[spec.plugin]
        self._spec = spec
        self._viewer = viewer
        self._given = arguments
        self._most = most
        self._patience = patience
        self._whose = whose
        self._telling = telling
        self._events: deque[_Waiting] = deque()
        self._came = asyncio.Event()
        self._taken = asyncio.Event()
        self._over = False
        self._error: Exception | None = None

    async def __aenter__(self) -> Self:
        """Start it. Raises PluginUnavailable."""
        if (reason := self._runtime.health.reason(self._spec.name, self._whose)) is not None:
            raise PluginUnavailable(self._spec.plugin, reason)
        handed = self._plugins.arguments(self._spec, {Viewer: self._viewer}, self._given)
        self._pump = asyncio.create_task(self._run(handed))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the generator."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)

    async def next(self, seconds: float) -> Any:
        """The next event, or Nothing after so many seconds. Raises StopAsyncIteration at the end, or what the source ended of."""
        while not self._events or isinstance(self._error, SlowReader):
            if self._over:
                raise self._error or StopAsyncIteration
            self._came.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._came.wait()
            except TimeoutError:
                return Nothing
        self._taken.set()
        return self._events.popleft().event

    def end(self, error: Exception) -> None:
        """End it of this, whatever waits."""
        self._events.clear()
        self._pump.cancel()
        self._finish(error)

    async def _run(self, handed: Mapping[str, Any]) -> None:
        deadline.set(None)  # that of the request is for opening it alone
        error: Exception | None = None
        well = False
        try:
            events: AsyncGenerator[Any, None] = self._spec.function(**handed)
            async with aclosing(events):
                async for event in events:
                    if not well:
                        self._runtime.health.succeeded(self._spec.name, self._whose)
                        well = True
                    await self._put(event)
        except CallboardError as raised:
            error = raised
        except (Exception, asyncio.CancelledError) as raised:
            if isinstance(raised, asyncio.CancelledError) and being_cancelled():
                raise
            error = broken(self._runtime, self._spec, f"raised {type(raised).__name__}", raised, self._whose)
        self._finish(error)

    async def _put(self, event: Any) -> None:
        came = _Waiting(event)
        while len(self._events) >= self._most:
            if await self._left_out(came):
                return
            self._taken.clear()
            if len(self._events) < self._most:
                break
            try:
                async with asyncio.timeout(self._patience):
                    await self._taken.wait()
            except TimeoutError:
                raise SlowReader(len(self._events), self._patience) from None
        self._events.append(came)
        self._came.set()

    async def _left_out(self, came: _Waiting) -> bool:
        """Leave out what waits and tells nothing; whether this one is so too."""
        for waiting in [*self._events, came]:
            if waiting.judged or self._telling is None:
                continue
            tells = await asyncio.create_task(self._tells(self._telling, waiting.event))  # its deadline is its own
            waiting.judged = True
            if tells:
                continue
            if waiting is came:
                return True
            if waiting in self._events:
                self._events.remove(waiting)
        return False

    @staticmethod
    async def _tells(telling: Callable[[Any], Awaitable[bool]], event: Any) -> bool:
        return await telling(event)

    def _finish(self, error: Exception | None) -> None:
        if not self._over:
            self._over, self._error = True, error
        self._came.set()
