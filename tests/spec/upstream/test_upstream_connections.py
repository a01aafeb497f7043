"""What becomes of a client's connections: kept, stale, spoilt, given up; and answers that aren't quite HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from callboard_sdk.errors import UpstreamError
from resolvers.upstream import UpstreamClient
from tests.faults import Answer, Request, Server
from tests.spec.upstream.clients import client_of
from tests.spec.upstream.test_upstream_trouble import seen

pytestmark = pytest.mark.asyncio

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(talk: Talk, **settings: object) -> AsyncIterator[UpstreamClient]:
    """A client of a server that reads one request and then says whatever it likes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, client_of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", attempts=1, **settings) as client:
        yield client


def saying(*parts: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return talk


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_kept_connection_that_the_server_has_closed_costs_no_request() -> None:
    async with Server(lambda _: Answer(body=b"{}", length=2)) as server, client_of(server, attempts=1) as client:
        for count in range(1, 6):
            assert (await client.get("/")).content == b"{}"
            await until(lambda: server.open_connections == 0)
            await asyncio.sleep(0.01)
            assert (server.connections, client.health.retries) == (count, 0)


async def test_a_read_is_sent_once_even_on_a_kept_connection_that_breaks() -> None:
    """Whether to ask again is for the retry budget to say, never for the library below."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await reader.readuntil(b"\r\n\r\n")
        asked.append("again")

    asked: list[str] = []
    async with raw(talk) as client:
        assert (await client.get("/1")).content == b"{}"
        with pytest.raises(UpstreamError) as caught:
            await client.get("/2")
    assert caught.value.reason == "BAD_ANSWER"
    assert asked == ["again"]


async def test_what_follows_an_answer_never_answers_the_next_request() -> None:
    class Stuffed(Answer):
        def encode(self) -> bytes:
            return Answer.encode(self) + b'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n"evil"'

    async with Server(lambda r: Stuffed(body=b'"%s"' % r.target.encode())) as server, client_of(server, attempts=3) as client:
        for path in ("/1", "/2", "/3"):
            assert (await client.get(path)).json(str) == path


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2x\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}",
        b"HTTP/1.1 20\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"\r\n\r\n\r\n",
    ],
)
async def test_an_answer_that_is_not_quite_http_is_a_bad_answer(answer: bytes) -> None:
    async with raw(saying(answer)) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/")
    assert caught.value.reason == "BAD_ANSWER"


@pytest.mark.parametrize("part", [b"x" * 65_536, b"a: b\r\n" * 10_000], ids=["a line", "lines"])
async def test_a_head_without_end_is_given_up_before_it_is_held(part: bytes) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nx-long: ")
        while sent < 500_000_000:
            writer.write(part)
            await writer.drain()
            sent += len(part)

    async with raw(talk) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/")
    assert caught.value.reason == "BAD_ANSWER"
    assert sent < 50_000_000


async def test_a_body_without_end_is_given_up_at_its_cap_and_its_sender_is_stopped() -> None:
    sent = 0
    stopped = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while sent < 500_000_000:
                writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            stopped.set()

    async with raw(talk, max_bytes=100_000) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.get("/")
        async with asyncio.timeout(5):
            await stopped.wait()
    assert caught.value.reason == "TOO_LARGE"
    assert sent < 50_000_000


async def test_a_long_head_that_ends_is_read() -> None:
    long = {f"x-{number}": "y" * 500 for number in range(60)} | {"link": "z" * 30_000}
    async with Server(lambda _: Answer(headers=long)) as server, client_of(server) as client:
        reply = await client.get("/")
    assert reply.headers["link"] == "z" * 30_000


async def test_who_gives_up_hangs_up() -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started.set()
        assert await reader.read() == b""
        gone.set()

    started = asyncio.Event()
    async with raw(talk) as client:
        asked = asyncio.create_task(client.get("/"))
        async with asyncio.timeout(5):
            await started.wait()
            asked.cancel()
            await gone.wait()
        with pytest.raises(asyncio.CancelledError):
            await asked


async def test_nothing_of_one_answer_goes_into_the_next_request() -> None:
    async with Server(lambda _: Answer(headers={"Set-Cookie": "session=1"})) as server, client_of(server) as client:
        await client.get("/1")
        await client.get("/2")
    assert "cookie" not in server.requests[1].headers
    assert set(server.requests[1].headers) == {"host", "accept", "accept-encoding", "user-agent"}


async def test_a_closed_client_leaves_no_connection_open() -> None:
    def script(request: Request) -> Answer:
        return Answer(delay=0.1 if request.target == "/slow" else 0)

    async with Server(script) as server:
        async with client_of(server) as client:
            await asyncio.gather(client.get("/1"), client.get("/2"))
            slow = asyncio.create_task(client.get("/slow"))
            await seen(server, 3)
            assert server.open_connections == 2
        with pytest.raises(UpstreamError, match="is closed"):
            await slow
        await until(lambda: server.open_connections == 0)
