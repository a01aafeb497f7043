"""Running the engine's own coroutines side by side, without a task for those that never wait.

A step of the engine that meets no awaitable ends at its first step; only the others become tasks. What plugins and
other resolvers hand in always gets a task of its own, for it may look at the task that it runs in.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Sequence
from typing import Any, TypeVar

from gateway.planning.rows import Failed

T = TypeVar("T")

GRACE = 20
"""Turns of the event loop that work gets to end by itself once its results can't matter any more."""

ABANDONED = Failed(RuntimeError("This value was abandoned: it could not matter any more."))
"""Stands where a value was given up, because its place is null by another's failure."""


@types.coroutine
def running_loop() -> Generator[None, None, None]:
    """Wait until an event loop runs this: an operation may be started before there is one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        yield


@types.coroutine
def resume(coroutine: Coroutine[Any, Any, T], waiting_for: Any) -> Generator[Any, Any, T]:
    """Go on with a coroutine that has been stepped, and waits for what it yielded."""
    try:
        while True:
            try:
                sent = yield waiting_for
            except BaseException as error:  # what is thrown in is the coroutine's business
                waiting_for = coroutine.throw(error)
            else:
                waiting_for = coroutine.send(sent)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    finally:
        coroutine.close()


async def together(
    coroutines: Sequence[Coroutine[Any, Any, T]], hopeless: Callable[[int, T], bool] | None = None
) -> list[T | None]:
    """The results of these coroutines, in order, run concurrently.

    `hopeless` looks at each result as it comes and says whether the others don't matter any more: those that
    still wait are then abandoned and give None. Whatever one of them raises cancels the others and is raised.
    """
    results: list[T | None] = [None] * len(coroutines)
    waiting: dict[int, tuple[Coroutine[Any, Any, T], Any]] = {}
    lost = False
    try:
        for index, coroutine in enumerate(coroutines):
            try:
                waiting[index] = coroutine, coroutine.send(None)
            except StopIteration as stop:
                results[index] = stop.value
                lost = lost or (hopeless is not None and hopeless(index, stop.value))
    except BaseException:
        lost = True
        raise
    finally:
        if lost:
            abandon([resume(one, future) for one, future in waiting.values()])
    if len(waiting) == 1 and not lost:
        ((index, (one, future)),) = waiting.items()
        results[index] = await resume(one, future)
    elif waiting and not lost:
        await running_loop()
        tasks = {index: asyncio.ensure_future(resume(one, future)) for index, (one, future) in waiting.items()}
        await _finish(tasks, results, hopeless)
    return results


async def _finish(tasks: dict[int, asyncio.Task[T]], results: list[T | None], hopeless: Callable[[int, T], bool] | None) -> None:
    places = {task: index for index, task in tasks.items()}
    pending = set(places)
    when = asyncio.FIRST_EXCEPTION if hopeless is None else asyncio.FIRST_COMPLETED
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=when)
            lost = False
            for task in sorted(done, key=places.__getitem__):
                index = places[task]
                result = results[index] = task.result()
                lost = lost or (hopeless is not None and hopeless(index, result))
            if lost:
                await _ready(pending, results, places)
                return
    finally:
        await cancel([task for task in pending if not task.done()])


async def _ready(pending: set[asyncio.Task[T]], results: list[T | None], places: dict[asyncio.Task[T], int]) -> None:
    """Take what is about to end without waiting for anything: its errors are told as well, as graphql-core tells them."""
    for _ in range(GRACE):
        if all(task.done() for task in pending):
            break
        await asyncio.sleep(0)
    for task in pending:
        if task.done():
            results[places[task]] = task.result()


async def cancel(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel these, and wait until they have ended, so that none outlives its request."""
    if tasks:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def abandon(awaitables: Sequence[Awaitable[Any]]) -> None:
    """End work whose results can't matter any more, without waiting for it.

    Each gets its first step and is cancelled at its next: nothing is left running, and nothing that was made is
    never awaited. Outside an event loop nothing has started yet.
    """
    if not awaitables:
        return
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        for one in awaitables:
            if isinstance(one, Coroutine):
                one.close()
        return
    tasks = [asyncio.ensure_future(one) for one in awaitables]
    for task in tasks:
        task.add_done_callback(_retrieve)
    loop.call_soon(_cancel_all, tasks)


def _cancel_all(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()


def _retrieve(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


async def outcomes(awaitables: Sequence[Awaitable[Any]], groups: Sequence[int] | None = None) -> list[Any]:
    """What each of these gives, an exception standing for itself, all awaited concurrently.

    With `groups`, the first that fails cancels the rest of its group, which give ABANDONED: their values can't matter.
    """
    await running_loop()
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    useless: set[asyncio.Future[Any]] = set()
    try:
        await (asyncio.wait(tasks) if groups is None else _until_done(tasks, groups, useless))
    finally:
        await cancel([task for task in tasks if not task.done()])
    return [ABANDONED if task in useless else _outcome(task) for task in tasks]


async def _until_done(tasks: Sequence[asyncio.Future[Any]], groups: Sequence[int], useless: set[asyncio.Future[Any]]) -> None:
    group_of = dict(zip(tasks, groups, strict=True))
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        failed = {group_of[task] for task in done if task.cancelled() or task.exception() is not None}
        now = {task for task in pending if group_of[task] in failed}
        await cancel(now)
        useless |= now
        pending -= now


def broken_off() -> Exception:
    """The failure of what ended by a cancellation that nobody here asked for."""
    return RuntimeError("It was broken off: something that it waited for was cancelled.")


def _outcome(task: asyncio.Future[Any]) -> Any:
    if task.cancelled():
        return broken_off()
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, Exception):
        return error
    raise error
