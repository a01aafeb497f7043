"""The circuit breaker: stops asking an upstream that fails time after time, and tries it again with one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .address import unnamed
from .failure import Failed, failures_in_a_row
from .limits import Limits


class Breaker:
    """Closed, it lets all through. After `failures` in a row it opens, and refuses all for a while.

    Then one request, the probe, goes through: its success closes the circuit, its failure opens it for twice as
    long. A request that was cancelled says nothing about the upstream, either way.
    """

    def __init__(self, name: str, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._name = name
        self._limits = limits
        self._monotonic = monotonic
        self._in_a_row = 0
        self._opened = 0
        self._closed_again_at: float | None = None
        self._probing = False
        self._last = ""

    @property
    def open(self) -> bool:
        """Whether requests are refused, or only the probe goes through."""
        return self._closed_again_at is not None

    @contextmanager
    def watch(self, label: str) -> Iterator[None]:
        """Let the request so named through and learn from how it ends. Raises Failed where the circuit is open."""
        probe = self._admit()
        try:
            yield
        except Failed as failed:
            if failed.broken:
                self._failed(unnamed(failed.error.message, label), probe)
            else:
                self._succeeded()
            raise
        else:
            self._succeeded()
        finally:
            if probe:
                self._probing = False

    def _admit(self) -> bool:
        if self._closed_again_at is None:
            return False
        left = self._closed_again_at - self._monotonic()
        if left > 0 or self._probing:
            raise failures_in_a_row(self._name, self._in_a_row, self._last, max(left, 0.0))
        self._probing = True
        return True

    def _succeeded(self) -> None:
        self._in_a_row = self._opened = 0
        self._closed_again_at = None

    def _failed(self, text: str, probe: bool) -> None:
        self._in_a_row += 1
        self._last = text
        if self._in_a_row < self._limits.failures or (self.open and not probe):
            return  # a request sent before the circuit opened doesn't lengthen the pause
        pause = min(self._limits.cool_down * 2**self._opened, self._limits.cool_down_cap)
        self._opened = min(self._opened + 1, 16)
        self._closed_again_at = self._monotonic() + pause
