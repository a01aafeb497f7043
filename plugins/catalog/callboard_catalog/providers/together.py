"""Several things of a source read at once, told in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(
    function: Callable[[T], Awaitable[R]], given: Iterable[T], at_once: int
) -> AsyncGenerator[tuple[T, R | Exception], None]:
    """What the function gives for each, or raises, in the order of what is given; never more than `at_once` under way or waiting.

    What is under way when the reader has had enough is cancelled: close it with `aclosing`.
    """
    waiting: deque[tuple[T, asyncio.Task[R]]] = deque()
    try:
        for one in given:
            waiting.append((one, asyncio.ensure_future(_begin(function, one))))
            if len(waiting) == at_once:
                yield await _ended(*waiting[0])
                waiting.popleft()
        while waiting:
            yield await _ended(*waiting[0])
            waiting.popleft()
    finally:
        for _, task in waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


async def _begin(function: Callable[[T], Awaitable[R]], one: T) -> R:
    return await function(one)


async def _ended(one: T, task: asyncio.Task[R]) -> tuple[T, R | Exception]:
    await asyncio.wait([task])
    if task.cancelled():
        raise asyncio.CancelledError
    error = task.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return one, task.result() if error is None else error
