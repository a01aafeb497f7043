"""GraphQL over WebSocket, subprotocol `graphql-transport-ws` (as the npm package graphql-ws speaks it).

A. open        the subprotocol, the page's origin, room for one more
B. init        who asks: a token in ConnectionInit or in the header, or a browser's session
C. operations  each in a task of its own, until it or the client ends it, or the client is gone
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import aclosing
from dataclasses import replace
from typing import Any, NoReturn

import orjson
from callboard_sdk import CallboardError, HttpError
from starlette.types import Receive, Scope, Send

from gateway.auth import Unauthenticated
from gateway.execution.shape import Response, shape_errors
from gateway.request import GraphQLRequest
from gateway.streams.room import TooManyStreams
from gateway.streams.streams import Begun, Stopping, Streams

from .browser import Browser
from .errors import masked
from .headers import Headers, read_headers
from .origins import may_connect
from .parameters import from_object

PROTOCOL = "graphql-transport-ws"
VIA = "websocket"
_REASON_BYTES = 123
"""What a close frame has room for (RFC 6455, section 5.5)."""


class Close(Exception):
    """The connection is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gone(Exception):
    """The client is not there any more."""


class WebSocketEndpoint:
    """What takes websockets at `/graphql`. `origins` are those of pages that may, beside the gateway's own."""

    def __init__(self, streams: Streams, origins: Collection[str] = (), browser: Browser | None = None) -> None:
        self._streams = streams
        self._origins = frozenset(origins)
        self._browser = browser

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection to its end."""
        await receive()  # websocket.connect
        spoken = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        headers = read_headers(scope["headers"])
        connection = Connection(self._streams, headers, self._browser, receive, send)
        with self._streams.room.connection() as fits:  # A
            if not spoken:
                await connection.close(4406, f"Subprotocol not acceptable: this gateway speaks {PROTOCOL}")
            elif not may_connect(headers, self._origins):
                await connection.close(4403, "Forbidden: this page is of another origin; see server.cors.origins")
            elif not fits:
                await connection.close(1013, "as many websockets are open as this gateway takes: try again later")
            else:
                await connection.run()


class Connection:
    """One websocket, with what is under way on it."""

    def __init__(self, streams: Streams, headers: Headers, browser: Browser | None, receive: Receive, send: Send) -> None:
        self._streams = streams
        self._settings = streams.settings
        self._headers = headers
        self._browser = browser
        self._receive = receive
        self._send = send
        self._sent_by: tuple[tuple[str, ...], str | None] | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = True

    async def run(self) -> None:
        """Until it is closed, by whichever side. Nothing outlives it."""
        try:
            await self._read()
        except Close as close:
            await self.close(close.code, close.reason)
        except Gone:
            self._open = False
        except Exception as error:
            await self.close(4500, orjson.loads(masked(error).body)["errors"][0]["message"])
        finally:
            running = list(self._tasks)
            for task in running:
                task.cancel()
            if running:
                await asyncio.gather(*running, return_exceptions=True)

    async def close(self, code: int, reason: str) -> None:
        """Close it, unless it is closed."""
        if self._open:
            self._open = False
            text = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
            try:
                await self._send({"type": "websocket.close", "code": code, "reason": text})
            except OSError:
                return

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._settings.init_seconds) as limit:
                while True:
                    await self._take(await self._message())
                    if self._sent_by is not None and limit.when() is not None:
                        limit.reschedule(None)
        except TimeoutError:
            if not limit.expired():
                raise
            raise Close(4408, "Connection initialisation timeout") from None

    async def _message(self) -> dict[str, Any]:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Gone
        text = message.get("text")
        if text is None:
            _bad("the message is binary: send text")
        if len(text) > self._settings.message_bytes:
            raise Close(1009, f"the message is larger than {self._settings.message_bytes} bytes: pass less")
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            _bad(f"the message is not JSON: {error}")
        if not isinstance(found, dict):
            _bad('the message is no JSON object: send {"type": "..."}')
        return found

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._init(_object(message))
            case "ping":
                payload = _object(message)
                await self._say({"type": "pong"} | ({} if payload is None else {"payload": payload}))
            case "pong":
                _object(message)
            case "subscribe":
                await self._subscribe(_id(message), message.get("payload"))
            case "complete":
                if (task := self._operations.pop(_id(message), None)) is not None:
                    task.cancel()
            case other:
                _bad(f"messages of type {str(other)[:40]!r} are not for the server")

    # B. init

    async def _init(self, payload: dict[str, Any] | None) -> None:
        if self._sent_by is not None:
            raise Close(4429, "Too many initialisation requests")
        given = [value for name, value in (payload or {}).items() if name.lower() == "authorization"]
        if not all(isinstance(value, str) for value in given):
            _bad('`authorization` in the payload is no string: send "Bearer TOKEN"')
        headers = replace(self._headers, authorization=tuple(given)) if given else self._headers
        try:
            session = self._browser.session(headers) if self._browser is not None else None
            await self._streams.pipeline.identify(headers.authorization, session)
        except (Unauthenticated, HttpError) as error:
            raise Close(4403, f"Forbidden: {error.message}") from None
        except CallboardError as error:
            raise Close(1013, error.message) from None
        self._sent_by = headers.authorization, session
        await self._say({"type": "connection_ack"})

    # C. operations

    async def _subscribe(self, id: str, payload: object) -> None:
        if self._sent_by is None:
            raise Close(4401, "Unauthorized: send connection_init first, and wait for connection_ack")
        if not isinstance(payload, dict):
            _bad('the payload is no object: send {"query": "..."}')
        if id in self._operations:
            raise Close(4409, f"Subscriber for {id} already exists")
        try:
            request = from_object(payload, self._sent_by, reads_only=False)
        except HttpError as error:
            _bad(error.message)
        if len(self._tasks) >= self._settings.connection_operations:
            text = (
                f"{len(self._tasks)} operations are under way on this websocket, and more may not be: end some, or open another"
            )
            await self._fail(id, shape_errors([TooManyStreams(text)], TooManyStreams.code))
            return
        task = self._operations[id] = asyncio.create_task(self._operate(id, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _operate(self, id: str, request: GraphQLRequest) -> None:
        try:
            await self._answer(id, request)
        except Gone:
            return
        except Stopping:
            await self.close(1012, "the gateway stops: connect again")
        except Exception as error:
            self._operations.pop(id, None)
            await self._fail(id, masked(error))

    async def _answer(self, id: str, request: GraphQLRequest) -> None:
        async with aclosing(self._streams.answer(request, VIA)) as messages:
            async for told in messages:
                if isinstance(told, Begun):
                    continue
                if told.final:
                    self._operations.pop(id, None)
                    await self._fail(id, told.response)
                    return
                await self._say({"id": id, "type": "next", "payload": orjson.Fragment(told.response.body)})
        self._operations.pop(id, None)
        await self._say({"id": id, "type": "complete"})

    async def _fail(self, id: str, response: Response) -> None:
        await self._say({"id": id, "type": "error", "payload": orjson.loads(response.body)["errors"]})

    async def _say(self, message: dict[str, Any]) -> None:
        if not self._open:
            raise Gone
        try:
            await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})
        except OSError:  # what servers raise when the client has left
            self._open = False
            raise Gone from None


def _bad(reason: str) -> NoReturn:
    raise Close(4400, reason)


def _id(message: dict[str, Any]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not found:
        _bad("the message has no `id`: send a string that names the operation")
    return found


def _object(message: dict[str, Any]) -> dict[str, Any] | None:
    """The payload of a message that may have one."""
    found = message.get("payload")
    if found is not None and not isinstance(found, dict):
        _bad("the payload is no object: send one, or leave it out")
    return found
