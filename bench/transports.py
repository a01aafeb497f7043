"""What can carry a request behind httpx's transport interface, and what one exchange over it costs.

httpx and httpx2 have the same interface with types of their own. Those that are not installed are left out; to measure
all: `.venv/bin/uv pip install --python .venv/bin/python httpx2 httpx-aiohttp pyreqwest`.
"""

from __future__ import annotations

import asyncio
import ssl
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import httpx
import uvloop
from callboard_sdk import Upstream

from resolvers.upstream import make_transport

_HEADERS = {"accept": "application/json", "accept-encoding": "gzip, deflate", "authorization": "Bearer x"}
_WARM = 3


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked: an address, so many at once, and the certificate that signs the server's, where it has one."""

    url: str
    at_once: int
    ca: str | None


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of processor time a request, and its latency at the median in milliseconds."""

    cpu_us: float
    p50_ms: float


Make = Callable[[Way], tuple[ModuleType, Any]]
"""A transport, and the package whose types it speaks in."""


def _ours(way: Way) -> tuple[ModuleType, Any]:
    return httpx, make_transport(Upstream("bench", way.url, ca=way.ca, concurrency=way.at_once))


def _own_of(name: str) -> Make:
    def make(way: Way) -> tuple[ModuleType, Any]:
        package = import_module(name)
        limits = package.Limits(max_connections=way.at_once, max_keepalive_connections=way.at_once)
        return package, package.AsyncHTTPTransport(verify=_tls(way), trust_env=False, limits=limits)

    return make


def _httpx_aiohttp(way: Way) -> tuple[ModuleType, Any]:
    package = import_module("httpx_aiohttp")
    return httpx, package.AiohttpTransport(verify=_tls(way), limits=httpx.Limits(max_connections=way.at_once))


def _pyreqwest(way: Way) -> tuple[ModuleType, Any]:
    package, compatible = import_module("pyreqwest.client"), import_module("pyreqwest.compatibility.httpx")
    client = package.ClientBuilder().no_proxy().max_connections(way.at_once).follow_redirects(enable=False).http1_only()
    return httpx, compatible.HttpxTransport((client.add_root_certificate_pem(way.ca.encode()) if way.ca else client).build())


def candidates() -> Mapping[str, Make]:
    """Every transport that is installed here, ours first."""
    others: dict[str, tuple[str, Make]] = {
        "httpx": ("httpx", _own_of("httpx")),
        "httpx2": ("httpx2", _own_of("httpx2")),
        "httpx-aiohttp": ("httpx_aiohttp", _httpx_aiohttp),
        "pyreqwest": ("pyreqwest", _pyreqwest),
    }
    return {"callboard": _ours} | {name: make for name, (module, make) in others.items() if find_spec(module)}


def cost(make: Make, way: Way, requests: int) -> Cost:
    """What so many requests cost, each with its whole answer read, after a few that don't count."""
    return uvloop.run(_cost(make, way, requests))


async def _cost(make: Make, way: Way, requests: int) -> Cost:
    package, transport = make(way)
    url = package.URL(way.url)
    latencies: list[float] = []

    async def ask(count: int) -> None:
        for _ in range(count):
            started = time.perf_counter()
            response = await transport.handle_async_request(package.Request("GET", url, headers=_HEADERS))
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
            await response.aclose()
            latencies.append(time.perf_counter() - started)

    async with transport:
        await asyncio.gather(*(ask(_WARM) for _ in range(way.at_once)))
        latencies.clear()
        before = time.process_time()
        await asyncio.gather(*(ask(max(1, requests // way.at_once)) for _ in range(way.at_once)))
        used = time.process_time() - before
    return Cost(used / len(latencies) * 1e6, statistics.median(latencies) * 1000)


def _tls(way: Way) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=way.ca) if way.ca else ssl.create_default_context()
