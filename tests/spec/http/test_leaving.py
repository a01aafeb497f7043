"""A client that goes away takes its request with it: what ran for it is cancelled, and nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from callboard_sdk import Batch, Client, Plugin, Settings, Upstream
from callboard_sdk.entities import Component
from company import make_company
from gateway.http import client as patience
from gateway.http.client import Client as Waiting
from gateway.testing import Harness, running_gateway

from tests.spec.http.connection import Connection, connection_to

SOON = 10.0
"""Seconds in which a test's events come; without them it fails, long before a request's own end."""


def asking(*fields: str) -> bytes:
    return orjson.dumps({"query": f"{{ components(first: 2) {{ nodes {{ {' '.join(fields)} }} }} }}"})


class Hanging:
    """A plugin whose field waits forever, and remembers how that ended."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.plugin: Plugin[Any] = Plugin("hanging", permissions={"hanging.read": "See nothing."})

        @self.plugin.field(on=Component, permission="hanging.read")
        async def hangs(components: Batch[Component]) -> list[str | None]:
            """Never answers."""
            self.began.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            return [None for _ in components]


@asynccontextmanager
async def served(
    folder: Path, rules: Path, *plugins: Plugin[Any], seconds: float = 60
) -> AsyncIterator[tuple[Connection, dict[str, str], Harness]]:
    settings = {"policies": {"rules": str(rules)}, "limits": {"seconds": seconds}}
    async with (
        running_gateway(folder, settings, plugins=[make_company()[0], *plugins]) as harness,
        connection_to(harness.gateway.asgi) as connection,
    ):
        yield connection, {"authorization": harness.bearer(["admin"])}, harness


async def nothing_more_than(before: set[asyncio.Task[Any]]) -> None:
    """Wait until no task runs beside those of before."""
    async with asyncio.timeout(SOON):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.005)


async def test_a_plugins_task_is_cancelled_and_no_task_is_left(tmp_path: Path, rules: Path) -> None:
    hanging = Hanging()
    async with served(tmp_path, rules, hanging.plugin) as (connection, token, harness):
        before = asyncio.all_tasks()
        await connection.send("POST", asking("name", "hangs"), **token)
        await asyncio.wait_for(hanging.began.wait(), SOON)
        assert asyncio.all_tasks() > before
        connection.leave()
        await asyncio.wait_for(hanging.cancelled.wait(), SOON)
        await nothing_more_than(before)
        metrics = harness.gateway.pipeline.record.metrics().decode()
    assert 'callboard_requests_total{operation="query",outcome="gone"} 1.0' in metrics
    assert "callboard_errors_total{" not in metrics


async def test_an_upstreams_call_is_cancelled(tmp_path: Path, rules: Path) -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        assert await reader.read() == b"", "what ends the call is its connection's end"
        closed.set()
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as upstream:
        host, port = upstream.sockets[0].getsockname()
        pager: Plugin[Settings] = Plugin(
            "pager", upstreams=lambda _: [Upstream("desk", f"http://{host}:{port}", timeout=60)], permissions={"pager.read": "."}
        )

        @pager.field(on=Component, permission="pager.read")
        async def pager_person(components: Batch[Component], desk: Client) -> list[str | None]:
            """Who is paged."""
            return [(await desk.get(f"/shifts/{component.name}")).json(str) for component in components]

        async with served(tmp_path, rules, pager) as (connection, token, harness):
            before = asyncio.all_tasks()
            await connection.send("POST", asking("pagerPerson"), **token)
            await asyncio.wait_for(asked.wait(), SOON)
            connection.leave()
            await asyncio.wait_for(closed.wait(), SOON)
            await nothing_more_than(before)
            [desk] = harness.gateway.plugins.runtimes["pager"].upstreams
            assert (desk.in_flight, desk.requests) == (0, 1)


async def test_a_client_that_leaves_within_its_body_asked_nothing(tmp_path: Path, rules: Path) -> None:
    async with served(tmp_path, rules) as (connection, token, harness):
        before = asyncio.all_tasks()
        body = asking("name")
        await connection.send("POST", body[:20], length=len(body), **token)
        connection.leave()
        await nothing_more_than(before)
        assert "callboard_requests_total{" not in harness.gateway.pipeline.record.metrics().decode()


async def test_a_request_that_ends_at_its_deadline_leaves_nothing_either(tmp_path: Path, rules: Path) -> None:
    hanging = Hanging()
    async with served(tmp_path, rules, hanging.plugin, seconds=1) as (connection, token, _):
        before = asyncio.all_tasks()
        await connection.send("POST", asking("name", "hangs"), **token)
        status, _, body = await connection.answer()
        answer = orjson.loads(body)
        assert status == 200
        assert answer["data"]["components"]["nodes"] == [{"name": "c000", "hangs": None}, {"name": "c001", "hangs": None}]
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"DEADLINE_EXCEEDED"}
        assert hanging.cancelled.is_set()
        await nothing_more_than(before)


async def test_a_client_that_waits_gets_its_answers_on_one_connection(
    tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    slow: Plugin[Any] = Plugin("slow", permissions={"slow.read": "."})

    @slow.field(on=Component, permission="slow.read")
    async def slowly(components: Batch[Component]) -> list[str | None]:
        """Takes its time."""
        await asyncio.sleep(0.05)
        return [component.name for component in components]

    async with served(tmp_path, rules, slow) as (connection, token, _):
        before = asyncio.all_tasks()
        for _ in range(3):
            await connection.send("POST", asking("slowly"), **token)
            status, _, body = await connection.answer()
            assert (status, orjson.loads(body)["data"]["components"]["nodes"][1]) == (200, {"slowly": "c001"})
        await nothing_more_than(before)


async def test_a_quick_request_never_asks_whether_its_client_is_there(
    company: tuple[Harness, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 60.0)
    harness, _ = company
    received: list[str] = []
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        received.append("body")
        return {"type": "http.request", "body": asking("name"), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    before = asyncio.all_tasks()
    await harness.gateway.asgi(scope, receive, send)
    await nothing_more_than(before)
    assert (received, sent[0]["status"]) == (["body"], 200)


async def test_what_stops_the_server_is_not_taken_for_a_client_that_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    leave = asyncio.Event()

    async def answer(*, stops: bool) -> bool:
        async def receive() -> dict[str, Any]:
            await leave.wait()
            if stops:
                task.cancel()
            return {"type": "http.disconnect"}

        task = asyncio.current_task()
        assert task is not None
        with Waiting(receive) as client:
            await asyncio.Event().wait()
        return client.gone and not task.cancelling()

    left, stopped, both = (asyncio.create_task(answer(stops=stops)) for stops in (False, False, True))
    await asyncio.sleep(0.05)
    stopped.cancel()
    leave.set()
    assert await left
    for ended in (stopped, both):
        with pytest.raises(asyncio.CancelledError):
            await ended
