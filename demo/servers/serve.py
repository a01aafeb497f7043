"""Starts every demo server in one event loop, says where they are, and stops them together."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.company.model import CLUSTERS, Company
from demo.generate import read_company
from demo.servers.bearer import token_file
from demo.servers.cluster import Cluster
from demo.servers.github import GitHubApi
from demo.servers.kubernetes import KubernetesApi
from demo.servers.requestlog import RequestLog

HOST = "127.0.0.1"
GITHUB = "github"
SERVERS = (*CLUSTERS, GITHUB)
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Options:
    """What to serve and how it is to fail.

    `ports` by server name, 0 or absent for any free one; servers in `down` refuse connections, those
    in `hang` accept and never answer. `now` dates pods and builds; the real clock if it is None.
    """

    data: Path
    ports: dict[str, int] = field(default_factory=dict)
    down: frozenset[str] = frozenset()
    hang: frozenset[str] = frozenset()
    rate_limit: int = 100_000
    now: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where one server is, and where its token is kept."""

    name: str
    url: str
    token_file: Path

    def to_json(self) -> dict[str, str]:
        """The address as JSON values."""
        return {"url": self.url, "tokenFile": str(self.token_file)}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where all of them are."""

    data: Path
    servers: dict[str, Address]

    def environment(self) -> dict[str, str]:
        """The variables that `demo/callboard.yaml` mentions; DEMO_DATABASE_URL stays as it is where it is set."""
        database = os.environ.get("DEMO_DATABASE_URL", f"sqlite:///{self.data}/callboard.sqlite")
        urls = {f"DEMO_{name.upper().replace('-', '_')}_URL": one.url for name, one in self.servers.items()}
        return {"DEMO_DATA": str(self.data), "DEMO_DATABASE_URL": database, **urls}

    def to_json(self) -> dict[str, Any]:
        """What a script that started the servers needs to know."""
        clusters = {name: self.servers[name].to_json() for name in CLUSTERS}
        github = self.servers[GITHUB].to_json()
        return {"kubernetes": clusters, "github": github, "environment": self.environment()}


@contextlib.contextmanager
def running(options: Options) -> Iterator[Addresses]:
    """Serve from a thread of its own until the block is left; for tests, and scripts that aren't async.

    Raises ValueError where no company was generated, OSError where a port is taken.
    """
    ready: list[Addresses | BaseException] = []
    known, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        try:
            async with serving(options) as addresses:
                ready.append(addresses)
                known.set()
                await asyncio.to_thread(stop.wait)
        except BaseException as error:
            ready.append(error)
            known.set()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="demo-servers", daemon=True)
    thread.start()
    known.wait(_START_SECONDS)
    try:
        started = ready[0] if ready else TimeoutError(f"the demo servers didn't start in {_START_SECONDS} seconds")
        if isinstance(started, BaseException):
            raise started
        yield started
    finally:
        stop.set()
        thread.join()


@contextlib.asynccontextmanager
async def serving(options: Options) -> AsyncIterator[Addresses]:
    """Serve until the block is left; every server listens once it is entered. Raises as `running` does."""
    company = read_company(options.data)
    with contextlib.ExitStack() as stack:
        sockets = {name: stack.enter_context(_bind(name, options)) for name in SERVERS}
        files = {name: token_file(options.data, name) for name in SERVERS}
        apps = {name: _app(name, company, options, files[name].read_text()) for name in SERVERS}
        servers = [
            (_Server(_config(RequestLog(apps[name], name))), sockets[name]) for name in SERVERS if name not in options.down
        ]
        tasks = [asyncio.create_task(server.serve(sockets=[bound])) for server, bound in servers]
        await _all_started([server for server, _ in servers], tasks)
        try:
            yield Addresses(options.data, {name: _address(name, sockets[name], files[name]) for name in SERVERS})
        finally:
            for server, _ in servers:
                server.should_exit = True
            await asyncio.gather(*tasks)


async def _all_started(servers: list[_Server], tasks: list[asyncio.Task[None]]) -> None:
    """Uvicorn says that it listens by a flag alone, so look at it; a server that ended instead tells why."""
    while not all(server.started for server in servers):
        for task in tasks:
            if task.done():
                task.result()
                raise OSError("a demo server ended before it listened")
        await asyncio.sleep(0.005)


def _bind(name: str, options: Options) -> socket.socket:
    """A loopback socket. One that is bound but never listens refuses connections: that is how a server is down."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port = options.ports.get(name, 0)
    try:
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        message = f"port {port} for {name} can't be used: {error.strerror}; give another, or 0 for any free one"
        raise OSError(error.errno, message) from error
    return bound


def _app(name: str, company: Company, options: Options, token: str) -> ASGIApp:
    now = options.now or dt.datetime.now(dt.UTC)
    if name in options.hang:
        return _never
    if name == GITHUB:
        return GitHubApi(company, token, now, options.rate_limit)
    return KubernetesApi(Cluster(company, name, now), token)


async def _never(scope: Scope, receive: Receive, send: Send) -> None:
    """Read everything, answer nothing, until the client gives up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        server_header=False,
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the loop: several of them share one."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _address(name: str, bound: socket.socket, file: Path) -> Address:
    return Address(name, f"http://{HOST}:{bound.getsockname()[1]}", file)
