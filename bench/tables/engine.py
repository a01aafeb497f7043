"""The reference page by the engine, by Strawberry with DataLoaders, and by hand: CPU time.

The three take turns in one process, with documents and plans kept; `bench.ways` says what each does.
"""

from __future__ import annotations

import gc
import statistics
import time
from typing import Any

import orjson
import uvloop

from bench.progress import steps
from bench.table import Row
from bench.ways import Answer, check_alike, ways

name = "engine"

SIZES = (1, 10, 100, 1_000, 10_000)
_LEAST_SECONDS = 0.05


def run(*, quick: bool) -> list[Row]:
    """A row for each size of the page."""
    return uvloop.run(_measured(SIZES[:2] if quick else SIZES, quick=quick))


async def _measured(sizes: tuple[int, ...], *, quick: bool) -> list[Row]:
    async with ways() as known:
        return [await _row(known, size, quick=quick) for size in steps(sizes, "pages of services")]


async def _row(known: dict[str, Answer], size: int, *, quick: bool) -> Row:
    answer = await check_alike(known, size)
    spent = await _cpu(known, size, rounds=1 if quick else max(3, min(20, 10_000 // size)))
    return {
        "services": size,
        "fields": _fields(orjson.loads(answer)["data"]),
        "engine (ms)": spent["engine"],
        "Strawberry (ms)": spent["strawberry"],
        "by hand (ms)": spent["hand"],
        "times Strawberry": spent["strawberry"] / spent["engine"],
        "of by hand": spent["hand"] / spent["engine"],
        "of by hand, trusted": spent["hand"] / spent["trusted"],
    }


async def _cpu(known: dict[str, Answer], size: int, rounds: int) -> dict[str, float]:
    """Milliseconds of CPU time a run, the median of the rounds; in each round a way runs often enough to be measured."""
    spent: dict[str, list[float]] = {way: [] for way in known}
    for _ in range(rounds):
        for way, answer in known.items():
            gc.collect()
            runs, took, started = 0, 0.0, time.process_time()
            while took < _LEAST_SECONDS:
                await answer(size)
                runs, took = runs + 1, time.process_time() - started
            spent[way].append(took / runs * 1000)
    return {way: statistics.median(found) for way, found in spent.items()}


def _fields(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_fields, value.values()))
    return sum(map(_fields, value)) if isinstance(value, list) else 0
