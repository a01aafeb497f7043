"""An upstream's quota: once it is used up, nothing is asked until the upstream said to come back."""

from __future__ import annotations

import math
from collections.abc import Callable

from .failure import quota_used_up

_EARLY = 0.01
"""Seconds by which an event loop's timers may ring early: a retry after the whole pause must not be refused."""


class Quota:
    """Remembers the latest moment to come back that an upstream named, and refuses all calls before it.

    Without that, each call of a page would be sent and refused, and upstreams lengthen the pause of who keeps asking.
    No pause is longer than `longest` seconds, so that a wrong header can't cut an upstream off for good.
    """

    def __init__(self, name: str, longest: float, monotonic: Callable[[], float]) -> None:
        self._name = name
        self._longest = longest
        self._monotonic = monotonic
        self._renewed = -math.inf

    def used_up(self, wait: float) -> None:
        """The upstream refused a request, and said to come back in `wait` seconds."""
        self._renewed = max(self._renewed, self._monotonic() + min(wait, self._longest))

    def check(self) -> None:
        """Raises Failed, with the seconds left, while the upstream wants to be left alone."""
        left = self._renewed - self._monotonic()
        if left > _EARLY:
            raise quota_used_up(self._name, left)
