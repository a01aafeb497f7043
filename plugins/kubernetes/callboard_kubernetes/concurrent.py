"""Asks several clusters at once, so that one that fails or hangs costs no other anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from callboard_sdk import CallboardError

T = TypeVar("T")


async def outcomes(work: Sequence[Awaitable[T]]) -> list[T | CallboardError]:
    """What each came to, in order: its result, or the error that it ended with. All have ended when this returns."""
    return await asyncio.gather(*map(_outcome, work))


async def together(work: Sequence[Awaitable[T]]) -> list[T]:
    """The results of all, in order; the first error in that order is raised, once all have ended."""
    found: list[T] = []
    for result in await outcomes(work):
        if isinstance(result, CallboardError):
            raise result
        found.append(result)
    return found


async def _outcome(work: Awaitable[T]) -> T | CallboardError:
    try:
        return await work
    except CallboardError as error:
        return error
