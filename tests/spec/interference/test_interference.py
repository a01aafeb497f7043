"""Non-interference: worlds that differ only in what a viewer may not see give it the same bytes, whatever it asks."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from .leaks import LEAKS
from .shrink import shrunk
from .stage import staged
from .trial import Interference, Pair, rounds

PAIRS, LONG, PART = 2_000, 100_000, 5_000


async def tried(folder: Path, seed: int, pairs: int) -> list[Pair]:
    async with staged(folder) as stage:
        return [pair async for pair in rounds(stage, seed, pairs)]


async def first(folder: Path, seed: int) -> Interference | None:
    async with staged(folder) as stage:
        async for pair in rounds(stage, seed, PAIRS):
            if pair.found is not None:
                return pair.found
    return None


async def no_interference(folder: Path, pairs: list[Pair]) -> None:
    for number, pair in enumerate(pairs, 1):
        assert pair.found is None, f"pair {number} interferes:\n{await shrunk(folder, pair.found)}"


@pytest.mark.timeout(900)
async def test_what_a_viewer_may_not_see_changes_nothing_that_it_is_answered(tmp_path):
    pairs = await tried(tmp_path, 2026, PAIRS)
    assert len(pairs) == PAIRS
    await no_interference(tmp_path, pairs)
    assert all(pair.case.world != pair.case.other for pair in pairs)
    bodies = [orjson.loads(reply.body) for pair in pairs for reply in pair.replies]
    told = [body for body in bodies if any((body.get("data") or {}).values())]
    assert len(told) > len(bodies) / 2, "most operations should be answered, or there is nothing to compare"
    errors = [error for body in bodies for error in body.get("errors", ()) if error["extensions"]["code"] == "INTERNAL"]
    assert {error["extensions"].get("plugin") for error in errors} == {"probe"}


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(LONG // PART))
async def test_it_changes_nothing_at_length(tmp_path, part):
    await no_interference(tmp_path, await tried(tmp_path, part, PART))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("leak", LEAKS)
async def test_a_planted_leak_is_found(tmp_path, monkeypatch, leak):
    LEAKS[leak](monkeypatch)
    assert await first(tmp_path, 11) is not None


@pytest.mark.timeout(900)
async def test_what_is_found_is_made_small(tmp_path, monkeypatch):
    LEAKS["count: of all entities"](monkeypatch)
    found = await first(tmp_path, 11)
    assert found is not None
    text = await shrunk(tmp_path, found)
    assert "totalCount" in text and text.count("Thing(") <= 2 and len(found.case.operations) > 1
