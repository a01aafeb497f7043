"""The wire below the client: httpx's transport interface over httpcore, connecting to checked addresses only.

This is the one place to change for another HTTP library: anything with httpx's `AsyncBaseTransport` interface will
do, if it connects to addresses that `guard.is_refused` lets pass.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx
from callboard_sdk.upstream import Upstream

from .guard import RefusedAddress, is_refused
from .tls import tls_context

TransportFactory = Callable[[Upstream], httpx.AsyncBaseTransport]

KEEP_ALIVE = 30.0
"""Seconds an idle connection is kept for the next request."""
NEXT_ADDRESS = 0.5
"""Seconds to wait for a connection to one address of a name before the next is tried."""


def make_transport(upstream: Upstream) -> httpx.AsyncBaseTransport:
    """Connections for one upstream: as many as its concurrency, no proxies, no environment.

    Raises UpstreamError when a certificate in its settings can't be read.
    """
    return GuardedTransport(
        httpcore.AsyncConnectionPool(
            ssl_context=tls_context(upstream),
            max_connections=upstream.concurrency,
            max_keepalive_connections=upstream.concurrency,
            keepalive_expiry=KEEP_ALIVE,
            network_backend=GuardedBackend(link_local=upstream.link_local),
        )
    )


class GuardedTransport(httpx.AsyncBaseTransport):
    """A connection pool of httpcore behind httpx's interface and exceptions."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the response's body is streamed."""
        core = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _httpx_errors():
            response = await self._pool.handle_async_request(core)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves names itself, drops refused addresses, and connects to the first of the rest that answers."""

    def __init__(self, *, link_local: bool) -> None:
        self._link_local = link_local
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to `host`. Raises RefusedAddress, or httpcore.ConnectError when no address answers."""
        addresses = await self._resolve(host, port)
        problem: Exception | None = None
        for place, address in enumerate(addresses, 1):
            patience = timeout if place == len(addresses) else NEXT_ADDRESS
            try:
                return await self._inner.connect_tcp(address, port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise httpcore.ConnectError("no address of the host answers") from problem

    async def _resolve(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the host name can't be resolved") from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        allowed = [one for one in addresses if self._link_local or not is_refused(one)]
        if not allowed:
            raise RefusedAddress("a link-local or metadata address")
        return allowed

    async def sleep(self, seconds: float) -> None:
        """Wait, as the pool asks between its own tries."""
        await self._inner.sleep(seconds)


_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.TimeoutException, httpx.TimeoutException),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.NetworkError, httpx.NetworkError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.ProtocolError, httpx.ProtocolError),
)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for core, ours in _ERRORS:
            if isinstance(error, core):
                raise ours(str(error)) from error
        raise
