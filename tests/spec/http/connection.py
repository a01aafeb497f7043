"""The gateway behind a real server on loopback, in the test's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn


@dataclass(frozen=True)
class Connection:
    """One client's connection, spoken on by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, method: str, body: bytes = b"", *, length: int | None = None, **headers: str) -> None:
        """Send a request to /graphql; its body may be shorter than the `length` that it announces."""
        given = {
            "host": "test",
            "content-type": "application/json",
            "content-length": str(len(body) if length is None else length),
        }
        lines = [f"{method} /graphql HTTP/1.1", *(f"{n.replace('_', '-')}: {v}" for n, v in (given | headers).items())]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer."""
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split()[1]), headers, await self.reader.readexactly(int(headers["content-length"]))

    def leave(self) -> None:
        """Close the connection, as a client does that no longer waits."""
        self.writer.close()


@asynccontextmanager
async def served(asgi: Any) -> AsyncIterator[tuple[str, int]]:
    """Serve the application on loopback; the address and port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(asgi, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def connection_to(asgi: Any) -> AsyncIterator[Connection]:
    """Serve the application, and connect to it."""
    async with served(asgi) as address:
        connection = Connection(*await asyncio.open_connection(*address))
        try:
            yield connection
        finally:
            connection.leave()
