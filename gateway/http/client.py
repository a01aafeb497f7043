"""Notices that a client went away while its request runs, so that nothing goes on for nobody."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

PATIENCE = 0.025
"""Seconds before anybody looks whether the client is still there: most requests have ended by then, and pay a timer alone."""


class Client:
    """A block that is cancelled when the client goes away, and then left with `gone` set and no error.

    It is entered by the task that answers, once the request's body has been read; that whole task is cancelled, so what
    runs in the block ends as at any other cancellation.
    """

    __slots__ = ("_cancelling", "_listener", "_receive", "_task", "_timer", "gone")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._listener: asyncio.Task[None] | None = None
        self.gone = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "requests are answered in tasks"
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = task.get_loop().call_later(PATIENCE, self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if not self.gone:
            return False
        others = self._task.uncancel() > self._cancelling  # a server that stops cancels too, and that goes on
        return kind is asyncio.CancelledError and not others

    def _listen(self) -> None:
        self._listener = self._task.get_loop().create_task(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # what is left of a body that nobody asked for
        self.gone = True
        self._task.cancel()
