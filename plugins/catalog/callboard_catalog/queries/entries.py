"""What is asked, as entries of indexes, each of which has its entities by name: a list by name is read from them, merged, and
no further than a page goes. Part of the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from callboard_sdk import Page
from callboard_sdk.conditions import Begins, Column, Every, Expression, Is, Some, Tie, Tied

from callboard_catalog.records.marks import SEVERAL, storable

from .expressions import beginning_of, merged, ordered, texts_of
from .orders import Order
from .writing import KEPT, Writer

_MOST = 16
"""Entries that are merged: each is a part of the statement."""
_LARGE = [column.value for column in KEPT]
"""Columns that many have the same value in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The entities with a term or, of an own column with an index, a value; those are meant for which the rest holds too."""

    column: str | None
    """The entity's own column; None where it is a term."""
    text: str
    rest: tuple[Expression, ...] = ()


def entries(part: Expression) -> list[Entry]:
    """Entries that together have every entity for which it holds, and mean no other; none where there are no such entries."""
    match part:
        case Some(parts):
            found = list[Entry]()
            for one in merged(parts):
                if not (its := entries(one)):
                    return []
                found += its
        case Every(parts):
            if (leading := fewest(dict.fromkeys(ordered(parts), 0))) is None:
                return []
            rest = tuple(one for one in parts if one is not leading)
            found = [replace(entry, rest=(*entry.rest, *rest)) for entry in entries(leading)]
        case Is(column, values) if column in KEPT:
            found = [Entry(column.value, value) for value in sorted(filter(storable, values))]
        case Tied(Tie.OWNED_BY, frozenset(refs)):
            owners = sorted(filter(storable, map(str, refs)))
            found = [*(Entry("owner", owner) for owner in owners), Entry("owner", SEVERAL, (part,))]
        case _:
            found = [] if beginning_of(part) is not None else [Entry(None, text) for text in texts_of(part)]
    return found if len(found) <= _MOST else []


def fewest(counts: Mapping[Expression, int]) -> Expression | None:
    """Of the parts, of which so many have each, the one to be read by entries; of equals one by terms, for kinds have more."""
    found = {part: its for part in counts if (its := entries(part))}
    return min(found, key=lambda part: (counts[part], found[part][0].column in _LARGE, len(found[part])), default=None)


def _bounding(part: Begins | Is) -> bool:
    """Whether it says where in the order of names a list begins and ends."""
    return part.what is Column.NAME if isinstance(part, Begins) else part.column is Column.NAME and len(part.values) == 1


def followed(leading: Expression, parts: Sequence[Expression], order: Order, page: Page, writer: Writer) -> str:
    """The rows of a list by name, of whose parts one is read by entries: no more of them are read than a page takes."""
    others = [part for part in parts if part is not leading]
    bounds = [part for part in others if isinstance(part, Begins | Is) and _bounding(part)]
    asked = [f"({writer.tree(part).text})" for part in others if part not in bounds]
    found, listed = list[str](), entries(leading)
    columns, texts = {entry.column for entry in listed}, {entry.text for entry in listed}
    apart = None not in columns and len(columns) == 1 and len(texts) == len(listed)
    for entry in sorted(listed, key=lambda entry: (entry.column or "", entry.text)):
        if entry.column is None:
            key, here = "catalog_mark.sort", f"catalog_mark.term = {writer.term(entry.text)}"
            source = f"catalog_mark {writer.join} catalog_entity ON catalog_entity.id = catalog_mark.entity"
        else:
            key, here = "catalog_entity.sort", f"catalog_entity.{entry.column} = {writer.name(entry.text)}"
            source = "catalog_entity"
        rest = [f"({writer.tree(part).text})" for part in entry.rest]
        found.append(
            order.rows(source, [here, *(writer.named(part, key) for part in bounds), *rest, *asked], page, writer, [key])
        )
    return found[0] if len(found) == 1 else writer.merged(found, order.by(page), apart=apart)
