"""What descriptors and problems are in the catalog's tables, and what their rows are again. Part of the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from callboard_sdk import Entity, EntityRef, Link, Problem, Severity
from callboard_sdk.conditions import Column, Mark, Tie
from callboard_sdk.entities import ENTITY_TYPES, OpaqueEntity, Source
from callboard_sdk.spec import spec_values

from callboard_catalog.descriptors.descriptor import Descriptor

from .journal import instant
from .marks import SEVERAL, mark_text
from .sorting import sort_of

_TYPES = {kind.KIND.lower(): kind for kind in ENTITY_TYPES if kind.KIND}
_TIES = {tie.value: tie for tie in Tie}
_LONGEST_TITLE = 64
_LONGEST_FILE = 200
"""Characters of a file's name that a problem's key begins with; PostgreSQL indexes no text of more than about 2,700 bytes."""


class _Link(msgspec.Struct, omit_defaults=True):
    url: str
    title: str | None = None
    icon: str | None = None
    type: str | None = None


class Edge(msgspec.Struct, array_like=True, frozen=True):
    """A reference in a document: the relation from its entity, the other's ref, and where it stands."""

    type: str
    target: str
    path: str
    line: int | None = None
    column: int | None = None


class Body(msgspec.Struct):
    """What a document's row holds; decoded by type, so that an entity's fields are what its type says."""

    names: tuple[str, str, str, str | None, str | None]
    labels: dict[str, str]
    annotations: dict[str, str]
    tags: list[str] | None
    links: list[_Link]
    spec: dict[str, Any]
    edges: list[Edge]
    place: tuple[str, int | None, str]
    """Its file, the line that it begins in, its source."""
    version: str = "backstage.io/v1alpha1"
    """Of the format that it is written in."""

    @property
    def ref(self) -> EntityRef:
        """The entity that it describes."""
        kind, namespace, name, *_ = self.names
        return EntityRef(kind, namespace, name)

    @property
    def sort(self) -> str:
        """What lists are ordered by."""
        return sort_of(self.ref)

    @property
    def owner(self) -> str:
        """The ref of its entity's only owner, SEVERAL where it has more, and nothing where it has none."""
        found = {edge.target for edge in self.edges if edge.type == Tie.OWNED_BY.value}
        return SEVERAL if len(found) > 1 else next(iter(found), "")

    @property
    def titled(self) -> str:
        """What lists by title are ordered by."""
        *_, name, title, _ = self.names
        return (title or name).lower()[:_LONGEST_TITLE]

    def marks(self) -> Iterator[str]:
        """What its entity is marked with, as the texts of terms; some may come twice."""
        yield from (mark_text(Mark.TAG, tag) for tag in self.tags or ())
        yield from (mark_text(Mark.LABEL, key, value) for key, value in self.labels.items())
        yield from (mark_text(Mark.ANNOTATION, key, value) for key, value in self.annotations.items())
        yield from (mark_text(Mark.SPEC, path, value) for path, value in spec_values(self.spec))
        if self.names[3] is not None:
            yield mark_text(Column.TITLE, "", self.names[3])
        for column in (Column.TYPE, Column.LIFECYCLE):
            if isinstance(value := self.spec.get(column.value), str):
                yield mark_text(column, "", value)
        yield from (mark_text(_TIES[edge.type], "", edge.target) for edge in self.edges if edge.type in _TIES)


_BODY = msgspec.json.Decoder(Body)


def body_of(descriptor: Descriptor) -> bytes:
    """What a document's row holds of the descriptor."""
    place = descriptor.place
    return msgspec.json.encode({
        "names": [descriptor.kind, descriptor.namespace, descriptor.name, descriptor.title, descriptor.description],
        "labels": descriptor.labels, "annotations": descriptor.annotations, "tags": descriptor.tags, "links": descriptor.links,
        "spec": descriptor.spec,
        "edges": [[r.type, str(r.target), r.path, r.line, r.column] for r in descriptor.references],
        "place": [place.file, descriptor.line, place.source], "version": descriptor.api_version,
    })  # fmt: skip


def content_of(descriptor: Descriptor) -> str:
    """A digest of all that the descriptor says, and nothing of where it says so."""
    said = [
        descriptor.api_version, descriptor.kind, descriptor.namespace, descriptor.name, descriptor.title, descriptor.description,
        descriptor.labels, descriptor.annotations, descriptor.tags, descriptor.links, descriptor.spec,
    ]  # fmt: skip
    return digest(msgspec.json.encode(said))


def digest(body: bytes) -> str:
    """What tells one body from another."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def read_body(body: bytes) -> Body:
    """What the row holds."""
    return _BODY.decode(body)


def entity_of(body: bytes) -> Entity:
    """The entity that a document's body describes."""
    raw = _BODY.decode(body)
    kind, namespace, name, title, description = raw.names
    make = _TYPES.get(kind.lower(), OpaqueEntity)
    return make(
        ref=EntityRef(kind, namespace, name), kind=kind, namespace=namespace, name=name, title=title, description=description,
        api_version=raw.version,
        labels=raw.labels, annotations=raw.annotations, tags=raw.tags,
        links=tuple(Link(url=link.url, title=link.title, icon=link.icon, type=link.type) for link in raw.links),
        spec=raw.spec, source=Source(raw.place[0], raw.place[1]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dangling:
    """A problem with a reference to this entity, which no source has."""

    problem: Problem
    missing: str


def problem_rows(
    problems: Iterable[Problem | Dangling], source: str, item: int | None = None, follows: int | None = None
) -> dict[str, dict[str, Any]]:
    """The rows of what is wrong with one item, source or entity, by their keys."""
    rows: dict[str, dict[str, Any]] = {}
    seen: Counter[bytes] = Counter()
    for found in problems:
        problem, missing = (found.problem, found.missing) if isinstance(found, Dangling) else (found, None)
        body = _problem_body(problem, missing)
        seen[body] += 1
        told = digest(f"{source}/{seen[body]}/".encode() + body)
        key = f"{(problem.file or '')[:_LONGEST_FILE]}/{problem.line or 0:09}/{problem.column or 0:09}/{problem.rule}/{told}"
        rows[key] = {
            "key": key, "source": source, "item": item, "follows": follows, "rule": problem.rule, "body": body,
            "entity": str(problem.entity) if problem.entity else None, "severity": problem.severity.value,
        }  # fmt: skip
    return rows


def _problem_body(problem: Problem, missing: str | None) -> bytes:
    entity = str(problem.entity) if problem.entity else None
    body = [problem.rule, problem.message, problem.severity.value, problem.remedy, problem.file, problem.line, problem.column]
    return msgspec.json.encode([*body, entity, missing])


def problem_of(body: bytes) -> Problem:
    """The problem that a row's body holds, with its source and since when it is there if those are added to it."""
    rule, message, severity, remedy, file, line, column, entity, _, *added = msgspec.json.decode(body)
    ref = EntityRef.parse(entity) if entity else None
    source, since = added or (None, None)
    return Problem(
        rule=rule, message=message, severity=Severity(severity), remedy=remedy, file=file, line=line, column=column, entity=ref,
        source=source, since=instant(since),
    )  # fmt: skip


def whole_problem(body: bytes, source: str, since: float | None) -> bytes:
    """A row's body with what other columns of it say."""
    return msgspec.json.encode([*msgspec.json.decode(body), source, since])


def missing_of(body: bytes) -> EntityRef | None:
    """The entity that a problem's body says no source has."""
    missing = msgspec.json.decode(body)[8]
    return EntityRef.parse(missing) if missing else None
