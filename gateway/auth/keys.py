"""The public keys an issuer signs with: one of our own, or a provider's set fetched without blocking anyone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import jwt
import orjson
import structlog

log = structlog.get_logger()

Fetch = Callable[[str], Awaitable[bytes]]

FRESH_SECONDS = 300.0
KEPT_SECONDS = 24 * 3600.0
RETRY_SECONDS = 30.0
MAX_KEYS = 100


class KeySource(Protocol):
    """Where an issuer's public keys come from."""

    async def key(self, kid: str | None) -> Any | None:
        """The key so named; without a name, the only key. None when there is none."""
        ...


class OneKey:
    """The source of an issuer that has one key, known beforehand."""

    def __init__(self, key: Any) -> None:
        self._key = key

    async def key(self, kid: str | None) -> Any | None:
        """Our key, whatever the token calls it."""
        return self._key


class RemoteKeys:
    """A provider's JSON Web Key Set (RFC 7517), cached.

    A name that isn't known refreshes the set once, at most every 30 s, however many ask at the same time; while the
    provider is out of reach the last good keys serve for 24 h.
    """

    def __init__(self, uri: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._uri = uri
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched = self._tried = float("-inf")
        self._refreshing = asyncio.Lock()

    async def key(self, kid: str | None) -> Any | None:
        """The provider's key so named."""
        if self._clock() - self._fetched > FRESH_SECONDS or self._pick(kid) is None:
            await self._refresh(kid)
        return self._pick(kid) if self._clock() - self._fetched < KEPT_SECONDS else None

    def _pick(self, kid: str | None) -> Any | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid or "")

    async def _refresh(self, kid: str | None) -> None:
        async with self._refreshing:
            now = self._clock()
            if now - self._tried < RETRY_SECONDS:
                return
            self._tried = now
            try:
                self._keys = _public_keys(await self._fetch(self._uri)) or self._keys
                self._fetched = now
            except Exception as error:
                log.warning("keys could not be fetched", uri=self._uri, error=type(error).__name__)


def _public_keys(raw: bytes) -> dict[str, Any]:
    entries = orjson.loads(raw).get("keys", [])[:MAX_KEYS]
    found: dict[str, Any] = {}
    for entry in entries:
        if entry.get("use", "sig") != "sig" or entry.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        try:
            found[str(entry.get("kid", ""))] = jwt.PyJWK(entry).key
        except jwt.PyJWTError:
            continue
    return found
