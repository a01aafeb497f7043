"""The transports' benchmark measures real exchanges: each request is answered whole, and sent once."""

from __future__ import annotations

import asyncio

import pytest
from bench.transports import Way, candidates, cost

from tests.faults import Answer, Server


@pytest.mark.parametrize("name", ["callboard", "httpx"])
async def test_every_request_is_sent_once_and_the_connections_are_kept(name: str) -> None:
    async with Server(lambda _: Answer(body=b'"ok"')) as server:
        found = await asyncio.to_thread(cost, candidates()[name], Way(server.url, 2, None), 20)
        assert (len(server.requests), server.connections) == (6 + 20, 2)
    assert found.cpu_us > 0
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer x"}
