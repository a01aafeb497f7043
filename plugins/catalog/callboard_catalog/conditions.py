"""The filters of lists, as an Expression where the SDK has words for it, and as SQL where it has none. Part of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callboard_sdk.conditions import Column, Expression, Has, Is, Mark, Tie, Tied, every
from sqlalchemy import false
from sqlmodel import col

from .expressions import storable
from .filters import EntityFilter, ProblemFilter
from .tables import ProblemRow


def condition(wanted: EntityFilter) -> Expression:
    """What an entity must be: all that the filter sets, but for its text."""
    made: list[tuple[Any, Callable[[Any], Expression]]] = [
        (wanted.kinds, lambda kinds: Is(Column.KIND, frozenset(kinds))),
        (wanted.namespace, lambda namespace: Is(Column.NAMESPACE, frozenset({namespace}))),
        (wanted.type, lambda kind: Is(Column.TYPE, frozenset({kind}))),
        (wanted.lifecycle, lambda lifecycle: Is(Column.LIFECYCLE, frozenset({lifecycle}))),
        (wanted.tag, lambda tag: Has(Mark.TAG, tag)),
        (wanted.label, lambda label: Has(Mark.LABEL, label.key, frozenset({label.value}))),
        (wanted.owned_by, lambda ref: Tied(Tie.OWNED_BY, frozenset({ref}))),
        (wanted.part_of, lambda ref: Tied(Tie.PART_OF, frozenset({ref}))),
    ]
    return every(make(value) for value, make in made if value is not None)


def problem_conditions(wanted: ProblemFilter) -> list[Any]:
    """What a problem must be."""
    found: list[Any] = []
    if wanted.severities is not None:
        found.append(
            col(ProblemRow.severity).in_([severity.value for severity in wanted.severities]) if wanted.severities else false()
        )
    if wanted.rule is not None:
        found.append(col(ProblemRow.rule) == wanted.rule if storable(wanted.rule) else false())
    if wanted.entity is not None:
        ref = str(wanted.entity)
        found.append(col(ProblemRow.entity) == ref if storable(ref) else false())
    return found
