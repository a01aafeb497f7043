"""What a case expects is compared as `tests/cases/case.py` says: a difference is told with its place, the rest is let be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.case import alike, differences
from tests.cases.world import merged

FOUND = {"nodes": [{"name": "a", "cost": None}, {"name": "b", "cost": 1}], "total": 2, "extra": True}


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"total": 2}, []),
        ({"total": 3}, ["data.total is 2, not 3"]),
        ({"gone": 1}, ["data.gone isn't there"]),
        ({"nodes": [{"name": "a"}, {"name": "b"}]}, []),
        ({"nodes": [{"name": "a"}]}, ["data.nodes has 2 items, not 1"]),
        ({"nodes": [{}, {"name": "c"}]}, ["data.nodes.1.name is 'b', not 'c'"]),
        ({"nodes": {"length": 2, "present": {"name": 2, "cost": 1}, -1: {"cost": 1}}}, []),
        ({"nodes": {"length": 1}}, ["data.nodes.length is 2, not 1"]),
        ({"nodes": {"each": {"cost": None}}}, ["data.nodes.1.cost is 1, not None"]),
        ({"nodes": {"present": {"cost": 2}}}, ["data.nodes.present.cost is 1, not 2"]),
        ({"nodes": {2: {}}}, ["data.nodes has no 2: it is a list of 2"]),
        ({"nodes": {"lenght": 2}}, ["data.nodes has no 'lenght': it is a list of 2"]),
        ({"nodes": None}, [f"data.nodes is {FOUND['nodes']!r}, not None"]),
    ],
)
def test_a_difference_is_told_with_its_place(expected: dict[str, Any], told: list[str]) -> None:
    assert differences(expected, FOUND) == told


def test_errors_that_differ_in_their_place_alone_are_counted_as_one() -> None:
    places = [["nodes", 0, "cost"], ["nodes", 1, "cost"]]
    errors: list[dict[str, Any]] = [{"path": path, "extensions": {"code": "FORBIDDEN", "decisionId": "d"}} for path in places]
    errors.append({"extensions": {"code": "UPSTREAM", "upstream": "staging"}})
    assert alike(errors) == [
        {"code": "FORBIDDEN", "path": "nodes.*.cost", "count": 2},
        {"code": "UPSTREAM", "upstream": "staging", "count": 1},
    ]


def test_settings_are_merged_topic_by_topic_and_named_things_by_their_names() -> None:
    base = {"clusters": [{"name": "a", "seconds": 3, "url": "u"}, {"name": "b"}], "limits": {"depth": 1}}
    assert merged(base, {"clusters": [{"name": "a", "seconds": 1}], "more": 1}) == {
        "clusters": [{"name": "a", "seconds": 1, "url": "u"}, {"name": "b"}],
        "limits": {"depth": 1},
        "more": 1,
    }
