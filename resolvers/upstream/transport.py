"""The wire below the client: httpx's transport interface over aiohttp's connections.

This is the one place to change for another HTTP library: anything with httpx's `AsyncBaseTransport` interface will
do, if it connects to addresses that `guard.is_refused` lets pass. Why this one, and what the others cost:
docs/decisions/2026-11-25-upstream-transport.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext

import aiohttp
import httpx
from callboard_sdk.upstream import Upstream
from yarl import URL

from .connections import Refused, connector, plain_host
from .guard import RefusedAddress
from .tls import tls_context

TransportFactory = Callable[[Upstream], httpx.AsyncBaseTransport]

HEAD_LINE = 65_536
"""Bytes of one line of an answer's head; some send long lists of links or policies there."""
READ_AHEAD = 262_144
"""Bytes of an answer that are taken from the network before they are asked for."""


def make_transport(upstream: Upstream) -> httpx.AsyncBaseTransport:
    """Connections for one upstream: as many as its concurrency, no proxies, no cookies, no environment.

    Raises UpstreamError when a certificate in its settings can't be read.
    """
    return Transport(upstream, tls_context(upstream))


class Transport(httpx.AsyncBaseTransport):
    """aiohttp behind httpx's interface and exceptions. It sets no limits of time: whoever asks does."""

    def __init__(self, upstream: Upstream, tls: SSLContext | None) -> None:
        self._upstream = upstream
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the response's body is streamed."""
        if self._session is None:
            self._session = _session(connector(self._upstream, self._tls))  # it belongs to the running event loop
        response = await self._session.request(
            request.method,
            _address(request.url),
            headers=request.headers.multi_items(),
            data=request.content or None,
            allow_redirects=False,
        )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._connection = response.connection  # the response forgets it as soon as the body has ended

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors(self._connection):
            async for part in self._response.content.iter_any():
                yield part

    async def aclose(self) -> None:
        self._response.release()  # for the next request, or closed where something is left of the body


def _session(connections: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connections,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_once,),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=HEAD_LINE,
        max_field_size=HEAD_LINE,
        read_bufsize=READ_AHEAD,
    )


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Errors become httpx's below aiohttp's own retry, which would send a read twice, whatever the retry budget says."""
    with _httpx_errors():
        return await handler(request)


def _address(url: httpx.URL) -> URL:
    found = URL(str(url), encoded=True)
    host = found.raw_host or ""
    return found if (plain := plain_host(host)) == host else found.with_host(plain)


@contextmanager
def _httpx_errors(connection: aiohttp.connector.Connection | None = None) -> Iterator[None]:
    """What aiohttp raises, in httpx's words; causes stay attached, for the words that the asker gets."""
    protocol = connection.protocol if connection is not None else None
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise httpx.ConnectError("the certificate is not accepted") from error.certificate_error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, Refused):
            raise RefusedAddress(str(error.os_error)) from None
        raise httpx.ConnectError("no address of the host answers") from error.os_error
    except aiohttp.InvalidURL as error:
        raise httpx.UnsupportedProtocol("the address is none of HTTP") from error
    except aiohttp.ServerTimeoutError as error:
        raise httpx.TimeoutException("no answer in time") from error
    except (aiohttp.ClientOSError, aiohttp.ClientConnectionResetError) as error:
        raise httpx.NetworkError("the connection broke") from error
    except aiohttp.ClientError as error:
        if protocol is not None and isinstance(protocol.exception(), OSError):  # a payload's error doesn't tell why it ended
            raise httpx.NetworkError("the connection broke") from error
        raise httpx.RemoteProtocolError("the answer broke off, or is not HTTP") from error
