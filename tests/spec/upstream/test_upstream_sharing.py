"""Equal reads at once are one request; answers are kept, revalidated, and stand in for an upstream that fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from callboard_sdk.errors import UpstreamError
from resolvers.upstream import Limits, UpstreamClient
from tests.faults import Answer, Request, Server
from tests.spec.upstream.clients import Hands, client_of, within
from tests.spec.upstream.test_upstream_trouble import seen

pytestmark = pytest.mark.asyncio


async def test_equal_reads_at_once_are_one_request() -> None:
    async with Server(lambda _: Answer(body=b'"same"', delay=0.05)) as server, client_of(server) as client:
        replies = await asyncio.gather(
            *(client.get("/x", {"b": 1, "a": 2}) for _ in range(20)), client.get("x", {"a": 2, "b": 1})
        )
        assert client.health.deduplicated == 20
    assert {reply.json(str) for reply in replies} == {"same"}
    assert len(server.requests) == 1


async def test_reads_that_differ_in_parameters_headers_or_credentials_are_not_shared() -> None:
    tokens = iter("ab")
    async with Server(lambda _: Answer(delay=0.05)) as server:
        async with client_of(server, fresh_for=60) as client:
            await asyncio.gather(client.get("/x"), client.get("/x", {"a": 1}), client.get("/x", headers={"X-As": "me"}))
        async with client_of(server, fresh_for=60, bearer=lambda: next(tokens)) as client:
            await client.get("/x")
            await client.get("/x")
    assert len(server.requests) == 5


async def test_an_error_reaches_all_who_share_and_the_next_read_asks_again() -> None:
    async with Server(lambda _: Answer(404, delay=0.02)) as server, client_of(server) as client:
        ended = await asyncio.gather(*(client.get("/x") for _ in range(3)), return_exceptions=True)
        assert [getattr(one, "reason", one) for one in ended] == ["NOT_FOUND"] * 3
        with pytest.raises(UpstreamError):
            await client.get("/x")
    assert len(server.requests) == 2


async def test_one_who_leaves_does_not_stop_the_request_for_the_others() -> None:
    async with Server(lambda _: Answer(delay=0.3)) as server, client_of(server) as client:
        first, second, third = (asyncio.create_task(client.get("/x")) for _ in range(3))
        await seen(server, 1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        with within(0.01), pytest.raises(UpstreamError, match="time was up"):
            await client.get("/x")
        assert (await second).status == (await third).status == 200
    assert len(server.requests) == 1


async def test_the_last_to_leave_stops_the_request_and_leaves_no_task_behind() -> None:
    async with Server(lambda _: Answer(delay=5)) as server, client_of(server) as client:
        askers = [asyncio.create_task(client.get("/x")) for _ in range(2)]
        await seen(server, 1)
        for asker in askers:
            asker.cancel()
        await asyncio.wait(askers)
        left = [task for task in asyncio.all_tasks() if "Flights" in repr(task)]
        assert left == []
        assert client.health.in_flight == 0
        server.script = lambda _: Answer()
        assert (await client.get("/x")).status == 200, "and a later read starts anew"


async def test_one_who_joins_with_more_time_lets_a_retry_happen_that_the_first_had_no_time_for() -> None:
    answers = iter([Answer(503, headers={"Retry-After": "2"}, delay=0.1), Answer()])
    async with Server(lambda _: next(answers)) as server, client_of(server) as client:
        with within(1):
            hurried = asyncio.create_task(client.get("/x"))
            await seen(server, 1)
        patient = asyncio.create_task(client.get("/x"))
        assert (await patient).status == (await hurried).status == 200
    assert len(server.requests) == 2


async def test_a_fresh_answer_comes_from_memory_and_an_old_one_does_not() -> None:
    hands = Hands()
    async with (
        Server(lambda _: Answer(body=b"1")) as server,
        client_of(server, fresh_for=15, hands=hands) as client,
    ):
        first = await client.get("/x")
        hands.seconds += 14.9
        second = await client.get("/x")
        assert (len(server.requests), client.health.cache_hits) == (1, 1)
        hands.seconds += 0.2
        third = await client.get("/x")
    assert len(server.requests) == 2
    assert first.fetched_at == second.fetched_at == third.fetched_at - timedelta(seconds=15.1)


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"ETag": '"v1"'}, {"if-none-match": '"v1"'}),
        (
            {"Last-Modified": "Sat, 01 Mar 2025 00:00:00 GMT"},
            {"if-modified-since": "Sat, 01 Mar 2025 00:00:00 GMT"},
        ),
    ],
)
async def test_an_old_answer_is_asked_for_only_if_it_changed(given: dict[str, str], condition: dict[str, str]) -> None:
    def script(request: Request) -> Answer:
        unchanged = condition.items() <= dict(request.headers).items()
        return Answer(304, b"", given) if unchanged else Answer(body=b'"body"', headers=given)

    hands = Hands()
    async with Server(script) as server, client_of(server, fresh_for=15, hands=hands) as client:
        first = await client.get("/x")
        hands.seconds += 20
        second = await client.get("/x")
        hands.seconds += 10
        third = await client.get("/x")
        assert client.health.revalidated == 1
    assert len(server.requests) == 2
    assert first.json(str) == second.json(str) == third.json(str) == "body"
    assert second.fetched_at - first.fetched_at == timedelta(seconds=20), "unchanged counts as fetched now"
    assert third.fetched_at == second.fetched_at
    assert second.status == 200


async def test_a_plugins_own_condition_is_its_own_affair() -> None:
    async with Server(lambda _: Answer(304, b"")) as server, client_of(server, fresh_for=15) as client:
        reply = await client.get("/x", headers={"If-None-Match": '"mine"'}, ok=frozenset({304}))
        assert reply.status == 304
        with pytest.raises(UpstreamError):
            await client.get("/x")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "bad",
    [Answer(500), Answer(429), Answer(200, length=99)],
    ids=["500", "429", "cut"],
)
async def test_a_kept_answer_stands_in_when_the_upstream_fails_and_says_so(bad: Answer) -> None:
    hands = Hands()
    async with Server(lambda _: Answer(body=b'"old"')) as server:
        async with client_of(server, fresh_for=15, stale_for=100, attempts=1, hands=hands) as client:
            kept = await client.get("/x")
            hands.seconds += 100
            server.script = lambda _: bad
            stale = await client.get("/x")
            assert (stale.stale, stale.json(str), stale.fetched_at) == (True, "old", kept.fetched_at)
            assert (client.health.stale, client.health.failures) == (1, 1)
            hands.seconds += 16
            with pytest.raises(UpstreamError):
                await client.get("/x")


async def test_a_kept_answer_stands_in_while_the_upstream_wants_no_more_requests() -> None:
    hands = Hands()
    async with Server(lambda _: Answer(body=b'"old"')) as server:
        async with client_of(server, fresh_for=15, stale_for=600, attempts=1, hands=hands) as client:
            await client.get("/x")
            hands.seconds += 20
            server.script = lambda _: Answer(429, headers={"Retry-After": "60"})
            for _ in range(3):
                assert (await client.get("/x")).stale
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_nothing_stands_in_for_what_is_gone_or_may_not_be_read_any_more(status: int) -> None:
    hands = Hands()
    async with (
        Server(lambda _: Answer()) as server,
        client_of(server, fresh_for=15, stale_for=100, hands=hands) as client,
    ):
        await client.get("/x")
        hands.seconds += 20
        server.script = lambda _: Answer(status)
        with pytest.raises(UpstreamError):
            await client.get("/x")


async def test_a_kept_answer_stands_in_when_the_requests_own_time_is_up() -> None:
    hands = Hands()
    async with Server(lambda _: Answer(body=b'"old"')) as server:
        async with client_of(server, fresh_for=1, stale_for=100, hands=hands) as client:
            await client.get("/x")
            hands.seconds += 5
            server.script = lambda _: Answer(delay=5)
            with within(0.05):
                assert (await client.get("/x")).stale


async def test_what_a_plugin_makes_of_an_answer_is_made_once_for_as_long_as_the_answer_is_kept() -> None:
    def script(request: Request) -> Answer:
        changed = request.headers.get("if-none-match") != '"v1"'
        return Answer(body=b"[1, 2]", headers={"ETag": '"v1"'}) if changed else Answer(304, b"", {"ETag": '"v1"'})

    made: list[str] = []
    hands = Hands()

    async def total(client: UpstreamClient, key: str = "total") -> int:
        reply = await client.get("/x")

        def make() -> int:
            made.append(key)
            return sum(reply.json(list[int]))

        return reply.once(key, make)

    async with Server(script) as server:
        async with client_of(server, fresh_for=15, stale_for=100, attempts=1, hands=hands) as client:
            assert [await total(client) for _ in range(3)] == [3, 3, 3]
            assert await total(client, "other") == 3
            hands.seconds += 20
            assert await total(client) == 3, "unchanged, says the upstream"
            hands.seconds += 20
            server.script = lambda _: Answer(500)
            assert await total(client) == 3, "stands in"
            assert made == ["total", "other"]
            server.script = lambda _: Answer(body=b"[4]", headers={"ETag": '"v2"'})
            assert await total(client) == 4
    assert made == ["total", "other", "total"]


async def test_what_making_something_of_an_answer_raises_is_not_kept() -> None:
    async with Server(lambda _: Answer(body=b'"text"')) as server, client_of(server, fresh_for=15) as client:
        for _ in range(2):
            reply = await client.get("/x")
            with pytest.raises(UpstreamError, match="not as expected"):
                reply.once("number", lambda reply=reply: reply.json(int))
        assert reply.once("number", lambda: 7) == 7
    assert len(server.requests) == 1


async def test_an_answer_that_must_not_be_stored_is_not() -> None:
    async with Server(lambda _: Answer(headers={"Cache-Control": "private, no-store"})) as server:
        async with client_of(server, fresh_for=60) as client:
            await client.get("/x")
            await client.get("/x")
    assert len(server.requests) == 2


async def _asks_again(client: UpstreamClient, server: Server, path: str) -> bool:
    before = len(server.requests)
    await client.get(path)
    return len(server.requests) > before


async def test_memory_is_bounded_by_entries_and_the_longest_unused_goes_first() -> None:
    async with (
        Server(lambda _: Answer()) as server,
        client_of(server, fresh_for=60, limits=Limits(cache_entries=2)) as client,
    ):
        for path in ("/1", "/2", "/1", "/3"):
            await client.get(path)
        assert not await _asks_again(client, server, "/1")
        assert await _asks_again(client, server, "/2")


async def test_memory_is_bounded_by_bytes_and_one_answer_never_takes_it_all() -> None:
    def script(request: Request) -> Answer:
        return Answer(body=b"x" * int(request.target.split("=")[1]))

    limits = Limits(cache_bytes=40_000)
    async with Server(script) as server, client_of(server, fresh_for=60, limits=limits) as client:
        for path in ("/a?size=8000", "/b?size=8000", "/c?size=8000", "/d?size=8000", "/e?size=8000"):
            await client.get(path)
        assert not await _asks_again(client, server, "/e?size=8000")
        assert await _asks_again(client, server, "/a?size=8000")
        await client.get("/huge?size=20000")
        assert await _asks_again(client, server, "/huge?size=20000")
        assert not await _asks_again(client, server, "/e?size=8000")


async def test_a_write_is_neither_shared_nor_kept() -> None:
    async with Server(lambda _: Answer(delay=0.02)) as server, client_of(server, fresh_for=60) as client:
        await asyncio.gather(*(client.post("/x", {}) for _ in range(3)))
        await client.post("/x", {})
    assert len(server.requests) == 4
