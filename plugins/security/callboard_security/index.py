"""All findings in memory, ready to be looked up: built whole from the documents, and never changed after."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from callboard_sdk import Entity, EntityRef, Problem

from .belonging import follow_links
from .identity import Aliases, vulnerability_id
from .merging import merge
from .model import Finding, SecuritySummary
from .reports import Content, Document
from .summary import summarise
from .vex import Statements

ANNOTATION = "callboard.dev/security-reports"
MAX_OVERRIDES = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about one entity: its documents, its findings in order, and their summary."""

    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]
    summary: SecuritySummary


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source as it was looked at last."""

    name: str
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    checked_at: datetime


_NOTHING = Standing((), (), summarise((), ()))


class Index:
    """The findings of all entities. Look-ups do no I/O; building takes time in the number of findings.

    What is known about an entity is taken over from the index `before` where nothing that it depends on changed.
    """

    def __init__(self, sources: Sequence[SourceState] = (), before: Index | None = None) -> None:
        documents = follow_links([document for source in sources for document in source.documents])
        self.documents = tuple(documents)
        contents = [document.content for document in documents if document.content]
        self._aliases = Aliases(claim for content in contents for claim in _claims(content))
        self._library = {content.serial: content for content in contents if content.serial}
        owned: dict[EntityRef, list[Document]] = defaultdict(list)
        for document in documents:
            if document.entity:
                owned[document.entity].append(document)
        known: dict[EntityRef, Standing] = before._standings if before and before._aliases == self._aliases else {}
        self._standings: dict[EntityRef, Standing] = {
            ref: known[ref] if ref in known and _unchanged(known[ref], found) else self._assembled(ref, found)
            for ref, found in owned.items()
        }
        self._overrides: OrderedDict[tuple[EntityRef, str], Standing] = OrderedDict()
        self.findings = tuple(sorted((f for s in self._standings.values() for f in s.findings), key=lambda f: f.place))
        self._by_id: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            self._by_id[(finding.identifier or "").casefold()].append(finding)

    def of(self, entity: Entity) -> Standing:
        """What is known about an entity; its annotation, where it has one, says which documents count instead."""
        path = entity.annotations.get(ANNOTATION, "").strip()
        if not path:
            return self.standing(entity.ref)
        key = (entity.ref, path)
        if key not in self._overrides:
            self._overrides[key] = self._assembled(entity.ref, [d for d in self.documents if _below(d, path)])
            if len(self._overrides) > MAX_OVERRIDES:
                self._overrides.popitem(last=False)
        return self._overrides[key]

    def standing(self, ref: EntityRef) -> Standing:
        """What is known about the entity with this ref, by the documents that the settings' rules give to it."""
        return self._standings.get(ref, _NOTHING)

    def finding(self, key: str, ref: EntityRef, entity: Entity | None) -> Finding | None:
        """One of an entity's findings by its key; `entity` is None where the catalog has none by that ref."""
        standing = self.of(entity) if entity else self.standing(ref)
        return next((finding for finding in standing.findings if finding.key == key), None)

    def by_identifier(self, identifier: str) -> list[Finding]:
        """All findings of a vulnerability or rule, by its id or an alias of it, without case."""
        preferred = self._aliases.canonical(vulnerability_id(identifier))
        return self._by_id.get(preferred.casefold(), [])

    def _assembled(self, ref: EntityRef, documents: Sequence[Document]) -> Standing:
        statements = Statements(documents, self._aliases, self._library)
        findings = merge(ref, documents, self._aliases, statements)
        return Standing(tuple(documents), tuple(findings), summarise(findings, documents))


def _unchanged(standing: Standing, documents: Sequence[Document]) -> bool:
    """Whether the same documents count, and none of them speaks of elements of others, which may have changed."""
    linked = any(s.link for document in documents if document.content for s in document.content.statements)
    return not linked and standing.documents == tuple(documents)


def _claims(content: Content) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each id a document uses for a vulnerability, with the ids it says are the same."""
    for sighting in content.sightings:
        if sighting.aliases:
            yield sighting.identifier, sighting.aliases
    for statement in content.statements:
        if statement.aliases:
            yield statement.identifier, statement.aliases


def _below(document: Document, path: str) -> bool:
    path = path.strip("/")
    return document.path == path or document.path.startswith(path + "/")
