"""Unmodified clients, the GraphQL over HTTP audit and a real browser against a running gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport

from .conftest import Served, node

QUERY = "query Me { viewer { subject roles } plugins { name } }"


@pytest.fixture
def query_file(tmp_path: Path) -> str:
    file = tmp_path / "me.graphql"
    file.write_text(QUERY)
    return str(file)


def test_the_graphql_over_http_audit_passes_whole(served: Served):
    result = node("clients/audit.mjs", served.url, served.token)
    assert result.stdout.splitlines()[0] == "61/61", result.stdout


@pytest.mark.parametrize("client", ["apollo", "urql", "codegen"])
def test_a_javascript_client_reads_the_graph_unmodified(served: Served, query_file: str, client: str):
    result = node(f"clients/{client}.mjs", served.url, served.token, query_file)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["viewer"]["subject"] == "alice"


async def test_python_gql_reads_the_graph_with_the_schema_fetched(served: Served):
    transport = HTTPXAsyncTransport(url=served.url, headers={"Authorization": f"Bearer {served.token}"})
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        assert (await session.execute(gql(QUERY)))["viewer"]["subject"] == "alice"


@pytest.mark.parametrize("look", [[], ["--dark", "--paste"]])
def test_graphiql_runs_a_query_in_a_browser_without_leaving_its_origin(
    served: Served, query_file: str, tmp_path: Path, look: list[str]
):
    shot = tmp_path / "page.png"
    result = node("graphiql.mjs", served.url, served.token, query_file, str(shot), *look)
    report = json.loads(result.stdout or "{}")
    assert result.returncode == 0, result.stderr or report.get("problems")
    assert (report["outside"], report["consoleErrors"]) == ([], [])
    assert report["response"]["data"]["viewer"]["subject"] == "alice"
    assert shot.stat().st_size > 10_000
