"""Denied reads on their way into the audit: counted per viewer, coordinate and minute, and written when the minute is over."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from resolvers.beside import beside

from .record import READS_DENIED, READS_DROPPED, READS_NOTHING, Entry
from .store import AuditStore, instant

log = structlog.get_logger()

MAX_COUNTED = 20_000
"""Denials of a viewer, each coordinate of each distinct request, that are kept at once, all minutes together."""
MAX_A_VIEWER = 200
"""As many that are kept of one viewer in one minute."""
EVERYONE = "*"
"""Stands for the viewer where there are too many to count for each what was dropped."""


class Denial(Protocol):
    """A decision that denies."""

    @property
    def id(self) -> str:
        """What a viewer names when it asks why."""
        ...


Denied = Mapping[str, Denial]
"""What one request is denied, by coordinate. The same object stands for the same denials, as long as it is kept here."""
_Key = tuple[int, str, Hashable]
"""The minute, the viewer, and what else is counted as the same."""


@dataclass(slots=True)
class _Repeated:
    """What one viewer was refused within a minute in the same way, and how often: the decision of each coordinate or type.

    `same` is what it was told by, kept so that nothing else gets its identity.
    """

    kind: str
    decisions: Mapping[str, str | None]
    same: object
    count: int = 0


class Denials:
    """Takes what is denied at once, in memory, and writes it in the background.

    What there is no room for is counted, and the count is written. What the process has not written when it is killed
    is lost: at most the minute under way, and what waits for a database that doesn't answer.
    """

    def __init__(self, audit: AuditStore, clock: Callable[[], float] = time.time) -> None:
        self._audit = audit
        self._clock = clock
        self._noted: dict[_Key, _Repeated] = {}
        self._room: Counter[tuple[int, str]] = Counter()
        self._dropped: Counter[tuple[int, str]] = Counter()
        self._writing = asyncio.Lock()

    def note(self, viewer: str, denied: Denied) -> None:
        """Count that this viewer was denied these coordinates."""
        key = self._minute(), viewer, id(denied)
        if (known := self._noted.get(key)) is None:
            known = self._new(key, READS_DENIED, {name: decision.id for name, decision in denied.items()}, denied)
        if known is not None:
            known.count += 1

    def refused(self, viewer: str, decisions: Mapping[str, str]) -> None:
        """Count that this viewer was refused these coordinates of some entities, by these decisions."""
        for coordinate, decision in decisions.items():
            self._count(viewer, READS_DENIED, coordinate, decision)

    def nothing(self, viewer: str, kind: str, count: int) -> None:
        """Count that so many ids of this type gave this viewer nothing."""
        self._count(viewer, READS_NOTHING, kind, None, count)

    def _count(self, viewer: str, kind: str, subject: str, decision: str | None, count: int = 1) -> None:
        key = self._minute(), viewer, (kind, subject, decision)
        if (known := self._noted.get(key)) is None:
            known = self._new(key, kind, {subject: decision}, None, count)
        if known is not None:
            known.count += count

    def _new(self, key: _Key, kind: str, decisions: Mapping[str, str | None], same: object, count: int = 1) -> _Repeated | None:
        """Where to count these from now on; None where there is no room, and it was counted as dropped."""
        minute, viewer, _ = key
        asked = len(decisions)
        if self._room[minute, viewer] + asked <= MAX_A_VIEWER and self._room.total() + asked <= MAX_COUNTED:
            self._room[minute, viewer] += asked
            made = self._noted[key] = _Repeated(kind, decisions, same)
            return made
        known = (minute, viewer) in self._dropped or len(self._dropped) < MAX_COUNTED
        self._dropped[minute, viewer if known else EVERYONE] += asked * count
        return None

    async def write(self, *, all_of_it: bool = False) -> None:
        """Write the minutes that are over; `all_of_it` the one under way too. What can't be written stays for the next time."""
        async with self._writing:
            until = self._minute() + all_of_it
            noted = {key: self._noted.pop(key) for key in list(self._noted) if key[0] < until}
            dropped = {key: self._dropped.pop(key) for key in sorted(self._dropped) if key[0] < until}
            try:
                if noted or dropped:
                    await self._audit.append(*_entries(noted, dropped))
            except BaseException:
                for key, repeated in noted.items():
                    self._noted.setdefault(key, replace(repeated, count=0)).count += repeated.count
                self._dropped.update(dropped)
                raise
            self._room = Counter({key: count for key, count in self._room.items() if key[0] >= until})

    def _minute(self) -> int:
        return int(self._clock() // 60)

    @asynccontextmanager
    async def running(self, seconds: float = 10.0) -> AsyncIterator[None]:
        """Write in the background, so often, and the rest at the end."""
        try:
            async with beside(self._keep_writing(seconds)):
                yield
        finally:
            await self._try(all_of_it=True)

    async def _keep_writing(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._try()

    async def _try(self, *, all_of_it: bool = False) -> None:
        try:
            await self.write(all_of_it=all_of_it)
        except Exception as error:
            waiting = sum(one.count * len(one.decisions) for one in self._noted.values()) + self._dropped.total()
            log.error("denied reads could not be written to the audit", waiting=waiting, error=type(error).__name__)


def _entries(noted: Mapping[_Key, _Repeated], dropped: Mapping[tuple[int, str], int]) -> list[Entry]:
    counts: Counter[tuple[int, str, str, str]] = Counter()
    decisions: dict[tuple[int, str, str, str], str | None] = {}
    for (minute, viewer, _), repeated in noted.items():
        for subject, decision in repeated.decisions.items():
            counts[minute, viewer, repeated.kind, subject] += repeated.count
            decisions[minute, viewer, repeated.kind, subject] = decision
    found: list[Entry] = []
    for (minute, viewer, kind, subject), count in sorted(counts.items()):
        decision = decisions[minute, viewer, kind, subject]
        found.append(Entry(kind, viewer, subject, _told(minute, count) | ({} if decision is None else {"decision": decision})))
    return found + [Entry(READS_DROPPED, viewer, "", _told(minute, count)) for (minute, viewer), count in dropped.items()]


def _told(minute: int, count: int) -> dict[str, Any]:
    return {"minute": instant(datetime.fromtimestamp(minute * 60, UTC)), "count": count}
