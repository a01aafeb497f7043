"""GraphQL over WebSocket, subprotocol graphql-transport-ws: every message and every close code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from callboard_sdk import Viewer, ViewerKind
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.spec.http.connection import served

from .newsroom import SOON, Newsroom

NEWS = "subscription { news { text } }"
PROTOCOL = Subprotocol("graphql-transport-ws")
HERE = "https://callboard.acme.example"


class Spoken:
    """A websocket on which the protocol is spoken by hand."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket

    async def say(self, **message: Any) -> None:
        await self.websocket.send(orjson.dumps(message).decode())

    async def hear(self) -> Any:
        async with asyncio.timeout(SOON):
            return orjson.loads(await self.websocket.recv())

    async def init(self, authorization: str | None = None) -> None:
        payload = {} if authorization is None else {"payload": {"authorization": authorization}}
        await self.say(type="connection_init", **payload)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, id: str, query: str = NEWS, **more: Any) -> None:
        await self.say(id=id, type="subscribe", payload={"query": query, **more})

    async def closed(self) -> tuple[int, str]:
        """The code and reason it is closed with, once it is."""
        async with asyncio.timeout(SOON):
            with pytest.raises(ConnectionClosed) as caught:
                while True:
                    await self.websocket.recv()
        assert caught.value.rcvd is not None
        return caught.value.rcvd.code, caught.value.rcvd.reason


class Server:
    """The newsroom behind a real server."""

    def __init__(self, room: Newsroom, address: tuple[str, int]) -> None:
        self.room = room
        self.desk = room.desk
        self.origin = f"http://{address[0]}:{address[1]}"

    @property
    def bearer(self) -> str:
        return self.room.harness.bearer(["reader"])

    @asynccontextmanager
    async def websocket(self, *protocols: str, headers: dict[str, str] | None = None) -> AsyncIterator[Spoken]:
        chosen = [Subprotocol(one) for one in protocols or (PROTOCOL,)]
        uri = self.origin.replace("http", "ws", 1) + "/graphql"
        async with connect(uri, subprotocols=chosen, additional_headers=headers or {}, proxy=None) as websocket:
            yield Spoken(websocket)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Spoken]:
        async with self.websocket() as spoken:
            await spoken.init(self.bearer)
            yield spoken


@asynccontextmanager
async def serving(room: Newsroom) -> AsyncIterator[Server]:
    async with served(room.harness.gateway.asgi) as address:
        yield Server(room, address)


@pytest.fixture
async def server(room: Newsroom) -> AsyncIterator[Server]:
    async with serving(room) as made:
        yield made


