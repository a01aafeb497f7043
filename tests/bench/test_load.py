"""The load client sends what it is told to and no more, and what it tells is what was answered."""

from __future__ import annotations

import pytest
from bench.load import Load, Target, run
from bench.side_by_side import figures

from tests.faults import Answer, Request, Server


async def test_targets_are_asked_in_turn_as_often_as_said_after_a_round_that_does_not_count() -> None:
    async with Server(lambda request: Answer()) as server:
        targets = {name: Target(f"{server.url}/{name}") for name in ("a", "b")}
        found = await run(Load(targets, rounds=2, requests=3, seconds=60, clients=1))
    assert [request.target for request in server.requests] == ["/a"] * 3 + ["/b"] * 3 + ["/a"] * 3 + ["/b"] * 3 + ["/a"] * 3 + [
        "/b"
    ] * 3
    assert {name: [len(one.latencies) for one in rounds] for name, rounds in found.items()} == {"a": [3, 3], "b": [3, 3]}


async def test_clients_share_a_round_and_keep_their_connections() -> None:
    async with Server(lambda request: Answer(delay=0.01)) as server:
        await run(Load({"a": Target(server.url)}, rounds=1, requests=12, seconds=60, clients=4))
        assert (len(server.requests), server.connections, server.most_at_once) == (24, 8, 4)


async def test_a_round_ends_when_its_time_is_over() -> None:
    async with Server(lambda request: Answer(delay=0.02)) as server:
        found = await run(Load({"a": Target(server.url)}, rounds=1, requests=1_000_000, seconds=0.1, clients=1))
    assert 0 < len(found["a"][0].latencies) < 1_000_000


async def test_a_body_is_posted_with_its_headers() -> None:
    async with Server(lambda request: Answer()) as server:
        target = Target(f"{server.url}/graphql?a=1", '{"query": "ä"}', {"authorization": "Bearer t"})
        await run(Load({"a": target}, rounds=0, requests=1, seconds=60, clients=1))
    assert server.requests == [
        Request(
            "POST",
            "/graphql?a=1",
            {"host": server.url.removeprefix("http://"), "authorization": "Bearer t", "content-length": "15"},
            '{"query": "ä"}'.encode(),
        )
    ]


async def test_an_answer_that_is_no_success_ends_the_run_with_what_it_said() -> None:
    async with Server(lambda request: Answer(401, b'{"errors": "who?"}')) as server:
        with pytest.raises(RuntimeError, match=r"answered http/1.1 401 .*who\?"):
            await run(Load({"a": Target(server.url)}, rounds=1, requests=1, seconds=60, clients=1))


def test_what_the_load_client_s_process_says_when_it_fails_is_told() -> None:
    with pytest.raises(RuntimeError, match="the load client failed: (?s:.*)Connect"):
        figures({"a": Target("http://127.0.0.1:1/")}, quick=True)
