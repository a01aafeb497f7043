"""Keeps the ledger true to the files: loads at start, looks for changes now and then, and asks off the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import duckdb
from callboard_sdk import Problem, UpstreamError

from .columns import Unreadable
from .exports import Export, Listing, list_exports, problem
from .ledger import Facts, Ledger
from .reading import Reading
from .settings import CostSettings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

_QUESTIONS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was looked at last. `reading` is what counts now, from `loaded_at`; `problem` why newer content doesn't."""

    number: int
    export: Export
    reading: Reading | None = None
    loaded_at: datetime | None = None
    problem: Problem | None = None

    @property
    def stale(self) -> bool:
        """Whether what counts is older than the file."""
        return self.problem is not None and self.reading is not None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it, the newest first."""
        return ((self.problem,) if self.problem else ()) + (self.reading.problems if self.reading else ())


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as it was looked at last."""

    name: str
    files: tuple[FileState, ...]
    problems: tuple[Problem, ...]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """All sources and what is known of their charges, as of one moment; replaced whole by the next load."""

    sources: tuple[SourceState, ...] = ()
    facts: Facts | None = None

    @property
    def stale(self) -> bool:
        """Whether some charges are older than their files."""
        return any(file.stale for source in self.sources for file in source.files)


class Store:
    """One gateway's charges. `load` runs in a thread of its own, one at a time; questions go on meanwhile."""

    def __init__(self, settings: CostSettings, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.settings = settings
        self.ledger = Ledger(settings, [source.root.resolve() for source in settings.sources])
        self.state = State()
        self._clock = clock
        self._numbers = 0
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="cost-load")
        self._askers = ThreadPoolExecutor(_QUESTIONS_AT_ONCE, thread_name_prefix="cost-ask")

    async def load(self) -> None:
        """Bring the ledger up to date with the files. Whatever is wrong with them is in `state`; nothing is raised."""
        await asyncio.get_running_loop().run_in_executor(self._loader, self.load_now)

    async def watch(self) -> None:
        """Load again every `refresh_seconds`, until cancelled."""
        while True:
            await asyncio.sleep(self.settings.refresh_seconds)
            try:
                await self.load()
            except Exception:
                log.exception("cost exports could not be looked at; what was read before stays, and the next look is due as ever")

    async def ask(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows a statement gives. Raises UpstreamError when it needs more memory than allowed."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._askers, self.ledger.ask, statement, values)
        except duckdb.OutOfMemoryException:
            raise UpstreamError(
                "cost exports",
                "OVERLOADED",
                "the costs asked for need more memory than allowed: ask for fewer at once",
            ) from None

    def facts(self) -> Facts:
        """What is known of the charges. Raises UpstreamError when there are none, saying where to look for the reason."""
        if self.state.facts is None:
            raise UpstreamError(
                "cost exports",
                "NOT_FOUND",
                "no charge could be read from the cost exports: see `costSources { problems { message remedy } }`",
                retryable=False,
            )
        return self.state.facts

    def close(self) -> None:
        """Wait for the work under way and let go of everything."""
        self._loader.shutdown(cancel_futures=True)
        self._askers.shutdown(cancel_futures=True)
        self.ledger.close()

    def load_now(self) -> None:
        """`load`, in the calling thread."""
        known = {(f.export.source, f.export.name): f for s in self.state.sources for f in s.files}
        listings = [(source.label, list_exports(source, self.settings)) for source in self.settings.sources]
        current: dict[tuple[str, str], FileState] = {}
        for name, listing in listings:
            for export in listing.exports:
                current[name, export.name] = self._look(known.get((name, export.name)), export)
        gone = [state for key, state in known.items() if key not in current]
        changed = [state for key, state in current.items() if state.loaded_at and known.get(key) != state and not state.problem]
        changed_facts = changed or any(state.reading for state in gone)
        facts = self.state.facts
        if changed_facts:
            try:
                entities = self.ledger.commit([s.number for s in changed], [s.number for s in gone])
            except duckdb.Error:
                self.state = replace(self.state, sources=self._unmoved(listings))
                return
            facts = self._facts(list(current.values()), entities)
        self.state = State(tuple(self._source(name, listing, current) for name, listing in listings), facts)

    def _look(self, known: FileState | None, export: Export) -> FileState:
        """The file's state: read when it is new or changed, with what counted before when that fails."""
        if known and known.export.signature == export.signature:
            return known
        if known is None:
            self._numbers += 1
            known = FileState(self._numbers, export)
        try:
            reading = self.ledger.read(known.number, export)
        except Unreadable as error:
            what = problem(error.rule, f"{export.name} is not counted: {error.message}", error.remedy, export.name)
            if known.reading:
                what.message = f"{export.name} counts as it was before: {error.message}"
            return replace(known, export=export, problem=what)
        return FileState(known.number, export, reading, self._clock())

    def _facts(self, files: Sequence[FileState], entities: frozenset[int]) -> Facts | None:
        counted = [f.reading for f in files if f.reading and f.reading.first and f.reading.until]
        if not counted:
            return None
        return Facts(
            loaded_at=self._clock(),
            first=min(r.first for r in counted if r.first),
            until=max(r.until for r in counted if r.until),
            currencies=tuple(sorted({currency for r in counted for currency in r.currencies})),
            entities=entities,
        )

    def _source(self, name: str, listing: Listing, current: Mapping[tuple[str, str], FileState]) -> SourceState:
        files = tuple(current[name, export.name] for export in listing.exports)
        return SourceState(name, files, listing.problems, self._clock())

    def _unmoved(self, listings: Sequence[tuple[str, Listing]]) -> tuple[SourceState, ...]:
        """The sources as before, since what was read could not be put in place; the next look reads it again."""
        what = problem(
            "memory",
            "the files' changes need more memory than allowed, and wait",
            "Raise `memory_mb`, or keep fewer months.",
        )
        before = {source.name: source for source in self.state.sources}
        return tuple(
            SourceState(name, before[name].files if name in before else (), (what, *listing.problems), self._clock())
            for name, listing in listings
        )