async def test_events_come_as_next_and_the_end_as_complete(server: Server) -> None:
    async with server.ready() as spoken:
        assert spoken.websocket.subprotocol == PROTOCOL
        await spoken.subscribe("1", "subscription ($to: Int!) { count(to: $to) }", variables={"to": 2})
        assert [await spoken.hear() for _ in range(3)] == [
            {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
            {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "1", "type": "complete"},
        ]


async def test_queries_and_mutations_too(server: Server) -> None:
    async with server.websocket(headers={"authorization": server.room.harness.bearer(["admin"])}) as spoken:
        await spoken.init()
        await spoken.subscribe("q", "{ latest { text } }")
        assert await spoken.hear() == {"id": "q", "type": "next", "payload": {"data": {"latest": {"text": "old news"}}}}
        assert await spoken.hear() == {"id": "q", "type": "complete"}
        await spoken.subscribe("m", "mutation { printIt(count: 3) }")
        assert (await spoken.hear())["payload"] == {"data": {"printIt": 3}}


async def test_several_operations_share_a_connection_and_each_ends_alone(server: Server) -> None:
    async with server.ready() as spoken:
        await spoken.subscribe("a")
        await spoken.subscribe("b", 'subscription { news(topic: "x") { text } }')
        await server.room.until(lambda: server.desk.listening == 2)
        server.desk.publish("xy")
        assert {(await spoken.hear())["id"] for _ in range(2)} == {"a", "b"}
        await spoken.say(id="a", type="complete")
        await server.room.until(lambda: server.desk.listening == 1)
        server.desk.publish("xz")
        assert await spoken.hear() == {"id": "b", "type": "next", "payload": {"data": {"news": {"text": "xz"}}}}


async def test_an_id_is_free_again_once_its_operation_is_over(server: Server) -> None:
    async with server.ready() as spoken:
        for _ in range(3):
            await spoken.subscribe("a")
            await spoken.say(id="a", type="complete")
            await spoken.subscribe("b", "subscription { count(to: 0) }")
            assert await spoken.hear() == {"id": "b", "type": "complete"}


async def test_what_can_not_be_run_is_an_error_and_nothing_follows(server: Server) -> None:
    async with server.ready() as spoken:
        await spoken.subscribe("a", "subscription { never }")
        told = await spoken.hear()
        assert (told["id"], told["type"]) == ("a", "error")
        assert told["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        await spoken.subscribe("b", "subscription { count(to: 0) }")
        assert await spoken.hear() == {"id": "b", "type": "complete"}


async def test_a_client_that_vanishes_closes_its_sources(server: Server) -> None:
    async with server.ready() as spoken:
        await spoken.subscribe("a")
        await spoken.subscribe("b")
        await server.room.until(lambda: server.desk.listening == 2)
        spoken.websocket.transport.abort()
        await server.room.until(lambda: server.desk.closed == ["cancelled"] * 2)
        await server.room.until(lambda: 'callboard_streams{transport="websocket"} 0.0' in server.room.metrics)


async def test_a_ping_is_answered_with_its_payload_before_init_too(server: Server) -> None:
    async with server.websocket() as spoken:
        await spoken.say(type="ping", payload={"at": 1})
        assert await spoken.hear() == {"type": "pong", "payload": {"at": 1}}
        await spoken.say(type="ping")
        await spoken.say(type="pong")
        assert await spoken.hear() == {"type": "pong"}


async def test_the_token_of_the_payload_counts_and_not_that_of_the_header(server: Server) -> None:
    async with server.websocket(headers={"authorization": "Bearer not.a.token"}) as spoken:
        await spoken.init(server.bearer)
        await spoken.subscribe("a", "subscription { count(to: 1) }")
        assert (await spoken.hear())["type"] == "next"


async def test_without_a_token_one_is_anonymous(server: Server) -> None:
    async with server.websocket() as spoken:
        await spoken.init()
        await spoken.subscribe("a")
        assert (await spoken.hear())["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_wrong_token_is_4403_and_not_repeated(server: Server) -> None:
    async with server.websocket() as spoken:
        await spoken.say(type="connection_init", payload={"Authorization": "Bearer cbt_hunter2"})
        code, reason = await spoken.closed()
        assert code == 4403 and reason.startswith("Forbidden: the access token is mistyped") and "hunter2" not in reason


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ("7", "no JSON object"),
        ("{}", "'None' are not for the server"),
        ('{"type": "next", "id": "1"}', "'next' are not for the server"),
        ('{"type": "connection_init", "payload": 1}', "the payload is no object"),
        ('{"type": "connection_init", "payload": {"authorization": 1}}', "is no string"),
        ('{"type": "ping", "payload": []}', "the payload is no object"),
        ('{"type": "complete"}', "no `id`"),
        ('{"type": "subscribe", "payload": {"query": "{ __typename }"}}', "no `id`"),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}', "no `id`"),
        (b"\x00", "binary"),
    ],
)
async def test_what_is_no_message_is_4400(server: Server, message: str | bytes, reason: str) -> None:
    async with server.websocket() as spoken:
        await spoken.websocket.send(message)
        code, said = await spoken.closed()
        assert code == 4400 and reason in said


@pytest.mark.parametrize("payload", [None, [], {}, {"query": 1}, {"query": "{ a }", "variables": []}])
async def test_what_is_no_request_is_4400(server: Server, payload: object) -> None:
    async with server.ready() as spoken:
        await spoken.say(id="1", type="subscribe", payload=payload)
        assert (await spoken.closed())[0] == 4400


async def test_to_subscribe_before_the_connection_is_acknowledged_is_4401(server: Server) -> None:
    async with server.websocket() as spoken:
        await spoken.subscribe("a")
        assert (await spoken.closed())[0] == 4401


async def test_an_id_in_use_is_4409(server: Server) -> None:
    async with server.ready() as spoken:
        await spoken.subscribe("a")
        await spoken.subscribe("a")
        assert await spoken.closed() == (4409, "Subscriber for a already exists")
        await server.room.until(lambda: server.desk.listening == 0)


async def test_a_second_init_is_4429(server: Server) -> None:
    async with server.ready() as spoken:
        await spoken.say(type="connection_init")
        assert (await spoken.closed())[0] == 4429


async def test_another_subprotocol_is_4406(server: Server) -> None:
    async with connect(server.origin.replace("http", "ws", 1) + "/graphql", proxy=None) as websocket:
        assert (await Spoken(websocket).closed())[0] == 4406


async def test_who_says_nothing_is_4408(opening) -> None:
    async with opening(subscriptions={"init_seconds": 0.05}) as room, serving(room) as server:
        async with server.websocket() as spoken:
            assert (await spoken.closed())[0] == 4408
        async with server.ready() as spoken:
            await asyncio.sleep(0.1)
            await spoken.say(type="ping")
            assert await spoken.hear() == {"type": "pong"}


async def test_a_message_that_is_too_large_is_1009(opening) -> None:
    async with opening(subscriptions={"message_bytes": 1024}) as room, serving(room) as server, server.websocket() as spoken:
        await spoken.say(type="ping", payload={"x": "x" * 1024})
        assert (await spoken.closed())[0] == 1009


async def test_one_connection_runs_so_many_operations(opening) -> None:
    async with opening(subscriptions={"connection_operations": 2}) as room, serving(room) as server, server.ready() as spoken:
        for id in "abc":
            await spoken.subscribe(id)
        told = await spoken.hear()
        assert (told["id"], told["type"], told["payload"][0]["extensions"]["code"]) == ("c", "error", "TOO_MANY_STREAMS")


