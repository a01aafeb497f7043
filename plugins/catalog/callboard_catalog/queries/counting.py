"""Counts the values of lists of entities, and remembers for that who has which value of a facet. Part of the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from callboard_sdk import Database
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.records.tables import TermRow
from callboard_catalog.records.terms import among, pairs

from .columns import Column, Numbers, column_of, column_query, listed_query, numbers_of
from .facets import Asked, shown
from .lists import EntityList

_MOST = 24
"""Columns that are remembered; one has 16 bytes for each entity that has a value, and 100 for each value."""

Counts = list[tuple[int | str, int]]


class Columns:
    """The columns of the facets that were asked for last. All that one answer is made of is of one version of the catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[Asked, tuple[int, Column]] = OrderedDict()
        self._loading = asyncio.Lock()

    def forget(self) -> None:
        """Have all of them loaded again."""
        self._known.clear()

    async def count(self, listed: EntityList, facets: Sequence[Asked], most: int) -> list[list[tuple[str, int]]]:
        """For each facet the most frequent values among the entities in the list, with how many have them."""
        async with self._database.snapshot() as connection:
            version, entities = await self._listed(connection, listed)
            if all(facet in self._known and self._known[facet][0] == version for facet in facets):
                return await self._counted(connection, [self._known[facet][1] for facet in facets], facets, entities, most)
        async with self._loading, self._database.snapshot() as connection:  # one loads what several wait for
            version, entities = await self._listed(connection, listed)
            columns = [await self._column(connection, facet, version) for facet in facets]
            return await self._counted(connection, columns, facets, entities, most)

    async def _listed(self, connection: AsyncConnection, listed: EntityList) -> tuple[int, Numbers | None]:
        [(version, numbers)] = (await connection.execute(listed_query(listed, connection.dialect.name))).all()
        return version, None if numbers is None else await asyncio.to_thread(numbers_of, numbers)

    async def _column(self, connection: AsyncConnection, facet: Asked, version: int) -> Column:
        known = self._known.get(facet)
        if known is None or known[0] != version:
            row = (await connection.execute(column_query(facet, connection.dialect.name))).one()
            known = self._known[facet] = version, await asyncio.to_thread(column_of, row)
        self._known.move_to_end(facet)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return known[1]

    @staticmethod
    async def _counted(
        connection: AsyncConnection, columns: Sequence[Column], facets: Sequence[Asked], entities: Numbers | None, most: int
    ) -> list[list[tuple[str, int]]]:
        counts: list[Counts] = await asyncio.to_thread(lambda: [column.counted(entities, most) for column in columns])
        terms = {value for facet, found in zip(facets, counts, strict=True) if facet.column is None for value, _ in found}
        query = select(col(TermRow.id), col(TermRow.text)).where(among(col(TermRow.id), terms, connection.dialect.name))
        texts: dict[Any, str] = await pairs(connection, query) if terms else {}
        return [
            [(shown(facet, texts.get(value, str(value))), number) for value, number in found]
            for facet, found in zip(facets, counts, strict=True)
        ]
