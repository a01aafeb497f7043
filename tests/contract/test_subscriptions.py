"""A subscription opens for who may read it alone, and leaves nothing behind when nobody listens any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from callboard_sdk.streams import StreamSpec
from gateway.testing import Harness


@pytest.fixture
def streams(plugin: Any) -> list[StreamSpec]:
    found = [spec for spec in plugin.fields if isinstance(spec, StreamSpec)]
    if not found:
        pytest.skip("the plugin has no subscriptions")
    return found


async def test_who_may_not_read_it_is_refused(
    alone: Harness, streams: list[StreamSpec], subscription: Any, subtests: pytest.Subtests
) -> None:
    for spec in streams:
        with subtests.test(spec.name):
            async with alone.listen(subscription(spec), roles=("outsider",)) as events:
                told = [answer async for answer in events]
            assert [error["extensions"]["code"] for answer in told for error in answer.errors] == ["FORBIDDEN"]


async def test_it_ends_with_its_listener(
    alone: Harness, streams: list[StreamSpec], subscription: Any, subtests: pytest.Subtests
) -> None:
    for spec in streams:
        with subtests.test(spec.name):
            before = asyncio.all_tasks()
            async with alone.listen(subscription(spec)) as events:
                try:
                    async with asyncio.timeout(0.2):
                        answer = await anext(events, None)
                except TimeoutError:
                    answer = None
            codes = [error["extensions"]["code"] for error in answer.errors] if answer else []
            assert "INTERNAL" not in codes, f"{spec.where} let an error through that it shouldn't"
            left = asyncio.all_tasks() - before
            if left:  # what others do in passing ends by itself
                _, left = await asyncio.wait(left, timeout=1)
            assert not left, f"{spec.where} leaves a task behind: end what it started in `finally`"
