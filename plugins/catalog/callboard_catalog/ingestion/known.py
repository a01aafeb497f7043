"""What the catalog knows of a source: what its provider is told, and what need not be read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.tables import ItemRow, SourceRow
from callboard_catalog.records.terms import among

AT_ONCE = 500
"""Values that one statement asks for."""


class Known:
    """What the catalog knows of a source; see the SDK's Known."""

    def __init__(self, store: CatalogStore, source: str, cursor: str | None) -> None:
        self._store = store
        self._source = source
        self.cursor = cursor

    @classmethod
    async def of(cls, store: CatalogStore, source: str) -> Known:
        """With the cursor that its last reading ended with."""
        rows = await store.select(select(col(SourceRow.cursor)).where(col(SourceRow.name) == source))
        return cls(store, source, rows[0][0] if rows else None)

    async def versions(self, names: Sequence[str]) -> Mapping[str, str]:
        """The versions of those of these items that were read to their end."""
        query = self._items(ItemRow.name, ItemRow.version).where(
            col(ItemRow.version).is_not(None), col(ItemRow.unread).is_(False)
        )
        return dict(map(tuple, await self._named(query, names)))

    async def digests(self, prefix: str) -> dict[str, str]:
        """The digests of the items below this name that one text says all of; of all where it is empty."""
        query = self._items(ItemRow.name, ItemRow.digest).where(col(ItemRow.digest) != "")
        if prefix:
            query = query.where(col(ItemRow.name) > f"{prefix}/", col(ItemRow.name) < f"{prefix}0")
        return dict(tuple(row) for row in await self._store.select(query))

    async def texts(self, names: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        """The digests and versions of those of these items that one text says all of."""
        query = self._items(ItemRow.name, ItemRow.digest, ItemRow.version).where(col(ItemRow.digest) != "")
        return {name: (digest, version) for name, digest, version in await self._named(query, names)}

    def _items(self, *columns: Any) -> Select[Any]:
        return select(*map(col, columns)).where(col(ItemRow.source) == self._source, col(ItemRow.orphaned).is_(None))

    async def _named(self, query: Select[Any], names: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for part in chunks(names):
            found += await self._store.select(query.where(among(col(ItemRow.name), part, self._store.dialect)))
        return found


def chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The items, so many at once that one statement may ask for them."""
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
