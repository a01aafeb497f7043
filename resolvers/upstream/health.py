"""How an upstream is doing, counted as the client works, for `/metrics` and `plugins { health }`."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

LATENCY_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper bounds of what a snapshot's `latencies` count; the last count is of all that took longer."""


class State(Enum):
    """Whether an upstream can be counted on."""

    OK = "OK"
    """Its last call went well, or none was made yet."""
    FAILING = "FAILING"
    """Its last call failed."""
    OPEN = "OPEN"
    """It failed so often in a row that it is not asked for a while."""


@dataclass(frozen=True, slots=True)
class Health:
    """A snapshot of one upstream; counters count from the client's start. No secrets, no addresses, no paths.

    `calls` are what plugins asked for; of these, `cache_hits` were answered from memory, `deduplicated` shared
    an equal read under way, and `stale` were answered with an older answer for want of a new one. `requests`
    went out on the wire, `retries` among them. `failures` are calls that ended in an error or a stale answer; `reasons`
    counts them by UpstreamError's reason. `latencies` counts the requests that took so long (see LATENCY_BOUNDS), and
    `latency_sum` is the seconds that they took together.
    """

    upstream: str
    state: State = State.OK
    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    calls: int = 0
    requests: int = 0
    retries: int = 0
    cache_hits: int = 0
    revalidated: int = 0
    deduplicated: int = 0
    stale: int = 0
    failures: int = 0
    in_flight: int = 0
    latency_sum: float = 0.0
    latencies: tuple[int, ...] = (0,) * (len(LATENCY_BOUNDS) + 1)
    reasons: Mapping[str, int] = field(default_factory=dict)


class Meter:
    """Where the client counts; `snapshot` gives what stands so far."""

    def __init__(self, upstream: str) -> None:
        self.calls = self.requests = self.retries = self.cache_hits = self.revalidated = 0
        self.deduplicated = self.stale = self.failures = self.in_flight = 0
        self.latency_sum = 0.0
        self._latencies = [0] * (len(LATENCY_BOUNDS) + 1)
        self._reasons: Counter[str] = Counter()
        self._upstream = upstream
        self._failing = False
        self._success: datetime | None = None
        self._failure: datetime | None = None
        self._error: str | None = None

    def ended(self, seconds: float) -> None:
        """A request ended, whichever way, after so long."""
        self.in_flight -= 1
        self.latency_sum += seconds
        self._latencies[bisect_left(LATENCY_BOUNDS, seconds)] += 1

    def succeeded(self, now: datetime) -> None:
        """The upstream gave a whole answer."""
        self._failing = False
        self._success = now

    def failed(self, reason: str, text: str, now: datetime) -> None:
        """A call ended in an error; "not found" is an answer, and no fault of the upstream."""
        if reason == "NOT_FOUND":
            self.succeeded(now)
            return
        self.failures += 1
        self._reasons[reason] += 1
        self._failing = True
        self._failure = now
        self._error = text

    def snapshot(self, *, circuit_open: bool) -> Health:
        """The counters now, frozen."""
        state = State.OPEN if circuit_open else State.FAILING if self._failing else State.OK
        return Health(
            upstream=self._upstream,
            state=state,
            last_success=self._success,
            last_failure=self._failure,
            last_error=self._error,
            calls=self.calls,
            requests=self.requests,
            retries=self.retries,
            cache_hits=self.cache_hits,
            revalidated=self.revalidated,
            deduplicated=self.deduplicated,
            stale=self.stale,
            failures=self.failures,
            in_flight=self.in_flight,
            latency_sum=self.latency_sum,
            latencies=tuple(self._latencies),
            reasons=dict(self._reasons),
        )
