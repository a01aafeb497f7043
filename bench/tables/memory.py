"""The reference page by the engine, by Strawberry with DataLoaders, and by hand: the most memory in use at once.

What Python allocates above what there was before the page, the JSON bytes included; data and kept plans are not.
"""

from __future__ import annotations

import gc
import tracemalloc

import uvloop

from bench.progress import steps
from bench.table import Row
from bench.ways import Answer, check_alike, ways

name = "memory"

SIZES = (100, 1_000, 10_000)


def run(*, quick: bool) -> list[Row]:
    """A row for each size of the page."""
    return uvloop.run(_measured(SIZES[:1] if quick else SIZES))


async def _measured(sizes: tuple[int, ...]) -> list[Row]:
    async with ways() as known:
        return [await _row(known, size) for size in steps(sizes, "pages of services")]


async def _row(known: dict[str, Answer], size: int) -> Row:
    answer = await check_alike(known, size)
    engine, strawberry, hand = [await _peak(known[way], size) for way in ("engine", "strawberry", "hand")]
    return {
        "services": size,
        "answer (MB)": len(answer) / 1e6,
        "engine (MB)": engine,
        "Strawberry (MB)": strawberry,
        "by hand (MB)": hand,
        "of Strawberry": engine / strawberry,
        "of by hand": engine / hand,
    }


async def _peak(answer: Answer, size: int) -> float:
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await answer(size)
        return (tracemalloc.get_traced_memory()[1] - before) / 1e6
    finally:
        tracemalloc.stop()
