"""The tables of tokens and sessions in the gateway's database: written the same way in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

ORDERED = String().with_variant(String(collation="C"), "postgresql")
"""Text that lists are ordered by: by its bytes in PostgreSQL too, not by the rules of a language."""


def table_of(row: type[SQLModel]) -> Table:
    """The table that holds such rows."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


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
