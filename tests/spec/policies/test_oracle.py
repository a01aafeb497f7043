"""The oracle: what is compiled decides as Casbin's `enforce` does, for random policies, viewers, coordinates and entities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from random import Random

import pytest
from oracle import Difference, differences
from policies.index import Index, Matched

SMALL, LARGE = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24), (100, 300, 1_000)


async def answered(seed: int, policies: int, each: int, large: tuple[tuple[int, int], ...]) -> AsyncIterator[Difference | None]:
    """For each tuple that is asked, in what the two differ."""
    dice = Random(seed)
    for count, some in [(dice.choice(SMALL), each) for _ in range(policies)] + list(large):
        async for one in differences(dice, count, some):
            yield one


async def asked(seed: int, policies: int, each: int, large: tuple[tuple[int, int], ...]) -> tuple[int, list[Difference]]:
    """How many tuples were asked, and all in which the two differ."""
    found = [one async for one in answered(seed, policies, each, large)]
    return len(found), [one for one in found if one is not None]


async def test_every_decision_is_casbin_s():
    tuples, wrong = await asked(4, 225, 96, ((100, 60), (1_000, 24), (10_000, 12)))
    assert tuples >= 20_000
    assert wrong == []


@pytest.mark.soak
async def test_a_million_decisions_are_casbin_s():
    tuples, wrong = await asked(5, 10_700, 96, tuple((count, 120) for count in LARGE for _ in range(10)) + ((10_000, 24),) * 5)
    assert tuples >= 1_000_000
    assert wrong == []


def _no_denials(matched: Matched) -> None:
    matched.deny, matched.deny_if = None, {}


@pytest.fixture(params=["inheritance", "denials", "conditions", "objects", "groups", "members", "entities"])
def fault(request, monkeypatch):
    """One thing left out of what is compiled."""
    matched, condition = Index.matched, Matched.condition

    def without_denials(index, held, coordinate, action):
        found = matched(index, held, coordinate, action)
        _no_denials(found)
        return found

    def without_groups(index, held, coordinate, action):
        groups, index._groups = index._groups, {}
        try:
            return matched(index, held, coordinate, action)
        finally:
            index._groups = groups

    def without_objects(index, held, coordinate, action):
        objects, index._objects = index._objects, {}
        try:
            return matched(index, held, coordinate, action)
        finally:
            index._objects = objects

    changes = {
        "inheritance": (Index, "held", lambda index, roles: frozenset(roles)),
        "denials": (Index, "matched", without_denials),
        "conditions": (Matched, "condition", lambda found: condition(found) is not False),
        "objects": (Index, "matched", without_objects),
        "groups": (Index, "matched", without_groups),
        "members": (Index, "roles_of", lambda index, names: frozenset()),
        "entities": (Matched, "without_entity", lambda found: (found.allow is not None and found.deny is None, None)),
    }
    monkeypatch.setattr(*changes[request.param])


async def test_the_oracle_finds_what_is_left_out(fault):
    async with aclosing(answered(6, 120, 96, ())) as answers:
        async for found in answers:
            if found is not None:
                return
    pytest.fail("what is left out makes no difference in any answer")
