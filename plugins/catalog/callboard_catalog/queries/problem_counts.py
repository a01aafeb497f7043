"""How many problems each team, source, kind, rule or severity has, of what the viewer may know. Part of the store."""

from __future__ import annotations

from enum import Enum
from typing import Any

import callboard_sdk as sdk
from callboard_sdk import Access, filters
from callboard_sdk.conditions import Tie
from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from callboard_catalog.records.tables import EntityRow, ProblemRow, RelationRow, TermRow

from .filters import ProblemFilter
from .lists import problem_query


@sdk.enum(filters={"OWNER": filters("Entity.owner")})
class ProblemField(Enum):
    """What problems are counted by."""

    OWNER = "OWNER"
    """Who owns the entity that they are about, by its own word; one without an owner counts for none."""
    SOURCE = "SOURCE"
    """The source that they were found in."""
    KIND = "KIND"
    """The kind of the entity that they are about; one about none counts for none."""
    RULE = "RULE"
    """The rule that is broken."""
    SEVERITY = "SEVERITY"
    """How bad they are."""


_OWN = {ProblemField.SOURCE: ProblemRow.source, ProblemField.RULE: ProblemRow.rule, ProblemField.SEVERITY: ProblemRow.severity}


def count_query(by: ProblemField, wanted: ProblemFilter | None, access: Access, dialect: str, most: int) -> Select[Any]:
    """Rows of (a value, how many problems have it), the most frequent first, equal ones by value.

    Outer joins have SQLite begin with the problems, of which there are few beside what else it could begin with.
    """
    about, owner = aliased(TermRow), aliased(TermRow)
    value: Any = col(_OWN[by]) if by in _OWN else col(EntityRow.kind) if by is ProblemField.KIND else col(owner.text)
    query = problem_query(wanted, access, dialect, value, func.count())
    if by not in _OWN:
        query = query.outerjoin(about, col(about.text) == col(ProblemRow.entity))
    if by is ProblemField.KIND:
        query = query.outerjoin(EntityRow, col(EntityRow.id) == col(about.id))
    elif by is ProblemField.OWNER:
        kind = select(col(TermRow.id)).where(col(TermRow.text) == Tie.OWNED_BY.value).scalar_subquery()
        owned = (col(RelationRow.source) == col(about.id)) & (col(RelationRow.type) == kind)
        query = query.outerjoin(RelationRow, owned & (col(RelationRow.mirrored) == false()))
        query = query.outerjoin(owner, col(owner.id) == col(RelationRow.target))
    ordered = value.collate("C") if dialect == "postgresql" else value
    return query.group_by(value).having(value.is_not(None)).order_by(func.count().desc(), ordered).limit(most)
