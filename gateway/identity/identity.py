"""The first step of a request, with all that it stands on: made once by the composition root, running with the gateway.

A. credentials   a bearer token, of an issuer or of the gateway's own; or a browser's session
B. seen          what owners of tokens may now is noted
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from callboard_sdk import Audit, Database, Viewer, ViewerKind

from gateway.auth import AuthSettings, OperationNotAllowed, Unauthenticated, Verifier, identify_by, issuers_of
from gateway.providers import Providers
from policies import Policies
from resolvers.beside import beside
from resolvers.tokens.issuing import Allowance, Issuing
from resolvers.tokens.store import TokenStore
from resolvers.tokens.text import PREFIX

from .access_tokens import AccessTokens, Known, permit
from .browsers import browsers_of
from .refusals import Refusals

log = structlog.get_logger()

FLUSH_SECONDS = 2.0
"""How often what was noted of tokens is written."""
REFUSALS_SECONDS = 10.0
"""How often refusals are written down."""


class Identity:
    """Tells who asks.

    `policies` has what is in force, `audit` takes every event of a token, and `known` tells which users are there.
    """

    def __init__(
        self,
        settings: AuthSettings,
        database: Database,
        policies: Policies,
        *,
        audit: Audit,
        known: Known,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.providers = Providers()
        self._store = TokenStore(database, clock)
        self.issuing = Issuing(
            self._store, Allowance(settings.tokens.max_days, settings.tokens.max_tokens), lambda: policies.current, audit
        )
        self._refusals = Refusals(audit)
        issuers = issuers_of(settings, self.providers.fetch_for, clock)
        self._verifier = Verifier(issuers, leeway=settings.leeway_seconds, clock=clock)
        self.browsers = browsers_of(settings, issuers, self.providers, database, audit, clock)
        own = AccessTokens(self._store, clock, known if settings.tokens.known_owners else None)
        sessions = self.browsers.sessions if self.browsers else None
        self._by_credentials = identify_by(self._verifier, settings.anonymous_roles, (PREFIX, own), sessions)

    async def identify(self, authorization: Sequence[str], session: str | None = None, *, again: bool = False) -> Viewer:
        """The viewer, as `gateway.auth.Identify` says."""
        try:
            viewer = await self._by_credentials(authorization, session, again=again)  # A
        except Unauthenticated as error:
            self._refusals.note("anonymous", error.token, error.message)
            raise
        if viewer.kind is ViewerKind.ANONYMOUS:
            return viewer
        if viewer.token is None and not again:
            self._store.seen(viewer)  # B
        return viewer

    def permit(self, viewer: Viewer, document: str) -> None:
        """Whether the viewer's token is for this document, as `gateway.auth.Permit` says."""
        try:
            permit(viewer, document)
        except OperationNotAllowed as error:
            assert viewer.token is not None
            self._refusals.note(viewer.subject, viewer.token.id, error.code)
            raise

    async def flush(self) -> None:
        """Write what was noted: this is done from time to time anyway."""
        for _, work in self._kept_up():
            await work()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """From start to stop: what was noted is written."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.providers.aclose)
            stack.push_async_callback(self._verifier.aclose)
            for seconds, work in self._kept_up():
                stack.push_async_callback(_tried, work)
                await stack.enter_async_context(beside(_every(seconds, work)))
            yield

    def _kept_up(self) -> Iterator[tuple[float, Callable[[], Awaitable[None]]]]:
        """What is to be done every so many seconds."""
        yield FLUSH_SECONDS, self._store.flush
        yield REFUSALS_SECONDS, self._refusals.flush
        if self.browsers is not None:
            yield FLUSH_SECONDS, self.browsers.sessions.flush


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await _tried(work)


async def _tried(work: Callable[[], Awaitable[None]]) -> None:
    """Do it; a database that is away costs what needs it, and not the gateway."""
    try:
        await work()
    except Exception:
        log.error("what is known of tokens could not be read or written", exc_info=True)
