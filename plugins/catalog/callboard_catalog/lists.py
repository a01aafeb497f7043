"""The catalog's lists as queries: what is in them, and which part of that a page is. Part of the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from callboard_sdk import Access, BadArgument, EntityRef, Page
from callboard_sdk.conditions import ALWAYS, Expression, every
from sqlalchemy import Select, exists, false, select
from sqlmodel import col

from .conditions import condition, problem_conditions
from .expressions import Form, given, narrowed, storable
from .filters import EntityFilter, ProblemFilter
from .rules import TELLING
from .tables import DocumentRow, EntityRow, ProblemRow, TermRow

MANY = 20
"""So many pages of matches make it quicker to follow the list to one page than to collect the matches first."""


@dataclass(frozen=True, slots=True)
class EntityList:
    """The entities of one kind, or of all, with these words, that are as the expression says."""

    kind: str | None
    words: str | None
    asked: Expression

    @classmethod
    def of(cls, wanted: EntityFilter | None, kind: str | None, access: Access) -> EntityList:
        """What the filter lets through, of what the viewer may see."""
        asked = every([condition(wanted) if wanted else ALWAYS, access.entities])
        words = wanted.text.lower() if wanted and wanted.text is not None else None
        return cls(kind, words, asked if kind is None else given(asked, kind))

    def query(self, dialect: str, form: Form, *columns: Any) -> Select[Any]:
        """These columns of all of them."""
        query = select(*columns).select_from(EntityRow)
        if self.kind is not None:
            query = query.where(col(EntityRow.kind) == self.kind)
        if self.words is not None:
            has = col(EntityRow.words).contains(self.words, autoescape=True) if storable(self.words) else false()
            query = query.where(has)
        return narrowed(query, self.asked, dialect, form)


def problem_query(wanted: ProblemFilter | None, access: Access, dialect: str, *columns: Any) -> Select[Any]:
    """These columns of the problems that the filter lets through, of what the viewer may know."""
    query = select(*columns).select_from(ProblemRow).where(*(problem_conditions(wanted) if wanted else ()), *untelling(access))
    if access.whole:
        return query
    seen = select(col(EntityRow.id)).join(TermRow, col(TermRow.id) == col(EntityRow.id))
    seen = seen.where(col(TermRow.text) == col(ProblemRow.entity)).correlate(ProblemRow)
    return query.where(exists(narrowed(seen, access.entities, dialect, Form.PROBES)))


def untelling(access: Access) -> list[Any]:
    """Without the problems that tell of other entities, for who may not see them all."""
    return [] if access.whole else [col(ProblemRow.rule).not_in(TELLING)]


def entity_page(query: Select[Any], page: Page) -> Select[Any]:
    """The page's part of a query over entities, and one row more. A cursor is a sort key, of an entity or of none."""
    return _between(query, col(EntityRow.sort), page)


def with_bodies(query: Select[Any]) -> Select[Any]:
    """The query over entities, with what the documents that stand for them say."""
    return query.join(DocumentRow, col(DocumentRow.id) == col(EntityRow.document)).add_columns(col(DocumentRow.body))


def problem_page(query: Select[Any], page: Page) -> Select[Any]:
    """The page's part of a query over problems, and one row more."""
    return _between(query, col(ProblemRow.key), page)


def _between(query: Select[Any], key: Any, page: Page) -> Select[Any]:
    if (after := _cursor(page.after)) is not None:
        query = query.where(key > after)
    if (before := _cursor(page.before)) is not None:
        query = query.where(key < before)
    return query.order_by(key if page.first else key.desc()).limit(page.size + 1)


def _cursor(cursor: str | None) -> str | None:
    if cursor is not None and not storable(cursor):
        raise BadArgument("the cursor is not one of this list: use `endCursor` or `startCursor` unchanged")
    return cursor


def storable_refs(refs: Iterable[EntityRef]) -> list[str]:
    """The refs as the tables have them, each once, without those that no table can have."""
    found: set[str] = {str(ref) for ref in refs}
    return sorted(filter(storable, found))
