"""What a viewer may not see changes nothing that it is counted: a smaller trial, of facets alone."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from .facets import FacetWriter
from .leaks import FACETED, LEAKS
from .arguments import Asked
from .shrink import shrunk
from .stage import staged
from .trial import first, rounds

PAIRS, LONG = 500, 5_000
ASKING = (FacetWriter, Asked)


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(PAIRS, marks=pytest.mark.timeout(900)),
        pytest.param(LONG, marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
    ],
)
async def test_what_a_viewer_may_not_see_changes_nothing_that_it_is_counted(tmp_path, pairs):
    counted: Counter[str] = Counter()
    async with staged(tmp_path) as stage:
        async for pair in rounds(stage, 2026, pairs, ASKING):
            counted["pairs"] += pair.case.world != pair.case.other
            assert pair.found is None, f"pair {counted['pairs']} interferes:\n{await shrunk(tmp_path, pair.found)}"
            counted.update(
                "answered" if any((orjson.loads(reply.body).get("data") or {}).values()) else "empty" for reply in pair.replies
            )
    assert counted["pairs"] == pairs and counted["answered"] > counted["empty"] / 3


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "plant", [FACETED, LEAKS["filter: by what may not be read"]], ids=["of no key", "by what may not be read"]
)
async def test_a_planted_leak_is_found_by_facets_too(tmp_path, monkeypatch, plant):
    plant(monkeypatch)
    async with staged(tmp_path) as stage:
        assert await first(stage, 12, PAIRS, ASKING) is not None
