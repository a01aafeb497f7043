"""Keeps the index up to date: looks at the sources' files, reads those that changed, and swaps in a new index."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from callboard_sdk import Problem

from .belonging import Rules
from .files import Listing, Signature, list_files, read_file
from .index import Index, SourceState
from .reading import read_document
from .reports import Document
from .settings import SecuritySettings, SourceSettings

_log = logging.getLogger("callboard.security")


@dataclass(frozen=True, slots=True)
class _Kept:
    signature: Signature
    document: Document


class Store:
    """The security documents of this gateway. `index` and `sources` are replaced whole, never changed in place.

    Memory: about 2 kB a finding and report, once for the documents and once for the findings merged from them;
    the files' bytes are not kept.
    """

    def __init__(self, settings: SecuritySettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = now
        self._kept: dict[str, dict[str, _Kept]] = {source.label: {} for source in settings.sources}
        self._rules = {source.label: Rules(source) for source in settings.sources}
        self.sources: tuple[SourceState, ...] = ()
        self.index = Index()
        self.reads = 0

    def load(self) -> None:
        """Look at all sources, read what changed, and build the index again if anything did. Blocks: use a thread."""
        sources = tuple(self._source(source) for source in self._settings.sources)
        unchanged = self.sources and all(a.documents == b.documents for a, b in zip(self.sources, sources, strict=True))
        if not unchanged:
            self.index = Index(sources, self.index)
        self.sources = sources

    async def watch(self) -> None:
        """Load again and again, `refresh_seconds` apart, in a worker thread; ends only when it is cancelled."""
        while True:
            await asyncio.sleep(self._settings.refresh_seconds)
            try:
                await asyncio.to_thread(self.load)
            except Exception as error:
                _log.error(
                    "security reports could not be loaded again: %s; the last good ones stay",
                    type(error).__name__,
                )

    def _source(self, source: SourceSettings) -> SourceState:
        listing = list_files(source, self._settings.max_documents)
        kept = self._kept[source.label]
        fresh = {path: self._document(source, path, signature, kept.get(path)) for path, signature in listing.files.items()}
        self._kept[source.label] = fresh
        documents = tuple(one.document for one in fresh.values())
        return SourceState(source.label, documents, _all_problems(listing, documents), self._now())

    def _document(self, source: SourceSettings, path: str, signature: Signature, kept: _Kept | None) -> _Kept:
        if kept and kept.signature == signature:
            return kept
        self.reads += 1
        raw = read_file(source, path, self._settings.max_bytes)
        content, problems = (None, (raw,)) if isinstance(raw, Problem) else read_document(path, raw, self._settings)
        if content is None and kept and kept.document.content and _unreadable(problems):
            return _Kept(signature, replace(kept.document, problems=problems, stale=True))
        entity = self._rules[source.label].owner(path, content)
        return _Kept(signature, Document(source.label, path, content, problems, entity=entity))


def _unreadable(problems: tuple[Problem, ...]) -> bool:
    """Whether a file is broken for now (half written, not permitted), rather than a different document."""
    return any(problem.rule in ("security.not-json", "security.unreadable", "security.too-large") for problem in problems)


def _all_problems(listing: Listing, documents: tuple[Document, ...]) -> tuple[Problem, ...]:
    return (*listing.problems, *(problem for document in documents for problem in document.problems))
