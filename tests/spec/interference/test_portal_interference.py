"""What a viewer may not see changes nothing that the portal's addresses answer: a smaller trial, for they ask the graph."""

from __future__ import annotations

from collections import Counter

import pytest

from .leaks import LEAKS
from .portal import PortalAsked, PortalWriter
from .shrink import shrunk
from .stage import staged
from .trial import first, rounds

PAIRS = 500
ASKING = (PortalWriter, PortalAsked)


@pytest.mark.timeout(900)
async def test_what_a_viewer_may_not_see_changes_nothing_that_the_portal_is_answered(tmp_path):
    counted: Counter[str] = Counter()
    async with staged(tmp_path) as stage:
        async for pair in rounds(stage, 2026, PAIRS, ASKING):
            counted["pairs"] += pair.case.world != pair.case.other
            assert pair.found is None, f"pair {counted['pairs']} interferes:\n{await shrunk(tmp_path, pair.found)}"
            counted.update(str(reply.status) for reply in pair.replies)
    assert counted["pairs"] == PAIRS
    assert set(counted) == {"pairs", "200", "400", "403", "404"}, "nothing fails inside"
    assert counted["200"] > counted["403"] > 0 and counted["404"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "leak", ["count: of all entities", "value: the whole spec", "relation: that only the hidden side declares"]
)
async def test_a_planted_leak_is_found_by_the_portal_s_addresses_too(tmp_path, monkeypatch, leak):
    LEAKS[leak](monkeypatch)
    async with staged(tmp_path) as stage:
        assert await first(stage, 11, PAIRS, ASKING) is not None
