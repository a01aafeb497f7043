"""A Starlette application on a loopback port, and the ways in which a host fails."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Fault = Callable[[], Awaitable[Response]]


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """Serve until the block ends; gives the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", date_header=False, timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listening]))
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@dataclass
class Host:
    """What made-up hosts share: what they were asked, and faults by what a request's path ends with, so many times."""

    asked: list[tuple[str, int]] = field(default_factory=list)
    faults: list[tuple[str, Fault, int]] = field(default_factory=list)

    def fail(self, ending: str, fault: Fault, times: int = 1_000_000) -> None:
        """Answer requests whose path ends so by this fault, so many times."""
        self.faults.append((ending, fault, times))

    async def answer(self, request: Request) -> Response:
        """The answer to one request; of the next fault that fits, or `found`."""
        path = request.url.path
        response = None
        for number, (ending, fault, times) in enumerate(self.faults):
            if path.endswith(ending) and times:
                self.faults[number] = ending, fault, times - 1
                response = await fault()
                break
        if response is None:
            response = await self.found(request)
        self.asked.append((path, response.status_code))
        return response

    async def found(self, request: Request) -> Response:
        """What a healthy host answers."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.answer(request))(scope, receive, send)

    def count(self, ending: str, status: int | None = None) -> int:
        """How often a path with this ending was asked for, and answered so."""
        return sum(1 for path, given in self.asked if path.endswith(ending) and status in (None, given))


def status(code: int, **headers: str) -> Fault:
    """A refusal, or a fault of the host's own."""

    async def fault() -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return JSONResponse({"message": "made up"}, code, named)

    return fault


def silence(seconds: float = 5.0) -> Fault:
    """No answer for so long."""

    async def fault() -> Response:
        await asyncio.sleep(seconds)
        return JSONResponse({})

    return fault


def body(content: bytes, **headers: str) -> Fault:
    """An answer with this body, whatever was asked."""

    async def fault() -> Response:
        return Response(content, 200, {"content-type": "application/json", **headers})

    return fault
