"""docs/errors.md has every error code that the source can answer with, and says its HTTP status as it is."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from callboard_sdk import BadArgument, NotFound, Plugin, UpstreamError
from gateway.testing import running_gateway

from tests.docs.codes import error_codes, sources, upstream_reasons
from tests.docs.reference import ROOT
from tests.docs.tables import named, rows

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
STATUSES = {cells[0].strip("`"): cells[1].split(", ") for cells in rows(PAGE, "code")}
GRAPHQL = {"accept": "application/graphql-response+json"}


def test_every_code_has_a_row_and_no_row_is_stale() -> None:
    assert sorted(named(PAGE, "code")) == sorted(error_codes())


def test_every_reason_of_an_upstream_s_failure_has_a_row_and_no_row_is_stale() -> None:
    assert sorted(named(PAGE, "reason")) == sorted(upstream_reasons())


def test_codes_are_found_wherever_the_source_writes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        'class A(Exception):\n    code = "A"\n\n\ndef f(code: str = "B_C"):\n    raise RequestError([], "D" if f else "E_F")\n\n\n'
        'shape_errors([], code="G")\nx = {"code": "H"}\nUpstreamError(n, "I")\nreason = "J" if x else "K"\ny = "NOTHING"\n'
    )
    assert len(list(sources())) > 100
    monkeypatch.setattr("tests.docs.codes.sources", lambda: [module])
    assert error_codes() == {"A", "B_C", "D", "E_F", "G", "H"}
    assert upstream_reasons() == {"I", "J", "K"}


def test_what_else_extensions_has_is_told_of_codes_that_there_are() -> None:
    assert {name for cells in rows(PAGE, "key") for name in cells[1].replace("`", "").split(", ")} <= set(STATUSES)


def failing() -> Plugin[Any]:
    """A plugin with a field for each error that a field may come to."""
    plugin: Plugin[Any] = Plugin("failing", permissions={"failing.read": "Fail."})
    errors: dict[str, Exception] = {
        "argument": BadArgument("no"),
        "missing": NotFound("no"),
        "upstream": UpstreamError("ci", "TIMEOUT", "no"),
        "broken": RuntimeError("no"),
    }

    def add(name: str, error: Exception) -> None:
        async def fail() -> str | None:
            """Fails."""
            raise error

        plugin.query(permission="failing.read", name=name)(fail)

    for name, error in errors.items():
        add(name, error)

    @plugin.query(permission="failing.read")
    async def slow() -> str | None:
        """Takes too long."""
        await asyncio.sleep(60)
        return None

    return plugin


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """One that may read everything but for its points, and one without a token."""
    settings = {"limits": {"seconds": 3, "points": 30, "depth": 5, "tokens": 200}}
    async with running_gateway(tmp_path, settings, plugins=[failing()]) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        base: dict[str, Any] = {"transport": transport, "base_url": "http://test", "headers": GRAPHQL}
        async with httpx.AsyncClient(**base) as known, httpx.AsyncClient(**base) as unknown:
            known.headers["authorization"] = harness.bearer(["admin"])
            yield known, unknown


async def test_each_error_has_the_status_that_its_row_says(clients) -> None:
    known, unknown = clients
    query = "query ($id: ID!) { node(id: $id) { id } }"
    asked: dict[str, list[Any]] = {
        "GRAPHQL_PARSE_FAILED": [{"query": "{"}, {"query": "{" + "a " * 300 + "}"}],
        "GRAPHQL_VALIDATION_FAILED": [{"query": "{ nothing }"}],
        "OPERATION_RESOLUTION_FAILURE": [{"query": "query A { slow } query B { slow }"}],
        "BAD_USER_INPUT": [{"query": query}, {"query": query, "variables": {"id": []}}],
        "BAD_REQUEST": [{}, []],
        "LIMIT_EXCEEDED": [{"query": "{ __schema { types { fields { type { ofType { ofType { name } } } } } } }"}],
        "BAD_ARGUMENT": [{"query": "{ argument }"}, {"query": '{ node(id: "x") { id } }'}],
        "NOT_FOUND": [{"query": "{ missing }"}],
        "UPSTREAM": [{"query": "{ upstream }"}],
        "INTERNAL": [{"query": "{ broken }"}],
        "DEADLINE_EXCEEDED": [{"query": "{ slow }"}],
    }
    found = [(code, await known.post("/graphql", json=body)) for code, bodies in asked.items() for body in bodies]
    found += [("FORBIDDEN", await unknown.post("/graphql", json={"query": "{ slow }"}))]
    wrong = {"authorization": "Bearer " + base64.b64encode(b"no token").decode()}
    found += [("UNAUTHENTICATED", await unknown.post("/graphql", json={"query": "{ slow }"}, headers=wrong))]
    found += [("BAD_REQUEST", await known.put("/graphql", json={"query": "{ slow }"}))]
    found += [("BAD_REQUEST", await known.post("/graphql", content=b"{ slow }", headers={"content-type": "text/plain"}))]
    found += [("BAD_REQUEST", await known.post("/graphql", json={"query": "#" * 300_000}))]
    while "RATE_LIMITED" not in (answer := await known.post("/graphql", json={"query": "{ __typename }"})).text:
        assert answer.status_code == 200, "points are spent one by one"
    found += [("RATE_LIMITED", answer)]
    told = [(code, *codes_of(answer), str(answer.status_code) in STATUSES[code]) for code, answer in found]
    assert told == [(code, code, True) for code, _ in found]
    assert {str(answer.status_code) for code, answer in found if code == "BAD_REQUEST"} == set(STATUSES["BAD_REQUEST"])


def codes_of(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in json.loads(answer.content)["errors"]]
