"""The client that plugins get for an upstream: every call goes through the concerns below, in this order.

A. ask: what is sent, and where        ask.py, address.py
B. cache: an answer from memory        cache.py
C. share: equal reads are one request  flights.py
D. retry: reads only, within limits    retries.py, budget.py
E. gate: so many at a time             gate.py
F. quota: not before it said           quota.py
G. breaker: not while it is down       breaker.py
H. wire: send, and read under caps     wire.py, body.py, transport.py, guard.py, tls.py
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from callboard_sdk.errors import UpstreamError
from callboard_sdk.upstream import Params, Reply, Upstream

from resolvers.deadline import for_an_upstream

from . import failure
from .address import Address, BadAddress, unnamed
from .ask import Ask, Asks
from .breaker import Breaker
from .cache import Cache, Kept
from .clock import Clock
from .decoding import Decoding
from .failure import Failed
from .flights import Closed, Flights, Span
from .gate import Gate
from .health import Health, Meter
from .limits import Limits
from .quota import Quota
from .retries import Retries
from .transport import TransportFactory, make_transport
from .wire import Answer, Wire

_STANDS_IN_FOR = frozenset({"UNREACHABLE", "TIMEOUT", "RATE_LIMITED", "BAD_ANSWER", "OVERLOADED"})
"""Failures for which an older answer may stand in; after UNAUTHORIZED or NOT_FOUND nothing may be shown any more."""


class UpstreamClient:
    """`callboard_sdk.Client` for one upstream; it belongs to one event loop. Close it with `aclose`.

    Raises UpstreamError at once when the upstream's settings can't work (base URL, certificates).
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        transport_factory: TransportFactory = make_transport,
        limits: Limits | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        limits, clock = limits or Limits(), clock or Clock()
        address = _address(upstream)
        self._upstream = upstream
        self._clock = clock
        self._closed = False
        self._meter = Meter(upstream.name)
        self._decoding = Decoding(upstream.name, self._failed)
        self._asks = Asks(upstream, address)
        self._cache = Cache(
            limits.cache_entries,
            limits.cache_bytes,
            fresh_for=upstream.fresh_for,
            stale_for=upstream.stale_for,
            monotonic=clock.monotonic,
        )
        self._flights: Flights[Reply] = Flights()
        self._retries = Retries(upstream.attempts, limits, chance)
        self._gate = Gate(upstream.name, upstream.concurrency, limits.queue)
        self._quota = Quota(upstream.name, limits.quota_cap, clock.monotonic)
        self._breaker = Breaker(upstream.name, limits, clock.monotonic)
        self._wire = Wire(upstream, address, transport_factory(upstream), clock, limits)

    @property
    def name(self) -> str:
        """The upstream's name, as errors, metrics and settings show it."""
        return self._upstream.name

    @property
    def health(self) -> Health:
        """How the upstream is doing now: a frozen snapshot."""
        return self._meter.snapshot(circuit_open=self._breaker.open)

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
    ) -> Reply:
        """Read `path`, as `callboard_sdk.Client.get` says. Raises UpstreamError."""
        self._begin()
        try:
            ask = self._asks.read(path, params, headers, ok)
        except Failed as failed:
            raise self._unsent(failed) from None
        kept = self._cache.find(ask.key)
        if kept is not None and self._cache.fresh(kept):
            self._meter.cache_hits += 1
            return kept.reply
        try:
            return await self._shared(ask, kept)
        except UpstreamError as error:
            return self._stand_in(kept, self._failed(error, ask.label))

    async def post(
        self, path: str, body: object, *, headers: Mapping[str, str] | None = None, ok: frozenset[int] = frozenset()
    ) -> Reply:
        """Send `body`, as `callboard_sdk.Client.post` says. Raises UpstreamError."""
        self._begin()
        try:
            ask = self._asks.write(path, body, headers, ok)
        except Failed as failed:
            raise self._unsent(failed) from None
        try:
            async with asyncio.timeout(for_an_upstream()):
                answer = await self._attempt(ask, self._now() + self._upstream.timeout)
        except Failed as failed:
            raise self._failed(failed.error, ask.label) from None
        except TimeoutError:
            raise self._failed(failure.out_of_time(self.name, ask.label), ask.label) from None
        return self._reply(answer)

    async def aclose(self) -> None:
        """Stop what is under way, wait until it has stopped, and close the connections."""
        self._closed = True
        await self._flights.aclose()
        await self._wire.aclose()

    async def _shared(self, ask: Ask, kept: Kept | None) -> Reply:
        left = for_an_upstream()
        until = None if left is None else self._now() + left
        if self._flights.joinable(ask.key):
            self._meter.deduplicated += 1
        try:
            return await self._flights.join(ask.key, until, self._now() + self._upstream.timeout, partial(self._fetch, ask, kept))
        except TimeoutError:
            raise failure.out_of_time(self.name, ask.label) from None
        except Closed:
            raise failure.closed(self.name) from None

    async def _fetch(self, ask: Ask, kept: Kept | None, span: Span) -> Reply:
        conditional = ask.with_headers(kept.conditions) if kept is not None else ask
        answer = await self._tries(conditional, span)
        if answer.status == 304 and kept is not None and conditional.headers != ask.headers:
            self._meter.revalidated += 1
            return self._cache.renew(ask.key, kept, self._clock.wall())
        reply = self._reply(answer)
        self._cache.keep(ask.key, reply)
        return reply

    async def _tries(self, ask: Ask, span: Span) -> Answer:
        self._retries.call()
        made = 0
        while True:
            made += 1
            try:
                return await self._attempt(ask, span.ends)
            except Failed as failed:
                pause = self._retries.pause(failed, made, span.until - self._now())
                if pause is None:
                    raise failed.error from None
            self._meter.retries += 1
            await self._clock.sleep(pause)

    async def _attempt(self, ask: Ask, ends: float) -> Answer:
        self._quota.check()
        async with self._gate.slot(ends):
            self._quota.check()  # it may have been used up while this call waited
            with self._breaker.watch(ask.label):
                try:
                    return await self._timed(ask, ends)
                except Failed as failed:
                    if failed.limited and failed.wait is not None:
                        self._quota.used_up(failed.wait)
                    raise

    async def _timed(self, ask: Ask, ends: float) -> Answer:
        started = self._clock.monotonic()
        self._meter.requests += 1
        self._meter.in_flight += 1
        try:
            answer = await self._wire.send(ask, ends)
        finally:
            self._meter.ended(self._clock.monotonic() - started)
        self._meter.succeeded(self._clock.wall())
        return answer

    def _begin(self) -> None:
        if self._closed:
            raise failure.closed(self.name)
        self._meter.calls += 1

    def _reply(self, answer: Answer) -> Reply:
        return Reply(answer.status, answer.headers, answer.content, self._clock.wall(), _decode=self._decoding.decode)

    def _stand_in(self, kept: Kept | None, error: UpstreamError) -> Reply:
        if kept is None or error.reason not in _STANDS_IN_FOR or not self._cache.stands_in(kept):
            raise error from None
        self._meter.stale += 1
        return replace(kept.reply, stale=True)

    def _unsent(self, failed: Failed) -> UpstreamError:
        return self._failed(failed.error) if failed.broken else failed.error  # a caller's mistake is not the upstream's

    def _failed(self, error: UpstreamError, label: str = "") -> UpstreamError:
        self._meter.failed(error.reason, unnamed(error.message, label), self._clock.wall())
        return error

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _address(upstream: Upstream) -> Address:
    try:
        return Address(upstream.base_url)
    except BadAddress as problem:
        raise UpstreamError(upstream.name, "REFUSED", f"upstream {upstream.name}: {problem}.", retryable=False) from None
