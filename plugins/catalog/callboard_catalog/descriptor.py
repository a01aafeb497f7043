"""What reading gives: descriptors of entities, references between them, and what was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callboard_sdk import EntityRef, Problem
from callboard_sdk.yaml import Document, Mark, Path

from .rules import RULES

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A document in a file of a source, for messages: the file below the source's root (empty: the source itself)."""

    source: str
    file: str
    document: Document | None = None

    def problem(
        self,
        rule: str,
        message: str,
        remedy: str,
        *,
        path: Path = (),
        mark: Mark | None = None,
        entity: EntityRef | None = None,
    ) -> Problem:
        """A problem at the value at `path` of this document, or at `mark`."""
        mark = mark or (self.document.at(path) if self.document else None)
        return Problem(
            rule=f"catalog.{rule}",
            message=message[:_LONGEST],
            severity=RULES[rule].severity,
            remedy=remedy,
            file=self.file or None,
            line=mark.line if mark else None,
            column=mark.column if mark else None,
            entity=entity,
        )


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One entity as its document gives it; `spec` and the maps are plain values."""

    ref: EntityRef
    kind: str
    namespace: str
    name: str
    title: str | None
    description: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    tags: tuple[str, ...]
    links: tuple[Mapping[str, str], ...]
    spec: Mapping[str, Any]
    place: Place
    line: int | None = None
    """Where its document starts, counted from 1."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One direction of a relation; the other is stored beside it."""

    source: EntityRef
    type: str
    target: EntityRef


@dataclass(frozen=True, slots=True)
class Doubt:
    """A file or folder (`path`; empty for all) of a source that could not be read to its end: absence from it proves nothing."""

    source: str
    path: str


@dataclass
class Reading:
    """Everything that one pass over the sources found. `kept` are entities of earlier passes that a doubt keeps."""

    descriptors: dict[EntityRef, Descriptor] = field(default_factory=dict)
    relations: dict[Relation, bool] = field(default_factory=dict)
    """Every relation, and whether its source declares it; else only its target does."""
    problems: list[Problem] = field(default_factory=list)
    doubts: set[Doubt] = field(default_factory=set)
    kept: dict[EntityRef, Descriptor] = field(default_factory=dict)
    files: int = 0
    documents: int = 0

    def doubtful(self, source: str, file: str) -> bool:
        """Whether this file of this source may still hold what was not found."""
        parts = file.split("/")
        return any(Doubt(source, "/".join(parts[:count])) in self.doubts for count in range(len(parts) + 1))

    def keep(self, stored: Iterable[Descriptor]) -> None:
        """Keep these entities of earlier passes, each with a problem that says so."""
        for descriptor in stored:
            ref, place = descriptor.ref, descriptor.place
            self.kept[ref] = descriptor
            text = f"{ref} is shown as it was last read: {place.file} could not be read to its end since"
            self.problems.append(place.problem("kept", text, "Mend what the problems of its file or source say.", entity=ref))
