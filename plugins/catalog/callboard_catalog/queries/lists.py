"""The catalog's lists as queries: what is in them, and which part of that a page is. Part of the store.

A page of entities is got in one of three ways, whichever reads the fewest rows; none reads them all.

A. collected   few have what is rarest of what is asked: they are looked up, asked the rest, and sorted
B. followed    indexes have them in the list's order: they are followed, merged, till the page is full, each asked the rest
C. walked      the index of the list's order itself is followed, each asked everything
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from callboard_sdk import Access, BadArgument, EntityRef, Page
from callboard_sdk.conditions import ALWAYS, Begins, Column, Every, Expression, Is, Not, Some, every
from sqlalchemy import Select, TextClause, exists, select
from sqlmodel import col

from callboard_catalog.descriptors.rules import TELLING
from callboard_catalog.records.marks import storable
from callboard_catalog.records.tables import DocumentRow, EntityRow, ProblemRow, TermRow

from .asked import When
from .conditions import condition, problem_conditions, problem_subject
from .entries import entries, fewest, followed
from .expressions import given, ordered
from .filters import EntityFilter, ProblemFilter
from .orders import Order
from .writing import Form, Writer, narrowed

FEW = 2_000
"""So many are collected and sorted; counting stops there too."""
_COUNTED = 16
"""Leaves whose numbers are looked at to find the rarest; the first ones, in the order of `ordered`."""


@dataclass(frozen=True, slots=True)
class EntityList:
    """The entities that are as the expression says."""

    asked: Expression

    @classmethod
    def of(cls, wanted: EntityFilter | None, kind: str | None, access: Access) -> EntityList:
        """What the filter lets through of one kind, or of all, of what the viewer may see."""
        asked = every([condition(wanted, access) if wanted else ALWAYS, access.entities])
        return cls(asked if kind is None else every([Is(Column.KIND, frozenset({kind})), given(asked, kind)]))

    @property
    def parts(self) -> list[Expression]:
        """All that must hold, each by itself."""
        return ordered(self.asked.parts if isinstance(self.asked, Every) else [self.asked])

    def query(self, dialect: str, form: Form, *columns: Any) -> Select[Any]:
        """These columns of all of them."""
        return narrowed(select(*columns).select_from(EntityRow), self.asked, dialect, form)


def only_followed(listed: EntityList, order: Order) -> bool:
    """Whether one index has just these, in this order: nothing needs to be counted to find the best way."""
    match listed.parts:
        case [part]:
            return _leads(part, order) or (order.column is None and bool(entries(part)))
    return False


def countable(listed: EntityList) -> dict[Expression, list[Any]]:
    """The parts of which it can be told how many entities have them at most: for each the leaves to be counted."""
    found: dict[Expression, list[Any]] = {}
    left = _COUNTED
    for part in listed.parts:
        leaves = list(part.parts) if isinstance(part, Some) else [part]
        if 0 < len(leaves) <= left and not any(isinstance(leaf, Not | Every | Some) for leaf in leaves):
            found[part] = leaves
            left -= len(leaves)
    return found


def counted(leaves: Iterable[Any], dialect: str) -> TextClause:
    """How many entities have each of these leaves, up to FEW."""
    writer = Writer(dialect, Form.SETS)
    made = [f"(SELECT count(*) FROM ({writer.having(leaf)} LIMIT {FEW}) AS found)" for leaf in leaves]
    return writer.statement(f"SELECT {', '.join(made)}, {VERSION_SQL}")


def page_query(
    listed: EntityList, order: Order, page: Page, dialect: str, counts: Mapping[Expression, int]
) -> tuple[TextClause, bool]:
    """The page's rows and one more: the catalog's version, the keys of the order, and the body of the document that stands.

    Whether they are to be read in the order of an index comes with it: see `CatalogStore.select`. `counts` are of the countable
    parts, FEW for any number from that on.
    """
    writer, parts = Writer(dialect, Form.PROBES), listed.parts
    rare = min((part for part in parts if part in counts), key=lambda part: counts[part], default=None)
    leading = fewest({part: counts.get(part, FEW) for part in parts}) if order.column is None else None
    collected = rare is not None and counts[rare] < FEW and (leading is None or counts[rare] < counts.get(leading, FEW))
    if rare is not None and collected:
        inner = _collected(rare, parts, order, page, writer)
    elif leading is not None:
        inner = followed(leading, parts, order, page, writer)
    else:
        inner = _walked(parts, order, page, writer, counts)
    keys = order.named
    whole = writer.statement(
        f"SELECT {VERSION_SQL}, {', '.join(keys)}, catalog_document.body"
        f" FROM ({inner} ORDER BY {order.by(page)} LIMIT {page.size + 1}) AS picked"
        f" {writer.join} catalog_document ON catalog_document.id = picked.document ORDER BY {order.by(page)}"
    )
    return whole, not collected


def _collected(rare: Expression, parts: list[Expression], order: Order, page: Page, writer: Writer) -> str:  # A
    leaves = rare.parts if isinstance(rare, Some) else [rare]
    found = "SELECT DISTINCT id FROM (" + " UNION ALL ".join(map(writer.having, leaves)) + ") AS one"
    source = f"({found}) AS found {writer.join} catalog_entity ON catalog_entity.id = found.id"
    asked = [f"({writer.tree(part).text})" for part in parts if part is not rare]
    return order.rows(source, asked, page, writer)


def _walked(
    parts: list[Expression], order: Order, page: Page, writer: Writer, counts: Mapping[Expression, int]
) -> str:  # C, or B by one of the entity's own columns
    ahead = [part for part in parts if _leads(part, order)]
    leading = min(ahead, key=lambda part: counts.get(part, FEW), default=None)
    asked = [writer.leading(part) if part is leading else f"({writer.tree(part).text})" for part in parts]
    return order.rows("catalog_entity", asked, page, writer)


VERSION_SQL = "(SELECT coalesce(max(number), 0) FROM catalog_change)"


def _leads(part: Any, order: Order) -> bool:
    """Whether the entities that are so stand together in an index that has them in this order."""
    match part:
        case Is(Column.KIND | Column.NAMESPACE, values):
            return len(values) == 1 and order.column == part.column.value
        case Begins(Column.NAME):
            return order.column is None
        case Is(Column.NAME, values):
            return len(values) == 1 and order.column is None
        case When(column):
            return order.column == column
    return False


def problem_query(wanted: ProblemFilter | None, access: Access, dialect: str, *columns: Any) -> Select[Any]:
    """These columns of the problems that the filter lets through, of what the viewer may know."""
    query = select(*columns).select_from(ProblemRow).where(*(problem_conditions(wanted) if wanted else ()), *untelling(access))
    about = every([problem_subject(wanted) if wanted else ALWAYS, access.entities])
    if about == ALWAYS:
        return query
    seen = select(col(EntityRow.id)).join(TermRow, col(TermRow.id) == col(EntityRow.id))
    seen = seen.where(col(TermRow.text) == col(ProblemRow.entity)).correlate(ProblemRow)
    return query.where(exists(narrowed(seen, about, dialect, Form.PROBES)))


def untelling(access: Access) -> list[Any]:
    """Without the problems that tell of other entities, for who may not see them all."""
    return [] if access.whole else [col(ProblemRow.rule).not_in(TELLING)]


def with_bodies(query: Select[Any]) -> Select[Any]:
    """The query over entities, with what the documents that stand for them say."""
    return query.join(DocumentRow, col(DocumentRow.id) == col(EntityRow.document)).add_columns(col(DocumentRow.body))


def problem_page(query: Select[Any], page: Page) -> Select[Any]:
    """The page's part of a query over problems, and one row more."""
    key = col(ProblemRow.key)
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
