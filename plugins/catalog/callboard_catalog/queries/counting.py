"""Counts the values of lists of entities, and remembers for that who has which value of a facet; all values there are, too.

Part of the store.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from callboard_sdk import Database
from callboard_sdk.conditions import ALWAYS
from sqlalchemy.ext.asyncio import AsyncConnection

from .columns import Column, Numbers, changed_query, column_of, column_query, listed_query, numbers_of, version_query
from .facets import Asked, shown
from .lists import EntityList

_MOST = 24
"""Columns that are remembered; one has 16 bytes for each entity that has a value, and 60 and its text for each value."""
_FEW = 2_000
"""Changes of the catalog that a column follows; it takes twice as many to be loaded as a whole as quickly, at 50,000 entities."""


class Columns:
    """The columns of the facets that were asked for last. All that one answer is made of is of one version of the catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[Asked, tuple[int, Column]] = OrderedDict()
        self._loading = asyncio.Lock()

    def forget(self) -> None:
        """Have all of them loaded as a whole again."""
        self._known.clear()

    async def count(self, listed: EntityList, facets: Sequence[Asked], most: int) -> list[list[tuple[str, int]]]:
        """For each facet the most frequent values among the entities in the list, with how many have them."""
        async with self._database.snapshot() as connection:
            version = await self._version(connection)
            if all(facet in self._known and self._known[facet][0] == version for facet in facets):
                return await self._counted(connection, [self._known[facet][1] for facet in facets], facets, listed, most)
        async with self._loading, self._database.snapshot() as connection:  # one loads what several wait for
            columns = await self._columns(connection, facets)
            return await self._counted(connection, columns, facets, listed, most)

    async def values(self, facet: Asked) -> Sequence[str]:
        """All values of a facet, in the order of their texts."""
        async with self._loading, self._database.snapshot() as connection:
            [column] = await self._columns(connection, [facet])
        values: list[str] = column.values.tolist()
        return values

    async def _columns(self, connection: AsyncConnection, facets: Sequence[Asked]) -> list[Column]:
        """The columns as this snapshot has them."""
        version = await self._version(connection)
        changes: dict[int, Numbers | None] = {}
        for facet in facets:
            since, known = self._known.get(facet, (version, None))
            if since != version and since not in changes:
                changes[since] = await self._changed(connection, since, version)
            if known is None or since != version:
                self._known[facet] = version, await self._column(connection, facet, since, known, changes.get(since))
            self._known.move_to_end(facet)
        columns = [self._known[facet][1] for facet in facets]
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return columns

    @staticmethod
    async def _version(connection: AsyncConnection) -> int:
        return int((await connection.execute(version_query())).scalar_one())

    @staticmethod
    async def _changed(connection: AsyncConnection, since: int, version: int) -> Numbers | None:
        """The entities that changed since; None where they may be too many, or the journal doesn't reach back so far."""
        if not since < version <= since + _FEW:
            return None
        first, entities = (await connection.execute(changed_query(since, connection.dialect.name))).one()
        return numbers_of(entities) if first <= since + 1 else None

    @staticmethod
    async def _column(
        connection: AsyncConnection, facet: Asked, since: int, known: Column | None, changed: Numbers | None
    ) -> Column:
        """The facet's column, loaded as a whole; or the known one, in which only what changed since is loaded."""
        dialect = connection.dialect.name
        if known is None or changed is None:
            return await asyncio.to_thread(column_of, (await connection.execute(column_query(facet, dialect))).one())
        if not len(changed):
            return known
        row = (await connection.execute(column_query(facet, dialect, since))).one()
        return await asyncio.to_thread(lambda: known.mended(changed, column_of(row)))

    @staticmethod
    async def _counted(
        connection: AsyncConnection, columns: Sequence[Column], facets: Sequence[Asked], listed: EntityList, most: int
    ) -> list[list[tuple[str, int]]]:
        numbers = None  # of all
        if listed.asked != ALWAYS:
            numbers = (await connection.execute(listed_query(listed, connection.dialect.name))).scalar_one()

        def counted() -> list[list[tuple[str, int]]]:
            entities = None if numbers is None else numbers_of(numbers)
            found = [column.counted(entities, most) for column in columns]
            return [[(shown(facet, value), number) for value, number in one] for facet, one in zip(facets, found, strict=True)]

        return await asyncio.to_thread(counted)
