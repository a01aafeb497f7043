"""Answers kept in memory: fresh ones stand for a request, older ones for an upstream that fails."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from callboard_sdk.upstream import Reply

_OVERHEAD = 1024
"""Bytes counted for an entry beside its body."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer, when it was last known to be right (monotonic seconds), and what it weighs."""

    reply: Reply
    at: float
    size: int

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the answer only if it changed (RFC 9110, section 13.1)."""
        found = {
            "if-none-match": self.reply.headers.get("etag"),
            "if-modified-since": self.reply.headers.get("last-modified"),
        }
        return {name: value for name, value in found.items() if value}


class Cache:
    """The least recently used answers go first, when there are more than `entries`, or than `size` bytes.

    The operator's `fresh_for` says how long an answer is right, whatever the upstream's Cache-Control says, except
    for `no-store`, which is honoured.
    """

    def __init__(self, entries: int, size: int, *, fresh_for: float, stale_for: float, monotonic: Callable[[], float]) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._entries = entries
        self._limit = size
        self._size = 0
        self._fresh_for = fresh_for
        self._stale_for = stale_for
        self._monotonic = monotonic

    def find(self, key: str) -> Kept | None:
        """The answer under this key, however old."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def fresh(self, kept: Kept) -> bool:
        """Whether it stands for a request."""
        return self._monotonic() - kept.at < self._fresh_for

    def stands_in(self, kept: Kept) -> bool:
        """Whether it may stand in for an upstream that fails."""
        return self._monotonic() - kept.at < self._fresh_for + self._stale_for

    def keep(self, key: str, reply: Reply) -> None:
        """Keep an answer, if it may be kept and is not too large."""
        self.drop(key)
        size = len(reply.content) + _OVERHEAD
        no_store = "no-store" in reply.headers.get("cache-control", "").lower()
        if no_store or size > self._limit // 4 or self._fresh_for + self._stale_for <= 0:
            return
        self._kept[key] = Kept(reply, self._monotonic(), size)
        self._size += size
        while self._size > self._limit or len(self._kept) > self._entries:
            self.drop(next(iter(self._kept)))

    def renew(self, key: str, kept: Kept, now: datetime) -> Reply:
        """The upstream says that the answer is still right: it is fresh again."""
        reply = replace(kept.reply, fetched_at=now)
        self.keep(key, reply)
        return reply

    def drop(self, key: str) -> None:
        """Forget what is kept under this key."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= kept.size
