"""When to try a read again, and how long to wait first."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from .budget import RetryBudget
from .failure import Failed
from .limits import Limits


class Retries:
    """Bounded three ways: by attempts for each call, by a budget over all calls, and by the time left."""

    def __init__(self, attempts: int, limits: Limits, chance: Callable[[], float]) -> None:
        self._attempts = attempts
        self._limits = limits
        self._chance = chance
        self._budget = RetryBudget(limits.retry_share, limits.retry_reserve)

    def call(self) -> None:
        """A call begins, and earns its share of the budget."""
        self._budget.earn()

    def pause(self, failed: Failed, made: int, left: float) -> float | None:
        """Seconds to wait before trying again after `made` tries, with `left` seconds to go; None to give up.

        Exponential backoff with full jitter, so that many callers don't come back at the same moment; where the
        upstream says when to come back (Retry-After), that is kept to.
        """
        if not failed.again or made >= self._attempts:
            return None
        longest = min(self._limits.backoff * 2.0 ** (made - 1), self._limits.backoff_cap)
        pause = (failed.wait or 0.0) + longest * self._chance()
        if pause >= left or not self._budget.spend():
            return None
        return pause


def wait_asked_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that an upstream asks to wait: Retry-After (RFC 9110, section 10.2.3), or when its quota renews.

    The quota's headers are those that GitHub and others send; None where nothing readable says so.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if text:
        return _until(_http_date(text), now)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        if reset.isascii() and reset.isdigit() and len(reset) < 12:
            return _until(datetime.fromtimestamp(int(reset), UTC), now)
    return None


def is_rate_limit(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a refusal means "too many", not "never": 429, or 403 with a quota used up or a time to come back."""
    return status == 429 or (status == 403 and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"))


def _http_date(text: str) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _until(when: datetime | None, now: datetime) -> float | None:
    return None if when is None else max(0.0, (when - now).total_seconds())
