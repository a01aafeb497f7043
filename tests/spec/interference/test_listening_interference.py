"""Non-interference of subscriptions: what a viewer may not see changes nothing that it hears, nor when it goes on from a cursor."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from .listening import Pair, rounds
from .listening_leaks import LEAKS, RARE
from .stage import Setting, staged

PAIRS, MOST, MANY, PART = 100, 300, 3_000, 1_000


async def tried(folder: Path, seed: int, pairs: int, setting: Setting = Setting()) -> Counter[str]:
    """Try so many pairs, none of which may interfere; what was counted of them."""
    counted: Counter[str] = Counter()
    async with staged(folder, setting) as stage:
        async for pair in rounds(stage, seed, pairs):
            counted["pairs"] += pair.one != pair.other
            assert pair.instead is None, f"pair {counted['pairs']} of seed {seed} interferes:\n{pair.told()}"
            counted["again"] += sum(map(len, pair.heard.again))
            for body in (orjson.loads(body) for heard in pair.heard.events for body in heard):
                counted.update(name for name, value in (body.get("data") or {}).items() if value)
                counted.update(error["extensions"]["code"] for error in body.get("errors", ()))
    return counted


async def first(folder: Path, seed: int, pairs: int) -> Pair | None:
    """What interferes first in so many pairs."""
    async with staged(folder) as stage:
        async for pair in rounds(stage, seed, pairs):
            if pair.instead is not None:
                return pair
    return None


@pytest.mark.timeout(900)
async def test_what_a_viewer_may_not_see_changes_nothing_that_it_hears(tmp_path):
    counted = await tried(tmp_path, 2026, PAIRS)
    assert counted["pairs"] == PAIRS
    assert counted["entityChanges"] and counted["problemChanges"] and counted["sourceChanges"]
    assert counted["again"] and counted["FORBIDDEN"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "leak", [pytest.param(leak, marks=[pytest.mark.soak, pytest.mark.timeout(0)]) if leak in RARE else leak for leak in LEAKS]
)
async def test_a_planted_leak_to_who_listens_is_found(tmp_path, monkeypatch, leak):
    LEAKS[leak](monkeypatch)
    assert await first(tmp_path, 11, MANY if leak in RARE else MOST) is not None


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("denied", ["answer", "hide"])
async def test_it_changes_nothing_that_is_heard_at_length(tmp_path, denied):
    assert (await tried(tmp_path, 3, PART, Setting(denied=denied)))["pairs"] == PART


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_it_changes_nothing_that_is_heard_on_postgresql(tmp_path, postgresql):
    assert (await tried(tmp_path, 5, PART, Setting(postgresql.emptied())))["pairs"] == PART
