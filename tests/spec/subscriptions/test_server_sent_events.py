"""GraphQL over server-sent events, in the distinct connections mode of graphql-sse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from gateway.http.events import EVENT_STREAM
from gateway.http.graphql import _OFFERED
from gateway.http.negotiation import GRAPHQL_JSON, JSON, negotiate

from tests.spec.http.connection import served

from .newsroom import SOON, Newsroom

NEWS = "subscription { news { text } }"


class Reader:
    """A client that reads a response event by event."""

    def __init__(self, room: Newsroom, http: httpx.AsyncClient) -> None:
        self.room = room
        self.http = http

    @asynccontextmanager
    async def reading(self, query: str = NEWS, method: str = "POST", **headers: str) -> AsyncIterator[Events]:
        given = {"accept": EVENT_STREAM, "authorization": self.room.harness.bearer(["admin"])} | headers
        body = {"json": {"query": query}} if method == "POST" else {"params": {"query": query}}
        async with self.http.stream(method, "/graphql", headers=given, **body) as response:
            yield Events(response)


class Events:
    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> list[str]:
        """The lines until the next empty one; None of them at the end."""
        found: list[str] = []
        async with asyncio.timeout(SOON):
            async for line in self._lines:
                if not line:
                    return found
                found.append(line)
        return found

    async def next(self) -> Any:
        kind, data = await self.block()
        assert kind == "event: next"
        return orjson.loads(data.removeprefix("data: "))

    async def complete(self) -> None:
        assert await self.block() == ["event: complete", "data:"]
        assert await self.block() == []


@asynccontextmanager
async def reader_of(room: Newsroom) -> AsyncIterator[Reader]:
    async with (
        served(room.harness.gateway.asgi) as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=SOON) as http,
    ):
        yield Reader(room, http)


@pytest.fixture
async def reader(room: Newsroom) -> AsyncIterator[Reader]:
    async with reader_of(room) as made:
        yield made


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_events_come_as_next_and_the_end_as_complete(reader: Reader, method: str) -> None:
    async with reader.reading("subscription { count(to: 2) }", method) as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"] == f"{EVENT_STREAM}; charset=utf-8"
        assert events.response.headers["cache-control"] == "no-cache"
        assert [await events.next() for _ in range(2)] == [{"data": {"count": n}} for n in range(2)]
        await events.complete()


async def test_the_answer_begins_before_the_first_event(reader: Reader) -> None:
    async with reader.reading() as events:
        assert events.response.status_code == 200
        await reader.room.until(lambda: reader.room.desk.listening == 1)
        reader.room.desk.publish("a")
        assert await events.next() == {"data": {"news": {"text": "a"}}}


async def test_a_client_that_leaves_closes_the_source(reader: Reader) -> None:
    async with reader.reading():
        await reader.room.until(lambda: reader.room.desk.listening == 1)
    await reader.room.until(lambda: reader.room.desk.closed == ["cancelled"])
    await reader.room.until(lambda: 'callboard_streams{transport="sse"} 0.0' in reader.room.metrics)


async def test_queries_and_mutations_are_one_event(reader: Reader) -> None:
    async with reader.reading("{ latest { text } }") as events:
        assert await events.next() == {"data": {"latest": {"text": "old news"}}}
        await events.complete()
    async with reader.reading("mutation { printIt(count: 1) }") as events:
        assert await events.next() == {"data": {"printIt": 1}}


async def test_what_can_not_be_run_is_an_event_with_errors(reader: Reader) -> None:
    async with reader.reading("subscription { never }") as events:
        assert (await events.next())["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        await events.complete()


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"authorization": "Bearer not.a.token"}, 401, "UNAUTHENTICATED"),
        ({"query": "mutation { printIt(count: 1) }", "method": "GET"}, 405, "METHOD_NOT_ALLOWED"),
        ({"query": ""}, 400, "BAD_REQUEST"),
        ({"content-type": "text/plain"}, 415, "BAD_REQUEST"),
    ],
)
async def test_what_is_wrong_with_the_request_is_told_by_its_status(
    reader: Reader, given: dict[str, str], status: int, code: str
) -> None:
    async with reader.reading(**given) as events:
        assert events.response.status_code == status and events.response.headers["content-type"].startswith(JSON)
        assert orjson.loads(await events.response.aread())["errors"][0]["extensions"]["code"] == code


async def test_a_quiet_stream_is_kept_alive(opening) -> None:
    async with opening(subscriptions={"keep_alive_seconds": 0.02}) as room, reader_of(room) as reader, reader.reading() as events:
        assert [await events.block() for _ in range(3)] == [[":"]] * 3
        room.desk.publish("a")


async def test_a_stream_that_ends_of_an_error_tells_it_and_is_complete(reader: Reader) -> None:
    async with reader.reading() as events:
        await reader.room.until(lambda: reader.room.desk.listening == 1)
        reader.room.desk.publish(RuntimeError("hunter2"))
        told = await events.next()
        assert told["errors"][0]["extensions"]["plugin"] == "news" and "hunter2" not in str(told)
        await events.complete()


async def test_a_gateway_that_stops_ends_it_without_complete_so_that_it_is_opened_again(reader: Reader) -> None:
    async with reader.reading() as events:
        await reader.room.until(lambda: reader.room.desk.listening == 1)
        reader.room.harness.gateway.streams.stop()
        assert await events.block() == []


async def test_a_defect_of_the_gateway_is_masked(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2")

    async with reader.reading() as events:
        await reader.room.until(lambda: reader.room.desk.listening == 1)
        monkeypatch.setattr("gateway.streams.stream.Stream.told", broken)
        reader.room.desk.publish("a")
        told = await events.next()
        assert told["errors"][0]["extensions"]["code"] == "INTERNAL" and "hunter2" not in str(told)
        await events.complete()


async def test_last_event_id_changes_nothing_and_events_have_no_ids(reader: Reader) -> None:
    async with reader.reading("subscription { count(to: 1) }", **{"last-event-id": "7"}) as events:
        assert await events.block() == ["event: next", 'data: {"data":{"count":0}}']


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/event-stream", EVENT_STREAM),
        ("text/event-stream, multipart/mixed", EVENT_STREAM),
        ("text/event-stream, application/json", EVENT_STREAM),
        ("application/json, text/event-stream", JSON),
        ("application/json;q=0.5, text/event-stream;q=0.6", EVENT_STREAM),
        ("text/event-stream;q=0, */*", JSON),
        (
            "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
            GRAPHQL_JSON,
        ),
        ("*/*", JSON),
        (None, JSON),
    ],
)
def test_a_client_gets_events_where_it_likes_them_best(accept: str | None, chosen: str) -> None:
    assert negotiate(accept, _OFFERED) == chosen


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON, "*/*"])
async def test_a_subscription_for_json_is_refused_with_what_to_do(reader: Reader, accept: str) -> None:
    async with reader.reading(accept=accept) as events:
        assert events.response.status_code == 406
        [error] = orjson.loads(await events.response.aread())["errors"]
        assert error["extensions"]["code"] == "STREAM_NEEDED" and EVENT_STREAM in error["message"]
    assert reader.room.desk.listening == 0
