"""How many subscriptions are open, and whose: one more is taken only while there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from callboard_sdk import ClientError, Viewer

from gateway.settings import SubscriptionSettings


class TooManyStreams(ClientError):
    """As many subscriptions are open as may be; the text says whose."""

    code = "TOO_MANY_STREAMS"
    retryable = True


class Room:
    """What is open in one gateway."""

    def __init__(self, settings: SubscriptionSettings) -> None:
        self._settings = settings
        self._open: Counter[str] = Counter()
        self._connections = 0

    @contextmanager
    def stream(self, viewer: Viewer) -> Iterator[None]:
        """One more subscription while the block runs. Raises TooManyStreams; a bot's and a token's count as its owner's."""
        whose = (viewer.token.owner if viewer.token else viewer).subject
        if self._open[whose] >= self._settings.viewer_streams:
            raise TooManyStreams(f"{self._open[whose]} subscriptions of yours are open, and more may not be: end some first")
        if self._open.total() >= self._settings.streams:
            raise TooManyStreams("as many subscriptions are open as this gateway takes: try again later")
        self._open[whose] += 1
        try:
            yield
        finally:
            self._open[whose] -= 1
            if not self._open[whose]:
                del self._open[whose]

    @contextmanager
    def connection(self) -> Iterator[bool]:
        """One more websocket while the block runs; False when there are too many already."""
        fits = self._connections < self._settings.connections
        self._connections += fits
        try:
            yield fits
        finally:
            self._connections -= fits
