"""What all providers stand on: lists read to their end, things read at once and told in order."""

from __future__ import annotations

import ast
import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import callboard_catalog.providers
import pytest
from callboard_catalog.providers.asking import fresh, is_over, next_link, steady
from callboard_catalog.providers.together import in_order
from callboard_catalog.descriptors.rules import RULES
from callboard_sdk import Reply, Unreadable, UpstreamError

LINKS = {
    '<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last"': "https://h/a?page=2",
    '<https://h/a?page=1>; rel="prev",<https://h/a?page=3>;title="a, b";rel="last next"': "https://h/a?page=3",
    "<https://h/a;b,c>; rel=next": "https://h/a;b,c",
    '<https://h/a>; rel="nextish"': None,
    '<https://h/a>; rel="last"': None,
    "nonsense": None,
    "": None,
}


@pytest.mark.parametrize("header", LINKS)
def test_the_next_page_is_what_the_link_header_calls_so(header: str) -> None:
    assert next_link(Reply(200, {"Link": header}, b"", datetime.now(UTC))) == LINKS[header]


async def test_an_answer_that_stands_in_for_a_failure_is_none() -> None:
    class Standing:
        name = "old"

        async def get(self, *_: Any, **__: Any) -> Reply:
            return Reply(200, {}, b"", datetime.now(UTC), stale=True)

    with pytest.raises(UpstreamError, match="did not answer"):
        await fresh(Standing(), "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([[[1, 2]]], [1, 2]),
        ([[[1], [2]], [[1], [2]]], [1, 2]),
        ([[[1], [3]], [[2], [3]], [[2], [3]]], [2, 3]),
        ([[[1], [3]], [[3]]], [3]),
        ([[[n], [n + 1]] for n in range(9)], None),
    ],
)
async def test_a_list_of_several_pages_counts_once_it_was_read_twice_alike(
    readings: list[Any], expected: list[int] | None
) -> None:
    left = iter(readings)

    async def read() -> list[list[int]]:
        return next(left)

    if expected is None:
        with pytest.raises(Unreadable, match="changed each time"):
            await steady(read, lambda one: one)
    else:
        assert await steady(read, lambda one: one) == expected


@pytest.mark.parametrize(
    ("error", "over"),
    [
        (UpstreamError("h", "RATE_LIMITED", "x", status=429), True),
        (UpstreamError("h", "RATE_LIMITED", "x"), True),
        (UpstreamError("h", "UNAUTHORIZED", "x", status=401), True),
        (UpstreamError("h", "UNAUTHORIZED", "x", status=403), False),
        (UpstreamError("h", "UNREACHABLE", "x"), True),
        (UpstreamError("h", "UNREACHABLE", "x", status=503), False),
        (UpstreamError("h", "TIMEOUT", "x"), False),
    ],
)
def test_what_fails_for_one_thing_is_told_from_what_fails_for_all(error: UpstreamError, over: bool) -> None:
    assert is_over(error) == over


async def test_things_are_told_in_their_order_with_so_many_under_way() -> None:
    under_way, most = 0, 0

    async def one(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(10 - number):
            await asyncio.sleep(0)
        under_way -= 1
        if number == 3:
            raise OSError("three")
        return number

    async with aclosing(in_order(one, range(8), 3)) as answers:
        found = [answer async for answer in answers]
    assert [given for given, _ in found] == list(range(8))
    assert [type(answer) for _, answer in found] == [int, int, int, OSError, int, int, int, int]
    assert most == 3


async def test_what_is_under_way_ends_with_its_reader() -> None:
    ended: list[int] = []

    async def one(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        finally:
            ended.append(number)
        return number

    async with aclosing(in_order(one, range(5), 3)) as answers:
        async for given, _ in answers:
            assert given == 0
            break
    assert sorted(ended) == [0, 1, 2]


def test_every_reason_that_a_provider_gives_is_a_rule_and_every_rule_of_sources_elsewhere_is_given() -> None:
    folder = Path(callboard_catalog.providers.__file__).parent
    calls = [node for file in folder.glob("*.py") for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    given = {ast.literal_eval(call.args[0]) for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Unreadable"}
    assert given <= set(RULES)
    assert given >= {"unanswered", "incomplete", "empty", "missing", "account"}
