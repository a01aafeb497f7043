"""How plugins' upstreams are doing shows in the graph and in the metrics, and names no request of anyone's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from callboard_sdk import Batch, Client, Plugin, Settings, Upstream
from callboard_sdk.entities import Component
from company import make_company
from gateway.testing import Harness, running_gateway
from tests.faults import Answer, Request, Server

ASK = """{
  components(first: 2) { nodes { pagerPerson } }
  plugins { name health { upstreams { name state lastSuccess lastFailure lastError } } }
}"""


def pager(url: str) -> Plugin[Settings]:
    made: Plugin[Settings] = Plugin(
        "pager",
        upstreams=lambda _: [Upstream("desk", url, attempts=1), Upstream("spare", url)],
        permissions={"pager.read": "See who is paged."},
    )

    @made.field(on=Component, permission="pager.read")
    async def pager_person(components: Batch[Component], desk: Client) -> list[str | None]:
        """Who is paged."""
        return [(await desk.get(f"/shifts/{component.name}")).json(str) for component in components]

    return made


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(lambda _: Answer(body=b'"ann"')) as server:
        yield server


@pytest.fixture
async def harness(tmp_path: Path, rules: Path, server: Server) -> AsyncIterator[Harness]:
    plugins = [make_company()[0], pager(server.url)]
    async with running_gateway(tmp_path, {"policies": {"rules": str(rules)}}, plugins=plugins) as harness:
        yield harness


async def upstreams(harness: Harness) -> dict[str, Any]:
    plugins = (await harness.ask(ASK)).data["plugins"]
    return {u["name"]: u for plugin in plugins if plugin["name"] == "pager" for u in plugin["health"]["upstreams"]}


async def metrics(harness: Harness) -> list[str]:
    transport = httpx.ASGITransport(app=harness.gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.get("/metrics")).text.splitlines()


async def test_each_upstream_has_its_state_and_when_it_last_answered(harness: Harness) -> None:
    await harness.ask(ASK)
    found = await upstreams(harness)
    assert found["desk"]["state"] == "OK"
    assert found["desk"]["lastSuccess"] is not None
    assert found["spare"] == {"name": "spare", "state": "OK", "lastSuccess": None, "lastFailure": None, "lastError": None}


async def test_a_failing_one_says_why_without_naming_what_was_asked(harness: Harness, server: Server) -> None:
    server.script = lambda _: Answer(500, b"secret detail")
    asked = await harness.ask(ASK)
    found = (await upstreams(harness))["desk"]
    assert "GET /shifts/c00" in asked.errors[0]["message"], "who asked learns which request it was"
    assert (found["state"], found["lastSuccess"]) == ("FAILING", None)
    assert found["lastFailure"] is not None
    assert found["lastError"] == "desk answered 500 to a request: it has a fault of its own. Try again later."


async def test_an_open_circuit_shows_and_its_error_names_no_request_of_another(harness: Harness, server: Server) -> None:
    server.script = lambda _: Answer(500)
    for _ in range(5):
        await harness.ask(ASK)
    answer = await harness.ask(ASK)
    assert (await upstreams(harness))["desk"]["state"] == "OPEN"
    assert "Last: desk answered 500 to a request" in answer.errors[0]["message"]
    assert 'callboard_upstream_circuit_open{plugin="pager",process="gateway",upstream="desk"} 1.0' in await metrics(harness)


async def test_the_metrics_count_each_upstream_by_plugin_and_failures_by_reason(harness: Harness, server: Server) -> None:
    def script(request: Request) -> Answer:
        return Answer(429) if request.target.endswith("c001") else Answer(body=b'"ann"')

    server.script = script
    document = "{ components(first: 1) { nodes { pagerPerson } } }"
    await harness.ask(document)
    await harness.ask(document)
    await harness.ask("{ components(last: 4) { nodes { pagerPerson } } }")
    lines = await metrics(harness)
    desk = '{plugin="pager",process="gateway",upstream="desk"}'
    assert len(server.requests) == 2
    for line in (
        f"callboard_upstream_calls_total{desk} 3.0",
        f"callboard_upstream_requests_total{desk} 2.0",
        f"callboard_upstream_cache_hits_total{desk} 1.0",
        f"callboard_upstream_request_seconds_count{desk} 2.0",
        f"callboard_upstream_in_flight{desk} 0.0",
        f"callboard_upstream_circuit_open{desk} 0.0",
        'callboard_upstream_failures_total{plugin="pager",process="gateway",reason="RATE_LIMITED",upstream="desk"} 1.0',
        'callboard_upstream_request_seconds_bucket{le="+Inf",plugin="pager",process="gateway",upstream="desk"} 2.0',
        'callboard_upstream_requests_total{plugin="pager",process="gateway",upstream="spare"} 0.0',
    ):
        assert line in lines