async def test_there_are_so_many_connections(opening) -> None:
    async with opening(subscriptions={"connections": 1}) as room, serving(room) as server:
        async with server.ready(), server.websocket() as second:
            assert (await second.closed())[0] == 1013
        async with server.ready():
            pass


@pytest.fixture
async def signed_in(opening, tmp_path) -> AsyncIterator[tuple[Server, str]]:
    """A server with sign-in, and the cookie of who is."""
    issuer = {"issuer": "http://127.0.0.1:9", "name": "acme"}
    sign_in = {"issuer": "acme", "client_id": "page", "public_url": HERE}
    auth = {"issuers": [issuer], "sign_in": sign_in, "local": {"key_file": str(tmp_path / "key.pem")}}
    async with opening(auth=auth, server={"cors": {"origins": ["https://portal.example"]}}) as room, serving(room) as server:
        sessions = room.harness.gateway.identity.browsers.sessions
        session = await sessions.begin(Viewer("acme:ann", ViewerKind.PERSON, frozenset({"reader"})))
        yield server, f"__Host-callboard-session={session}"


async def test_a_sessions_cookie_counts_for_the_gateways_own_page(signed_in: tuple[Server, str]) -> None:
    server, cookie = signed_in
    async with server.websocket(headers={"cookie": cookie, "origin": HERE}) as spoken:
        await spoken.init()
        await spoken.subscribe("a")
        await server.room.until(lambda: server.desk.listening == 1)
        server.desk.publish("a")
        assert (await spoken.hear())["payload"] == {"data": {"news": {"text": "a"}}}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{HERE}.evil.example"])
async def test_another_sites_page_is_4403_with_a_cookie_or_without(signed_in: tuple[Server, str], origin: str) -> None:
    server, cookie = signed_in
    for headers in ({"cookie": cookie, "origin": origin}, {"origin": origin}):
        async with server.websocket(headers=headers) as spoken:
            assert (await spoken.closed())[0] == 4403


async def test_a_page_that_the_settings_name_may_with_a_token_and_not_with_a_cookie(signed_in: tuple[Server, str]) -> None:
    server, cookie = signed_in
    async with server.websocket(headers={"cookie": cookie, "origin": "https://portal.example"}) as spoken:
        await spoken.init(server.bearer)
    async with server.websocket(headers={"cookie": cookie, "origin": "https://portal.example"}) as spoken:
        await spoken.say(type="connection_init")
        assert (await spoken.closed())[0] == 4403


async def test_a_page_of_this_very_host_may_where_nobody_signs_in(server: Server) -> None:
    async with server.websocket(headers={"origin": server.origin}) as spoken:
        await spoken.init(server.bearer)


async def test_a_cookie_without_an_origin_is_not_believed(signed_in: tuple[Server, str]) -> None:
    server, cookie = signed_in
    async with server.websocket(headers={"cookie": cookie}) as spoken:
        await spoken.say(type="connection_init")
        assert (await spoken.closed())[0] == 4403


async def test_a_defect_of_the_gateway_is_masked_and_the_connection_goes_on(server: Server, monkeypatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2")

    async with server.ready() as spoken:
        with monkeypatch.context() as patched:
            patched.setattr("gateway.streams.stream.Stream.ready", broken)
            await spoken.subscribe("a")
            told = await spoken.hear()
        assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL") and "hunter2" not in str(told)
        await spoken.subscribe("a", "subscription { count(to: 0) }")
        assert await spoken.hear() == {"id": "a", "type": "complete"}


async def test_a_defect_while_it_is_opened_is_4500_and_its_cause_in_the_log(server: Server, monkeypatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("hunter2")

    async with server.websocket() as spoken:
        monkeypatch.setattr("gateway.http.websocket.Connection._init", broken)
        await spoken.say(type="connection_init")
        code, reason = await spoken.closed()
        assert code == 4500 and "find the cause as error" in reason and "hunter2" not in reason


async def test_a_gateway_within_another_application_takes_websockets_too(room: Newsroom) -> None:
    outer = Starlette(routes=[Mount("/tools", room.harness.gateway.asgi)])
    async with served(outer) as (host, port):
        async with connect(f"ws://{host}:{port}/tools/graphql", subprotocols=[PROTOCOL], proxy=None) as websocket:
            await Spoken(websocket).init()


async def test_a_gateway_that_stops_says_so(server: Server) -> None:
    async with server.ready() as spoken:
        await spoken.subscribe("a")
        await server.room.until(lambda: server.desk.listening == 1)
        server.room.harness.gateway.streams.stop()
        assert (await spoken.closed())[0] == 1012
        await server.room.until(lambda: 'callboard_streams_ended_total{reason="stopping"} 1.0' in server.room.metrics)


async def test_other_paths_have_no_websocket(server: Server) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(server.origin.replace("http", "ws", 1) + "/metrics", subprotocols=[PROTOCOL], proxy=None):
            pass
