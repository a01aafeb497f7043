"""The orders of lists of entities, each with an index that has it, and cursors that say where in it one is. Part of the store.

A cursor has what an entity is ordered by, so it stays where it was when others come and go, or when that entity goes itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callboard_sdk import BadArgument, Page

from callboard_catalog.records.marks import storable
from callboard_catalog.records.sorting import is_place

from .filters import EntityOrder, EntityOrderField, OrderDirection
from .writing import Writer

_COLUMNS = {
    EntityOrderField.KIND: "kind", EntityOrderField.NAMESPACE: "namespace", EntityOrderField.TITLE: "titled",
    EntityOrderField.CREATED: "created", EntityOrderField.CHANGED: "changed",
}  # fmt: skip
_NUMBERS = ("created", "changed")


@dataclass(frozen=True, slots=True)
class Order:
    """By a column and then by name, or by name alone; the least first, or the greatest."""

    column: str | None = None
    falling: bool = False

    @classmethod
    def of(cls, wanted: EntityOrder | None) -> Order:
        """The order that is asked for."""
        return cls(_COLUMNS.get(wanted.field), wanted.direction is OrderDirection.DESC) if wanted else cls()

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of an entity that it is by."""
        return ("sort",) if self.column is None else (self.column, "sort")

    def cursor(self, key: tuple[Any, ...]) -> str:
        """What stands for the place of an entity with these keys."""
        return key[0] if self.column is None else json.dumps([self.column, *key])

    @property
    def named(self) -> list[str]:
        """What these are called in a page's rows."""
        return [f"key_{number}" for number in range(len(self.keys))]

    def rows(self, source: str, asked: Sequence[str], page: Page, writer: Writer, keys: Sequence[str] = ()) -> str:
        """The rows of a source, in which each of what is asked holds and the page's cursors, as the document and the keys.

        `keys` stand for the order's own where the source has those in other columns.
        """
        keys = keys or [f"catalog_entity.{key}" for key in self.keys]
        picked = ", ".join(f"{key} AS {name}" for key, name in zip(keys, self.named, strict=True))
        where = " AND ".join([*asked, *self._within(page, keys, writer)])
        return f"SELECT catalog_entity.document, {picked} FROM {source}" + (f" WHERE {where}" if where else "")

    def by(self, page: Page) -> str:
        """By what a page's rows are read: from the list's end, where the page is there."""
        way = " DESC" if self.falling == bool(page.first) else ""
        return ", ".join(f"{key}{way}" for key in self.named)

    def _within(self, page: Page, keys: Sequence[str], writer: Writer) -> list[str]:
        found = []
        for cursor, after in ((page.after, not self.falling), (page.before, self.falling)):
            if cursor is not None:
                here = ", ".join(writer.name(value) for value in self._read(cursor))
                found.append(f"({', '.join(keys)}) {'>' if after else '<'} ({here})")
        return found

    def _read(self, cursor: str) -> tuple[Any, ...]:
        if self.column is None:
            found: list[Any] = [None, cursor]
        else:
            try:
                found = json.loads(cursor)
            except ValueError:
                found = []
        column, *key = found if isinstance(found, list) and found else [""]
        kinds = (str,) if self.column is None else (float if self.column in _NUMBERS else str, str)
        if (
            column != self.column
            or tuple(map(type, key)) != kinds
            or not all(storable(one) for one in key if isinstance(one, str))
            or not is_place(str(key[-1]))
        ):
            raise BadArgument("the cursor is not one of this list: use `endCursor` or `startCursor` unchanged, in the same order")
        return tuple(key)
