"""The numbers behind the client's limits that an `Upstream` doesn't set itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that suit every upstream; times in seconds, sizes in bytes."""

    queue: int = 256
    """Requests that may wait for a free slot; one more fails at once, as OVERLOADED."""
    retry_share: float = 0.2
    """Retries allowed for each call made, so that retries can't multiply the load on an upstream in trouble."""
    retry_reserve: float = 5.0
    """Retries that may be saved up (and are there at the start), so that a rare call can be retried too."""
    backoff: float = 0.1
    """The longest pause before the first retry; it doubles with each, and a random part of it is waited."""
    backoff_cap: float = 2.0
    """The longest pause before any retry that the upstream didn't ask for itself."""
    failures: int = 5
    """Failures in a row that open the circuit."""
    cool_down: float = 5.0
    """How long an open circuit asks nothing; it doubles each time the probe after it fails."""
    cool_down_cap: float = 60.0
    """The longest time an open circuit asks nothing."""
    quota_cap: float = 3600.0
    """The longest time that an upstream's own rate limit keeps it from being asked."""
    cache_entries: int = 2048
    """Answers kept at most."""
    cache_bytes: int = 64 * 1024 * 1024
    """Bytes of answers kept at most; a single one takes no more than a quarter."""
    redirects: int = 3
    """Redirects followed for one read, where they are allowed."""
