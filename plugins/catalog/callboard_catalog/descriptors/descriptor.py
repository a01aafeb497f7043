"""What reading gives, an item at a time: descriptors of entities, their references to others, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
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
class Reference:
    """A reference in a spec: the relation that it declares, and where it stands."""

    type: str
    target: EntityRef
    path: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One entity as its document gives it; `spec` and the maps are plain values."""

    ref: EntityRef
    api_version: str
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
    references: tuple[Reference, ...] = ()


@dataclass(slots=True)
class Reading:
    """What one item of a source was found to hold; its documents are those that are YAML."""

    name: str
    digest: str = ""
    """Of its text, when nothing else is in what was read; empty otherwise."""
    version: str | None = None
    documents: int = 0
    descriptors: list[Descriptor] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: bool = False
    """Whether something of it could not be read: what is known of it and was not found is then still there."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Items with this name, or below it (all, for ""), that could not be read or looked for: that they weren't found proves
    nothing. `problem` says why, unless a reading's own problem does.
    """

    name: str
    problem: Problem | None = None

    def covers(self, name: str) -> bool:
        """Whether it is about the item with this name."""
        return self.name in ("", name) or name.startswith(f"{self.name}/")
