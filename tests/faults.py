"""Servers that misbehave on purpose, on loopback: a scripted HTTP server, and a TCP proxy that spoils connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_PART = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """What a server was sent; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sends back. `delay` seconds pass before it; `length` is announced in place of the real one."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    length: int | None = None

    def encode(self) -> bytes:
        """The answer as bytes on the wire."""
        length = len(self.body) if self.length is None else self.length
        head = {"content-type": "application/json", "content-length": str(length)} | dict(self.headers)
        lines = [f"HTTP/1.1 {self.status} Because", *(f"{name}: {value}" for name, value in head.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


Script = Callable[[Request], "Answer | Awaitable[Answer]"]


class _Listener:
    """Accepts connections on a free loopback port, each served by a task; all end with the server."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open_connections(self) -> int:
        """Connections that neither side has closed yet."""
        return len(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._guarded(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.serve(reader, writer)
        finally:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk on one connection."""
        raise NotImplementedError


class Server(_Listener):
    """An HTTP/1.1 server that answers as its script says, and remembers what it was asked."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.script = script
        self.requests: list[Request] = []
        self.under_way = 0
        self.most_at_once = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other, until the client has no more."""
        while request := await _read(reader):
            self.requests.append(request)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            try:
                answer = self.script(request)
                answer = answer if isinstance(answer, Answer) else await answer
                await asyncio.sleep(answer.delay)
            finally:
                self.under_way -= 1
            writer.write(answer.encode())
            await writer.drain()
            if answer.length is not None:
                return


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


@dataclass(frozen=True, slots=True)
class Fault:
    """What a proxy does to the bytes that come back. Times in seconds, counts in bytes.

    `delay` waits before the first byte; `rate` limits bytes a second; `silent` takes the request and never answers
    (a half-open connection); `garbage` is sent in place of the answer; after `cut` bytes the connection ends, with a
    TCP reset where `reset` is set.
    """

    delay: float = 0.0
    rate: int | None = None
    silent: bool = False
    garbage: bytes | None = None
    cut: int | None = None
    reset: bool = False


class Proxy(_Listener):
    """Passes connections on to a port, and spoils them as its current `fault` says (None: not at all)."""

    def __init__(self, target: int, fault: Fault | None = None) -> None:
        super().__init__()
        self._target = target
        self.fault = fault

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on."""
        fault = self.fault or Fault()
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        forward = asyncio.create_task(_pass_on(reader, back))
        try:
            await self._spoil(fault, reader=there, writer=writer)
        finally:
            forward.cancel()
            await asyncio.gather(forward, return_exceptions=True)
            back.close()

    async def _spoil(self, fault: Fault, *, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fault.silent:
            await asyncio.Event().wait()
        left = fault.cut
        part = await reader.read(_PART)
        await asyncio.sleep(fault.delay)
        if fault.garbage is not None:
            await _send(fault.garbage, fault.rate, writer)
            return
        while part and left != 0:
            part = part[:left]
            await _send(part, fault.rate, writer)
            left = None if left is None else left - len(part)
            part = b"" if left == 0 else await reader.read(_PART)
        if fault.reset:
            _reset(writer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(_PART):
        writer.write(part)
        await writer.drain()


async def _send(part: bytes, rate: int | None, writer: asyncio.StreamWriter) -> None:
    step = len(part) if rate is None else max(1, rate // 50)
    for start in range(0, len(part), step):
        writer.write(part[start : start + step])
        await writer.drain()
        if rate is not None:
            await asyncio.sleep(step / rate)


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
