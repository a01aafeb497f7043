"""How an upstream is doing, counted as the client works, for `/metrics` and `plugins { health }`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from callboard_sdk.errors import UpstreamError


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
    """A snapshot of one upstream; counters count from the client's start. No secrets, no addresses.

    `calls` are what plugins asked for; of these, `cache_hits` were answered from memory, `deduplicated` shared
    an equal read under way, and `stale` were answered with an older answer for want of a new one. `requests`
    went out on the wire, `retries` among them. `failures` are calls that ended in an error or a stale answer.
    `latency_sum` is the seconds that requests took, together.
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


class Meter:
    """Where the client counts; `snapshot` gives what stands so far."""

    def __init__(self, upstream: str) -> None:
        self.calls = self.requests = self.retries = self.cache_hits = self.revalidated = 0
        self.deduplicated = self.stale = self.failures = self.in_flight = 0
        self.latency_sum = 0.0
        self._upstream = upstream
        self._failing = False
        self._success: datetime | None = None
        self._failure: datetime | None = None
        self._error: str | None = None

    def succeeded(self, now: datetime) -> None:
        """The upstream gave a whole answer."""
        self._failing = False
        self._success = now

    def failed(self, error: UpstreamError, now: datetime) -> None:
        """A call ended in `error`; "not found" is an answer, and no fault of the upstream."""
        if error.reason == "NOT_FOUND":
            self.succeeded(now)
            return
        self.failures += 1
        self._failing = True
        self._failure = now
        self._error = error.message

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
        )
