"""Non-interference: worlds that differ only in what a viewer may not see give it the same bytes, whatever it asks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from .leaks import LEAKS, SUMS
from .shrink import shrunk
from .stage import PLAIN, Setting, staged
from .trial import Interference, Pair, first, rounds

PAIRS, FEW, LONG, PART = 2_000, 100, 100_000, 5_000
PARTS = 4
"""In how many tests the pairs are tried, for they are run beside each other."""


async def tried(folder: Path, seed: int, pairs: int, setting: Setting = PLAIN) -> Counter[str]:
    """Try so many pairs, none of which may interfere; what was counted of them."""
    counted: Counter[str] = Counter()
    async with staged(folder, setting) as stage:
        async for pair in rounds(stage, seed, pairs):
            counted["pairs"] += pair.case.world != pair.case.other
            assert pair.found is None, (
                f"pair {counted['pairs']} of seed {seed} interferes:\n{await shrunk(folder, pair.found, setting)}"
            )
            counted.update(_answered(pair))
    return counted


def _answered(pair: Pair) -> Counter[str]:
    counted: Counter[str] = Counter()
    for reply in pair.replies:
        body = orjson.loads(reply.body)
        counted["answered" if any((body.get("data") or {}).values()) else "empty"] += 1
        for error in body.get("errors", ()):
            extensions = error["extensions"]
            counted[f"{extensions['code']} {extensions.get('plugin', '')}".strip()] += 1
    return counted


async def found_first(folder: Path, seed: int, setting: Setting = PLAIN) -> Interference | None:
    """What interferes first in as many pairs as are tried of a gateway without leaks."""
    async with staged(folder, setting) as stage:
        return await first(stage, seed, PAIRS)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
async def test_what_a_viewer_may_not_see_changes_nothing_that_it_is_answered(tmp_path, part):
    counted = await tried(tmp_path, 2026 + part, PAIRS // PARTS)
    assert counted["pairs"] == PAIRS // PARTS
    assert counted["answered"] > counted["empty"] / 2, "many operations should be answered, or there is nothing to compare"
    assert {name for name in counted if name.startswith("INTERNAL")} == {"INTERNAL probe"}, "nothing but the probe fails"
    assert counted["FORBIDDEN"] and counted["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.timeout(300)
async def test_it_changes_nothing_on_postgresql(tmp_path, postgresql):
    assert (await tried(tmp_path, 11, FEW, Setting(postgresql.emptied())))["pairs"] == FEW


@pytest.mark.timeout(300)
async def test_it_changes_nothing_where_denied_fields_are_hidden(tmp_path):
    counted = await tried(tmp_path, 7, FEW, Setting(denied="hide"))
    assert counted["pairs"] == FEW and counted["answered"] and counted["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.timeout(300)
async def test_it_changes_no_sum_of_costs(tmp_path):
    assert (await tried(tmp_path, 5, FEW, Setting(costs=True)))["pairs"] == FEW


@pytest.mark.timeout(900)
async def test_a_sum_of_what_is_hidden_is_found(tmp_path, monkeypatch):
    SUMS(monkeypatch)
    assert await found_first(tmp_path, 5, Setting(costs=True)) is not None


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("denied", ["answer", "hide"])
@pytest.mark.parametrize("part", range(LONG // PART // 10))
async def test_it_changes_nothing_on_postgresql_at_length(tmp_path, postgresql, part, denied):
    setting = Setting(postgresql.emptied(), denied, costs=denied == "hide")
    assert (await tried(tmp_path, 1_000 + part, PART, setting))["pairs"] == PART


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(LONG // PART))
async def test_it_changes_nothing_at_length(tmp_path, part):
    assert (await tried(tmp_path, part, PART))["pairs"] == PART


@pytest.mark.timeout(900)
@pytest.mark.parametrize("leak", LEAKS)
async def test_a_planted_leak_is_found(tmp_path, monkeypatch, leak):
    LEAKS[leak](monkeypatch)
    assert await found_first(tmp_path, 11) is not None


@pytest.mark.timeout(900)
async def test_what_is_found_is_made_small(tmp_path, monkeypatch):
    LEAKS["count: of all entities"](monkeypatch)
    found = await found_first(tmp_path, 11)
    assert found is not None
    text = await shrunk(tmp_path, found)
    assert "totalCount" in text and text.count("Thing(") <= 2 and len(found.case.operations) > 1
