"""Non-interference of the past: what a viewer may not see, then or now, changes nothing that it is told of what was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from .past_leaks import LEAKS, RARE
from .past import Pair, rounds
from .stage import Setting, staged

PAIRS, MOST, PART = 150, 500, 2_000


async def tried(folder: Path, seed: int, pairs: int, setting: Setting = Setting()) -> Counter[str]:
    """Try so many pairs, none of which may interfere; what was counted of them."""
    counted: Counter[str] = Counter()
    async with staged(folder, setting) as stage:
        async for pair in rounds(stage, seed, pairs):
            counted["pairs"] += pair.one != pair.other
            assert pair.found is None, f"pair {counted['pairs']} of seed {seed} interferes:\n{pair.told()}"
            for reply in pair.replies:
                body = orjson.loads(reply.body)
                data = body.get("data") or {}
                counted["answered" if any(data.values()) else "empty"] += 1
                for name, value in data.items():
                    counted["differences"] += isinstance(value, list) and bool(value)
                for error in body.get("errors", ()):
                    counted[error["extensions"]["code"]] += 1
    return counted


async def first(folder: Path, seed: int) -> Pair | None:
    """What interferes first in as many pairs as are tried of a gateway without leaks."""
    async with staged(folder) as stage:
        async for pair in rounds(stage, seed, MOST):
            if pair.found is not None:
                return pair
    return None


@pytest.mark.timeout(900)
async def test_what_a_viewer_may_not_see_changes_nothing_that_it_is_told_of_the_past(tmp_path):
    counted = await tried(tmp_path, 2026, PAIRS)
    assert counted["pairs"] == PAIRS
    assert counted["answered"] > counted["pairs"], "many operations should be answered, or there is nothing to compare"
    assert counted["differences"] and counted["FORBIDDEN"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("leak", [pytest.param(leak, marks=pytest.mark.soak) if leak in RARE else leak for leak in LEAKS])
async def test_a_planted_leak_of_the_past_is_found(tmp_path, monkeypatch, leak):
    LEAKS[leak](monkeypatch)
    assert await first(tmp_path, 11) is not None


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("denied", ["answer", "hide"])
async def test_it_changes_nothing_of_the_past_at_length(tmp_path, denied):
    assert (await tried(tmp_path, 3, PART, Setting(denied=denied)))["pairs"] == PART


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_it_changes_nothing_of_the_past_on_postgresql(tmp_path, postgresql):
    assert (await tried(tmp_path, 5, PART, Setting(postgresql.emptied())))["pairs"] == PART
