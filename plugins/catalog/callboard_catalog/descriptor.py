"""What reading gives: descriptors of entities, references between them, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callboard_sdk import EntityRef, Problem, Severity
from callboard_sdk.yaml import Document, Path


@dataclass(frozen=True, slots=True)
class Place:
    """A document in a file, for messages: the file as its source names it, and the positions inside."""

    file: str
    document: Document | None = None

    def problem(
        self,
        rule: str,
        message: str,
        remedy: str,
        *,
        path: Path = (),
        severity: Severity = Severity.MEDIUM,
        entity: EntityRef | None = None,
    ) -> Problem:
        """A problem at the value at `path` of this document."""
        mark = self.document.at(path) if self.document else None
        return Problem(
            rule=f"catalog.{rule}",
            message=message,
            severity=severity,
            remedy=remedy,
            file=self.file,
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


@dataclass(frozen=True, slots=True)
class Relation:
    """One direction of a relation; the other is stored beside it."""

    source: EntityRef
    type: str
    target: EntityRef


@dataclass
class Reading:
    """Everything that one pass over the sources found."""

    descriptors: dict[EntityRef, Descriptor] = field(default_factory=dict)
    relations: set[Relation] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    files: int = 0
    documents: int = 0
    complete: bool = True
