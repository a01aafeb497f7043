"""The ways out to the token issuers: what fetches their keys and redeems their codes, and ends with the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from callboard_sdk import Upstream

from resolvers.upstream import Health, UpstreamClient

from .auth.discovery import Fetch
from .auth.settings import IssuerSettings
from .auth.signing_in import Post

Connect = Callable[[Upstream], UpstreamClient]


class Providers:
    """The clients of all issuers: one for each origin that an issuer names, made when it is first asked.

    An issuer's discovery document and its keys may be on different hosts; no two issuers share a client, so that one
    can't slow the other.
    """

    def __init__(self, connect: Connect = UpstreamClient) -> None:
        self._connect = connect
        self._clients: dict[tuple[str, str], UpstreamClient] = {}

    def fetch_for(self, issuer: IssuerSettings) -> Fetch:
        """The issuer's own way out."""

        async def fetch(url: str) -> bytes:
            return (await self._client(issuer.name, urljoin(url, "/")).get(url)).content

        return fetch

    def post_for(self, issuer: IssuerSettings) -> Post:
        """The issuer's own way out, for forms."""

        async def post(url: str, form: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
            reply = await self._client(issuer.name, urljoin(url, "/")).post(url, form, headers=headers, ok=frozenset({400, 401}))
            return reply.status, reply.content

        return post

    @property
    def upstreams(self) -> list[Health]:
        """How those asked so far are doing."""
        return [client.health for client in self._clients.values()]

    async def aclose(self) -> None:
        """Close every connection."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    def _client(self, issuer: str, origin: str) -> UpstreamClient:
        if (issuer, origin) not in self._clients:
            keys = Upstream(f"keys of {issuer}", origin, max_bytes=256 * 1024, fresh_for=0, stale_for=0)
            self._clients[issuer, origin] = self._connect(keys)
        return self._clients[issuer, origin]
