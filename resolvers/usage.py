"""What a viewer may spend: a budget of points an hour, kept by subject (and by token), and what one request took from it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callboard_sdk import ClientError, Viewer

WINDOW_SECONDS = 3600.0
_MAX_SUBJECTS = 20_000


@dataclass(frozen=True, slots=True)
class Usage:
    """One request's cost, and what is left to its viewer; `limit` None means that nothing is counted."""

    cost: int
    nodes: int
    limit: int | None
    remaining: int | None
    reset_at: datetime | None

    def spent(self, cost: int, nodes: int) -> Usage:
        """The usage once so many more points are spent. Raises RateLimited when they are not there."""
        if self.remaining is None or self.reset_at is None:
            return Usage(cost, nodes, self.limit, None, None)
        if cost > self.remaining:
            raise RateLimited(cost, self.remaining, (self.reset_at - datetime.now(UTC)).total_seconds())
        return Usage(cost, nodes, self.limit, self.remaining - cost, self.reset_at)

    def told(self, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The response's `extensions`, for a request whose own ask for it with `{"cost": true}`."""
        if asked.get("cost") is not True:
            return None
        reset = self.reset_at.isoformat() if self.reset_at else None
        return {"cost": {"cost": self.cost, "nodeCount": self.nodes, "remaining": self.remaining, "resetAt": reset}}


UNCOUNTED = Usage(0, 0, None, None, None)
"""What a call outside of any request takes."""


class RateLimited(ClientError):
    """The viewer's points are spent; `retryAfter` are the seconds until there are new ones."""

    code = "RATE_LIMITED"
    retryable = True

    def __init__(self, cost: int, remaining: int, seconds: float) -> None:
        self.seconds = max(1, round(seconds))
        super().__init__(
            f"this costs {cost} points and {remaining} are left to you: ask for less, or again in {self.seconds} seconds",
            cost=cost,
            remaining=remaining,
            retryAfter=self.seconds,
        )


@dataclass(slots=True)
class _Window:
    ends: float
    spent: int = 0


_Budget = tuple[int, _Window]


class Budgets:
    """The budgets of one gateway's viewers, in its memory: several replicas count each for itself."""

    def __init__(self, limit: int | None, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def left(self, viewer: Viewer) -> Usage:
        """What the viewer has left to spend, nothing being taken."""
        budgets = self._budgets(viewer)
        return UNCOUNTED if not budgets else self._told(0, 0, *_tightest(budgets))

    def book(self, viewer: Viewer, cost: int) -> None:
        """Take points that were spent elsewhere, whether or not they are there."""
        for _, window in self._budgets(viewer):
            window.spent += cost

    def spend(self, viewer: Viewer, cost: int, nodes: int) -> Usage:
        """Take this many points from the viewer's budget. Raises RateLimited, taking nothing, when they are not there.

        Who asks with an access token takes from its owner's budget, and from the token's own where it has one.
        """
        budgets = self._budgets(viewer)
        if not budgets:
            return Usage(cost, nodes, None, None, None)
        limit, window = _tightest(budgets)
        if window.spent + cost > limit:
            raise RateLimited(cost, max(0, limit - window.spent), window.ends - self._clock())
        self.book(viewer, cost)
        return self._told(cost, nodes, limit, window)

    def _told(self, cost: int, nodes: int, limit: int, window: _Window) -> Usage:
        return Usage(cost, nodes, limit, max(0, limit - window.spent), datetime.fromtimestamp(window.ends, UTC))

    def _budgets(self, viewer: Viewer) -> list[_Budget]:
        token = viewer.token
        wanted = (
            {viewer.subject: self._limit}
            if token is None
            else {token.owner.subject: self._limit, f"token {token.id}": token.points}
        )
        return [(limit, self._window(name)) for name, limit in wanted.items() if limit is not None]

    def _window(self, subject: str) -> _Window:
        now = self._clock()
        window = self._windows.get(subject)
        if window is None or window.ends <= now:
            window = self._windows[subject] = _Window(now + WINDOW_SECONDS)
            self._windows.move_to_end(subject)
            if len(self._windows) > _MAX_SUBJECTS:
                self._windows.popitem(last=False)
        return window


def _tightest(budgets: Sequence[_Budget]) -> _Budget:
    return min(budgets, key=lambda budget: budget[0] - budget[1].spent)
