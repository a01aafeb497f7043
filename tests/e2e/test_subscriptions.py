"""Unmodified clients that subscribe, and GraphiQL in a browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from .conftest import HERE, Served, callboard, node, serving

TICKS = "subscription Ticking { ticks(to: 3) { number } }"
TICKED = [{"ticks": {"number": number}} for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the ticker is found by its entry point."""
    site = tmp_path_factory.mktemp("site")
    about = site / "callboard_ticker-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: callboard-ticker\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text("[callboard.plugins]\nticker = callboard_ticker:plugin\n")
    shutil.copy(HERE / "ticker.py", site / "callboard_ticker.py")
    return {"PYTHONPATH": str(site)}


@pytest.fixture(scope="module")
def ticking(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("ticking"), "plugins: {ticker: }\n", environment) as served:
        yield served


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "ticks.graphql"
    file.write_text(TICKS)
    return str(file)


@pytest.mark.parametrize("client", ["graphql-ws", "graphql-sse", "apollo", "urql", "urql-sse"])
def test_a_javascript_client_listens_to_the_end(ticking: Served, document: str, client: str) -> None:
    result = node("clients/subscriptions.mjs", client, ticking.url, ticking.token, document)
    assert result.returncode == 0, result.stderr
    told = [{"ticks": {"number": one["ticks"]["number"]}} for one in json.loads(result.stdout)]
    assert told == TICKED


@pytest.mark.parametrize("client", ["graphql-ws", "graphql-sse", "apollo", "urql", "urql-sse"])
def test_a_javascript_client_is_told_what_is_wrong(ticking: Served, tmp_path: Path, client: str) -> None:
    (tmp_path / "wrong.graphql").write_text("subscription { tocks { number } }")
    result = node("clients/subscriptions.mjs", client, ticking.url, ticking.token, str(tmp_path / "wrong.graphql"))
    assert result.returncode == 1
    assert "Cannot query field 'tocks'" in result.stderr and "Did you mean 'ticks'" in result.stderr


async def test_python_gql_listens_to_the_end(ticking: Served) -> None:
    transport = WebsocketsTransport(
        url=ticking.url.replace("http", "ws", 1), init_payload={"authorization": f"Bearer {ticking.token}"}
    )
    async with Client(transport=transport) as session:
        assert [told async for told in session.subscribe(gql(TICKS))] == TICKED


def test_graphiql_listens_in_a_browser_until_it_is_stopped_without_leaving_its_origin(ticking: Served, tmp_path: Path) -> None:
    (tmp_path / "endless.graphql").write_text("subscription Endless { ticks { number } }")
    result = node(
        "graphiql.mjs", ticking.url, ticking.token, str(tmp_path / "endless.graphql"), str(tmp_path / "page.png"), "--stop"
    )
    report = json.loads(result.stdout or "{}")
    assert result.returncode == 0, result.stderr or report.get("problems")
    assert (report["outside"], report["consoleErrors"]) == ([], [])
    assert report["response"]["data"]["ticks"]["number"] >= 1
    metrics = httpx.get(ticking.url.replace("graphql", "metrics")).text
    assert 'callboard_streams{transport="sse"} 0.0' in metrics


def test_the_ticker_keeps_the_contract(environment: dict[str, str]) -> None:
    written = callboard("plugin", "schema", "ticker", "--write", environment=environment)
    assert written.returncode == 0, written.stderr
    ran = callboard("plugin", "test", "ticker", environment=environment)
    assert ran.returncode == 0, ran.stdout
    assert "failed" not in ran.stdout and "error" not in ran.stdout


def test_a_ticker_that_breaks_the_contract_is_told(environment: dict[str, str]) -> None:
    module = Path(environment["PYTHONPATH"]) / "callboard_ticker.py"
    right = module.read_text()
    module.write_text(right.replace("    number = 0\n", "    number = asyncio.create_task(asyncio.sleep(60)) and 0\n"))
    ran = callboard("plugin", "test", "ticker", environment=environment)
    module.write_text(right)
    assert ran.returncode == 1
    assert "leaves a task behind" in ran.stdout
