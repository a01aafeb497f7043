"""The tables of tokens and sessions in the gateway's database: made when they are not there, written the same way in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from .database import TOKENS, writing

ORDERED = String().with_variant(String(collation="C"), "postgresql")
"""Text that lists are ordered by: by its bytes in PostgreSQL too, not by the rules of a language."""


def table_of(row: type[SQLModel]) -> Table:
    """The table that holds such rows."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


async def make_tables(engine: AsyncEngine, rows: Sequence[type[SQLModel]]) -> None:
    """Make the tables of these rows that aren't there yet; gateways that start at once wait for each other."""
    async with writing(engine, TOKENS) as connection:
        for table in map(table_of, rows):
            await connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                await connection.execute(CreateIndex(index, if_not_exists=True))


async def upsert(
    connection: AsyncConnection, row: type[SQLModel], values: Mapping[str, Any], changed: Iterable[str] | None = None
) -> None:
    """Write the row; where there is one with its primary key, only these columns of it, all when left out.

    Either way nobody else writes that row before the transaction ends.
    """
    table = table_of(row)
    made = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table).values(**values)
    keys = [column.name for column in table.primary_key]
    names = [name for name in values if name not in keys] if changed is None else changed
    await connection.execute(made.on_conflict_do_update(index_elements=keys, set_={name: values[name] for name in names}))
