"""Where an issuer's public keys come from while requests are served, without ever blocking them."""

from __future__ import annotations

import asyncio
import contextvars
import math
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .discovery import Fetch, discover
from .errors import KeysUnavailable, Unauthenticated
from .keyset import BadDocument, Key, key_of, pick, read_key_set
from .settings import ASYMMETRIC

Clock = Callable[[], float]
"""The time in seconds since 1970."""

RETRY_SECONDS = 30
"""The shortest time between two fetches: unknown key ids, which anyone can invent, cause no more."""
FIRST_RETRY_SECONDS = 5
"""The same while there are no keys at all."""
FETCH_SECONDS = 10
"""How long one fetch of keys may take, discovery included."""

log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """The keys of one issuer, whether remote or in this process."""

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """The key for a token that says `kid`; raises Unauthenticated, or KeysUnavailable when there are no keys."""

    def holds(self, key: Key) -> bool:
        """Whether the issuer still stands by this key: a token it signed is believed no longer than that."""

    async def aclose(self) -> None:
        """End what runs in the background."""


class OneKey:
    """The source of an issuer whose one key is at hand, like the gateway's own; `public` gives it, and is asked once."""

    def __init__(self, public: Callable[[], Ed25519PublicKey]) -> None:
        self._public = public

    @cached_property
    def _key(self) -> Key:
        return key_of(self._public())

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """Our key, unless the token names another."""
        if kid in (None, self._key.kid) and algorithm in self._key.algorithms:
            return self._key
        raise Unauthenticated(
            "the token is signed with another key than its issuer's; the key file was replaced, perhaps: get a new token"
        )

    def holds(self, key: Key) -> bool:
        """Always, for our own."""
        return key == self._key

    async def aclose(self) -> None:
        """There is nothing to end."""


class RemoteKeys:
    """An OpenID Connect provider's keys: fetched when first needed, kept, and refreshed in the background.

    A. no usable keys: the request waits for the fetch. B. old keys: used, while a fetch runs behind. C. a key id
    that isn't among them: one fetch, at most every 30 s, which all who need it share. An outage of the provider
    leaves the last good keys in use for `keep_seconds`. Without a `uri` it is read from `issuer`'s discovery document.
    """

    def __init__(
        self,
        uri: str | None,
        fetch: Fetch,
        clock: Clock = time.time,
        *,
        issuer: str = "",
        algorithms: Sequence[str] = ASYMMETRIC,
        refresh_seconds: float = 60,
        keep_seconds: float = 86_400,
        insecure_http: bool = False,
    ) -> None:
        self._uri = uri
        self._fetch = fetch
        self._clock = clock
        self._issuer = issuer or str(uri)
        self._algorithms = algorithms
        self._refresh_seconds = refresh_seconds
        self._keep_seconds = keep_seconds
        self._insecure_http = insecure_http
        self._keys: tuple[Key, ...] = ()
        self._fetched = self._tried = -math.inf
        self._failure: str | None = None
        self._discovered: str | None = None
        self._flight: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """The provider's key so named; without a name, the only one that fits."""
        if not self._usable():  # A
            await self._refresh()
        else:
            self._refresh_if_old()  # B
        if (found := self._pick(kid, algorithm)) is None:  # C
            await self._refresh()
            found = self._pick(kid, algorithm)
        if found is not None:
            return found
        if self._failure is not None:
            raise KeysUnavailable(self._issuer, self._unavailable())
        raise Unauthenticated(
            f"the token is signed with a key that {self._issuer} didn't publish for {algorithm} when it was last asked. Its keys "
            f"are fetched again within {RETRY_SECONDS} s: try again then, and get a new token there if this one is still refused"
        )

    def holds(self, key: Key) -> bool:
        """Whether the provider published it when last asked; asks again, in the background, when that is long ago."""
        self._refresh_if_old()
        return self._usable() and key in self._keys

    async def aclose(self) -> None:
        """Give up the fetch under way, if there is one."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.gather(self._flight, return_exceptions=True)

    def _pick(self, kid: str | None, algorithm: str) -> Key | None:
        return pick(self._keys, kid, algorithm) if self._usable() else None

    def _usable(self) -> bool:
        return bool(self._keys) and self._clock() - self._fetched < self._keep_seconds

    def _refresh_if_old(self) -> None:
        if self._clock() - self._fetched >= self._refresh_seconds:
            self._take_off()

    async def _refresh(self) -> None:
        """Wait for a fetch: the one under way, or a new one if it is time. One waiter's cancelling stops no other."""
        self._take_off()
        if self._flight is not None:
            await asyncio.shield(self._flight)

    def _take_off(self) -> None:
        wait = RETRY_SECONDS if self._usable() else FIRST_RETRY_SECONDS
        if self._flight is None and not 0 <= self._clock() - self._tried < wait:
            self._tried = self._clock()
            alone = contextvars.Context()  # the fetch is everyone's: no request's deadline or id goes with it
            self._flight = asyncio.create_task(self._load(), context=alone)
            self._flight.add_done_callback(self._land)

    def _land(self, flight: asyncio.Task[None]) -> None:
        self._flight = None

    async def _load(self) -> None:
        """Fetch the keys; a failure keeps the last good ones, and is logged and remembered."""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                address = self._uri or self._discovered or await self._discover()
                keys = read_key_set(await self._fetch(address), self._algorithms)
        except Exception as error:  # whatever went wrong with the provider, requests go on
            self._discovered = None
            self._failure = _describe(error)
            log.warning("auth.keys_not_fetched", issuer=self._issuer, problem=self._failure, kept=len(self._keys))
        else:
            self._keys, self._fetched, self._failure = keys, self._clock(), None

    async def _discover(self) -> str:
        """The key set's address from the discovery document."""
        provider = await discover(self._issuer, self._fetch, insecure_http=self._insecure_http)
        self._discovered = provider.address("jwks_uri")
        return self._discovered

    def _unavailable(self) -> str:
        return f"the keys of {self._issuer} can't be fetched now, so its tokens can't be checked: try again shortly"


def _describe(error: Exception) -> str:
    """For the log: our own texts whole, of others the type and a bounded text."""
    if isinstance(error, TimeoutError):
        return f"no answer within {FETCH_SECONDS} s"
    return str(error) if isinstance(error, BadDocument) else f"{type(error).__name__}: {str(error)[:200]}"
