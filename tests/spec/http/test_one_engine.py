"""Nothing falls back: graphql-core's own executor runs no operation that comes in by HTTP, introspection neither."""

from __future__ import annotations

import graphql
import graphql.execution
import httpx
import pytest
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration
from graphql import get_introspection_query
from graphql.execution.executor import Executor

OPERATIONS = (
    "{ __typename viewer { subject roles } components(first: 2) { totalCount nodes { name } } }",
    "query Part($deep: Boolean = true) { components(first: 2) { ...P @include(if: $deep) } } "
    "fragment P on ComponentConnection { nodes { __typename ref } }",
    '{ __type(name: "Component") { name fields { name type { name } } } }',
    get_introspection_query(),
    '{ node(id: "bm90aGluZw==") { id } }',
)


class RanElsewhere(Exception):
    """graphql-core was asked to run something."""


def refuse(*_given: object, **_more: object) -> None:
    raise RanElsewhere


@pytest.fixture
def no_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Executor, "execute_operation", refuse)


@pytest.mark.usefixtures("no_other_engine")
def test_the_door_that_is_shut_is_the_one_that_graphql_core_takes(company):
    schema = company[0].gateway.supergraph.schema
    with pytest.raises(RanElsewhere):
        graphql.execute(schema, graphql.parse("{ __typename }"))
    with pytest.raises(RanElsewhere):
        graphql.graphql_sync(schema, "{ __schema { queryType { name } } }")


@pytest.mark.usefixtures("no_other_engine")
@pytest.mark.parametrize("document", OPERATIONS, ids=["plain", "fragment", "type", "introspection", "node"])
async def test_an_operation_is_run_by_the_engine_alone(company, tmp_path, document):
    settings = read_configuration(tmp_path / "callboard.yaml", {}).settings.auth
    token = LocalIssuer(settings.local, settings.audience).create("alice", ["admin"], seconds=60)
    transport = httpx.ASGITransport(app=company[0].gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post("/graphql", json={"query": document}, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["data"]
    assert not [e for e in answer.json().get("errors", ()) if e["extensions"]["code"] == "INTERNAL"], answer.json()["errors"]
