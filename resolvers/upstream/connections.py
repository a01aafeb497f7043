"""Where connections to an upstream lead: the addresses of its name, less those that are refused, in turn."""

from __future__ import annotations

import asyncio
import socket
from functools import lru_cache
from ssl import SSLContext

from aiohttp import AddrInfoType, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from callboard_sdk.upstream import Upstream

from .guard import is_refused

KEEP_ALIVE = 30.0
"""Seconds an idle connection is kept for the next request."""
NEXT_ADDRESS = 0.5
"""Seconds to wait for a connection to one address of a name before the next is tried beside it."""


class Refused(OSError):
    """An address that is not connected to, whoever names it."""


def connector(upstream: Upstream, tls: SSLContext | None) -> TCPConnector:
    """The pool of one upstream's connections. Names are looked up for each new connection, and never remembered."""

    def make_socket(info: AddrInfoType) -> socket.socket:
        if not upstream.link_local and is_refused(str(info[4][0])):
            raise Refused("a link-local or metadata address")
        return socket.socket(info[0], info[1], info[2])

    return TCPConnector(
        ssl=tls or True,
        limit=upstream.concurrency,
        keepalive_timeout=KEEP_ALIVE,
        resolver=_Names(),
        use_dns_cache=False,
        socket_factory=make_socket,
        happy_eyeballs_delay=NEXT_ADDRESS,
    )


@lru_cache(maxsize=1024)
def plain_host(host: str) -> str:
    """A host as it is, but an IPv4 address in its usual form: 2852039166 and 0xa9fea9fe are addresses, too."""
    try:
        return host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return host  # a name


class _Names(AbstractResolver):
    """The system's look-up, by the event loop."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Every address of the name. Raises OSError when it has none."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise socket.gaierror(socket.EAI_NONAME, "the host name is none") from None
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST)
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """There is nothing to close."""
