"""What a reading is in the catalog's tables, and what their rows are again. Part of the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import msgspec
from callboard_sdk import Entity, EntityRef, Link, Problem, Severity
from callboard_sdk.conditions import Column, Mark, Tie
from callboard_sdk.entities import ENTITY_TYPES, OpaqueEntity, Source

from .descriptor import Descriptor, Place, Reading
from .expressions import mark_key, mark_value
from .tables import EntityRow, MarkRow, ProblemRow, RelationRow

Rows = dict[Any, list[dict[str, Any]]]

_TYPES = {kind.KIND.lower(): kind for kind in ENTITY_TYPES if kind.KIND}
_TIES = {tie.value: mark_key(tie) for tie in Tie}
_LONGEST_FILE = 200
"""Characters of a file's name that a problem's key begins with; PostgreSQL indexes no text of more than about 2,700 bytes."""


def rows_of(reading: Reading) -> Rows:
    """The rows of each table but the state's, in an order that depends on nothing but the reading."""
    descriptors = sorted([*reading.descriptors.values(), *reading.kept.values()], key=lambda d: sort_key(d.ref))
    numbers = {descriptor.ref: number for number, descriptor in enumerate(descriptors, 1)}
    marks = {(key, mark_value(value), numbers[d.ref]) for d in descriptors for key, value in _marks(d)}
    marks |= {
        (_TIES[relation.type], mark_value(str(relation.target)), numbers[relation.source])
        for relation, declared in reading.relations.items()
        if declared and relation.type in _TIES
    }
    return {
        EntityRow: [_entity_row(numbers[descriptor.ref], descriptor) for descriptor in descriptors],
        MarkRow: [{"key": key, "value": value, "number": number} for key, value, number in sorted(marks)],
        RelationRow: [
            {"source": str(r.source), "type": r.type, "target": str(r.target), "declared": reading.relations[r]}
            for r in sorted(reading.relations, key=lambda r: (r.source, r.type, r.target))
        ],
        ProblemRow: _problem_rows(reading.problems),
    }


def sort_key(ref: EntityRef) -> str:
    """What lists are ordered by: the name first, and unique."""
    return f"{ref.name}/{ref}"


def _entity_row(number: int, descriptor: Descriptor) -> dict[str, Any]:
    body = {
        "names": [descriptor.kind, descriptor.namespace, descriptor.name, descriptor.title, descriptor.description],
        "labels": descriptor.labels, "annotations": descriptor.annotations, "tags": descriptor.tags, "links": descriptor.links,
        "spec": descriptor.spec, "source": [descriptor.place.file, descriptor.line, descriptor.place.source],
    }  # fmt: skip
    return {
        "number": number,
        "ref": str(descriptor.ref),
        "sort": sort_key(descriptor.ref),
        "kind": descriptor.ref.kind,
        "namespace": descriptor.ref.namespace,
        "words": " ".join(filter(None, (descriptor.name, descriptor.title, descriptor.description))).lower(),
        "body": msgspec.json.encode(body),
    }


def _marks(descriptor: Descriptor) -> list[tuple[str, str]]:
    found = [(mark_key(Mark.TAG, tag), "") for tag in descriptor.tags]
    found += [(mark_key(Mark.LABEL, key), value) for key, value in descriptor.labels.items()]
    found += [(mark_key(Mark.ANNOTATION, key), value) for key, value in descriptor.annotations.items()]
    spec = [(column, descriptor.spec.get(column.value)) for column in (Column.TYPE, Column.LIFECYCLE)]
    return found + [(mark_key(column), value) for column, value in spec if isinstance(value, str)]


def _problem_rows(problems: list[Problem]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    for problem in problems:
        body = _problem_body(problem)
        place = f"{(problem.file or '')[:_LONGEST_FILE]}/{problem.line or 0:09}/{problem.column or 0:09}/{problem.rule}"
        key = f"{place}/{hashlib.sha256(body).hexdigest()[:32]}"
        seen[key] += 1
        rows.append({
            "key": f"{key}/{seen[key]}", "entity": str(problem.entity) if problem.entity else None, "rule": problem.rule,
            "severity": problem.severity.value, "body": body,
        })  # fmt: skip
    return rows


def _problem_body(problem: Problem) -> bytes:
    entity = str(problem.entity) if problem.entity else None
    body = [problem.rule, problem.message, problem.severity.value, problem.remedy, problem.file, problem.line, problem.column]
    return msgspec.json.encode([*body, entity])


def problem_of(body: bytes) -> Problem:
    """The problem that a row's body holds."""
    rule, message, severity, remedy, file, line, column, entity = msgspec.json.decode(body)
    ref = EntityRef.parse(entity) if entity else None
    return Problem(
        rule=rule, message=message, severity=Severity(severity), remedy=remedy, file=file, line=line, column=column, entity=ref
    )


class _LinkBody(msgspec.Struct, omit_defaults=True):
    url: str
    title: str | None = None
    icon: str | None = None
    type: str | None = None


class _Body(msgspec.Struct):
    """What `EntityRow.body` holds; decoded by type, so that an entity's fields are what its type says."""

    names: tuple[str, str, str, str | None, str | None]
    labels: dict[str, str]
    annotations: dict[str, str]
    tags: list[str] | None
    links: list[_LinkBody]
    spec: dict[str, Any]
    source: tuple[str, int | None, str]


_BODY = msgspec.json.Decoder(_Body)


def entity_of(body: bytes) -> Entity:
    """The entity that a row's body holds."""
    raw = _BODY.decode(body)
    kind, namespace, name, title, description = raw.names
    make = _TYPES.get(kind.lower(), OpaqueEntity)
    return make(
        ref=EntityRef(kind, namespace, name), kind=kind, namespace=namespace, name=name, title=title, description=description,
        labels=raw.labels, annotations=raw.annotations, tags=raw.tags,
        links=tuple(Link(url=link.url, title=link.title, icon=link.icon, type=link.type) for link in raw.links),
        spec=raw.spec, source=Source(raw.source[0], raw.source[1]),
    )  # fmt: skip


def descriptor_of(body: bytes) -> Descriptor:
    """The descriptor that a row's body was made from."""
    raw = _BODY.decode(body)
    kind, namespace, name, title, description = raw.names
    file, line, source = raw.source
    return Descriptor(
        ref=EntityRef(kind, namespace, name), kind=kind, namespace=namespace, name=name, title=title, description=description,
        labels=raw.labels, annotations=raw.annotations, tags=tuple(raw.tags or ()),
        links=tuple(msgspec.to_builtins(link) for link in raw.links), spec=raw.spec, place=Place(source, file), line=line,
    )  # fmt: skip
