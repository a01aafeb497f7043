"""Browser applications of other origins: only those that the settings name may ask, and never with cookies."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway.configuration import SettingsError
from gateway.testing import running_gateway

PORTAL = "https://portal.example.com"
MAY_I = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
QUERY = {"query": "{ __typename }"}


def asking(harness: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=harness.gateway.asgi), base_url="http://test")


def settled(folder: Path, origins: list[str]) -> Any:
    return running_gateway(folder, {"server": {"cors": {"origins": origins, "max_age_seconds": 60}}})


async def test_without_settings_no_other_origin_may_ask(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as harness, asking(harness) as client:
        before = await client.options("/graphql", headers={"origin": PORTAL, **MAY_I})
        answer = await client.post("/graphql", json=QUERY, headers={"origin": PORTAL})
    assert before.status_code == 405
    assert not [name for name in (*before.headers, *answer.headers) if name.startswith("access-control")]


async def test_an_application_of_a_named_origin_may_ask_with_a_token_and_reads_the_answer(tmp_path: Path) -> None:
    async with settled(tmp_path, [PORTAL]) as harness, asking(harness) as client:
        before = await client.options("/graphql", headers={"origin": PORTAL, **MAY_I})
        answer = await client.post("/graphql", json=QUERY, headers={"origin": PORTAL})
        metrics = (await client.get("/metrics")).text
    assert (before.status_code, before.headers["access-control-allow-origin"]) == (200, PORTAL)
    assert {"authorization", "content-type"} <= set(before.headers["access-control-allow-headers"].lower().split(", "))
    assert before.headers["access-control-allow-methods"] == "GET, POST"
    assert before.headers["access-control-max-age"] == "60"
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (PORTAL, "Origin")
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    counted = [line for line in metrics.splitlines() if line.startswith("callboard_requests_total{")]
    assert counted == ['callboard_requests_total{operation="query",outcome="ok"} 1.0'], "the browser's question never got there"
    assert "access-control-allow-credentials" not in {**before.headers, **answer.headers}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.com", "http://portal.example.com", f"{PORTAL}:8443", f"{PORTAL}.evil.example", "null", PORTAL.upper()],
)
async def test_every_other_origin_is_refused(tmp_path: Path, origin: str) -> None:
    async with settled(tmp_path, [PORTAL]) as harness, asking(harness) as client:
        before = await client.options("/graphql", headers={"origin": origin, **MAY_I})
        answer = await client.post("/graphql", json=QUERY, headers={"origin": origin})
    assert before.status_code == 400
    assert "access-control-allow-origin" not in {**before.headers, **answer.headers}


async def test_only_graphql_is_for_other_origins(tmp_path: Path) -> None:
    async with settled(tmp_path, [PORTAL]) as harness, asking(harness) as client:
        for path in ("/metrics", "/readyz", "/healthz"):
            assert "access-control-allow-origin" not in (await client.get(path, headers={"origin": PORTAL})).headers
        assert (await client.options("/graphql/", headers={"origin": PORTAL, **MAY_I})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["*", "null", f"{PORTAL}/", f"{PORTAL}/app", "portal.example.com", "https://*.example.com", "file://"]
)
async def test_what_is_no_exact_origin_is_refused_in_the_settings(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingsError, match=r"is no origin: write https://HOST or https://HOST:PORT") as refused:
        async with settled(tmp_path, [origin]):
            pass
    assert refused.value.mistakes[0].path == "server.cors.origins"
