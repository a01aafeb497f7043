"""What a request leaves behind: nothing that only the garbage collector could free."""

from __future__ import annotations

import gc

import pytest
from callboard_sdk.entities import Component
from gateway.execution.executor import Execution
from gateway.testing import Harness
from resolvers.batching import RequestContext


@pytest.mark.parametrize(
    ("query", "roles"),
    [
        ("{ components(first: 5) { nodes { id name onCall { person } } } }", ["admin"]),
        ("{ components(first: 5) { nodes { ... on Entity { ref } onCall { person } } } }", ["reader"]),
        ("{ components(first: 5) { nodes { flaky { person notes } } } viewer { subject } }", ["admin"]),
    ],
)
async def test_all_of_it_is_freed_when_it_ends(company: tuple[Harness, list[int]], query: str, roles: list[str]) -> None:
    harness, _ = company
    await harness.ask(query, roles=roles)
    gc.collect()
    gc.disable()
    try:
        await harness.ask(query, roles=roles)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [one for one in gc.garbage if isinstance(one, Execution | RequestContext | Component)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == []
