"""The filters as SQL: each becomes a condition on an indexed column, values always bound. Part of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callboard_sdk import EntityRef
from sqlalchemy import exists, false
from sqlmodel import col

from .filters import EntityFilter, ProblemFilter
from .tables import EntityRow, MarkRow, ProblemRow, RelationRow


def conditions(wanted: EntityFilter) -> list[Any]:
    """What an entity must be: all of the conditions that the filter sets."""
    made: list[tuple[Any, Callable[[Any], Any]]] = [
        (wanted.kinds, lambda kinds: col(EntityRow.kind).in_([kind.lower() for kind in kinds])),
        (wanted.namespace, lambda namespace: col(EntityRow.namespace) == namespace.lower()),
        (wanted.text, lambda text: col(EntityRow.words).contains(text.lower(), autoescape=True)),
        (wanted.type, lambda kind: col(EntityRow.type) == kind),
        (wanted.lifecycle, lambda lifecycle: col(EntityRow.lifecycle) == lifecycle),
        (wanted.tag, lambda tag: _marked(f"tag:{tag}", "")),
        (wanted.label, lambda label: _marked(f"label:{label.key}", label.value)),
        (wanted.owned_by, lambda ref: _related("ownedBy", ref)),
        (wanted.part_of, lambda ref: _related("partOf", ref)),
    ]
    return [make(value) for value, make in made if value is not None]


def problem_conditions(wanted: ProblemFilter) -> list[Any]:
    """What a problem must be."""
    found: list[Any] = []
    if wanted.severities is not None:
        found.append(
            col(ProblemRow.severity).in_([severity.value for severity in wanted.severities]) if wanted.severities else false()
        )
    if wanted.rule is not None:
        found.append(col(ProblemRow.rule) == wanted.rule)
    if wanted.entity is not None:
        found.append(col(ProblemRow.entity) == str(wanted.entity))
    return found


def _marked(key: str, value: str) -> Any:
    here = col(MarkRow.ref) == col(EntityRow.ref)
    return exists().where(col(MarkRow.key) == key, col(MarkRow.value) == value, here)


def _related(kind: str, target: EntityRef) -> Any:
    here = col(RelationRow.source) == col(EntityRow.ref)
    return exists().where(here, col(RelationRow.type) == kind, col(RelationRow.target) == str(target))
