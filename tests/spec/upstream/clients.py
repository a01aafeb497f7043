"""What the chapter's tests share: a client of a scripted server, and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from callboard_sdk.upstream import Upstream
from resolvers.deadline import deadline, set_deadline
from resolvers.upstream import Clock, Limits, UpstreamClient
from tests.faults import Proxy, Server


@dataclass
class Hands:
    """A clock moved by hand; sleeping moves it too, and takes no time."""

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.seconds, wall=self.wall, sleep=self.sleep)

    def wall(self) -> datetime:
        return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@asynccontextmanager
async def client_of(
    server: Server | Proxy | str, *, limits: Limits | None = None, hands: Hands | None = None, **settings: Any
) -> AsyncIterator[UpstreamClient]:
    """A client for the server; nothing is kept in memory unless a test says so."""
    url = server if isinstance(server, str) else server.url
    given = {"fresh_for": 0.0, "stale_for": 0.0, "timeout": 5.0, **settings}
    upstream = Upstream(name="stage", base_url=url, **given)
    client = UpstreamClient(upstream, limits=limits, clock=(hands or Hands()).clock, chance=lambda: 0.5)
    try:
        yield client
    finally:
        await client.aclose()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """A request that has this much time, for the calls inside."""
    before = deadline.get()
    set_deadline(seconds)
    try:
        yield
    finally:
        deadline.set(before)
