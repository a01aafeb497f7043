"""Many rows at once into a table, in the way that is quickest for each database. Part of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel


async def put(connection: AsyncConnection, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add these rows, each with a value for every column of the table, inside the transaction that the connection is in.

    One COPY on PostgreSQL, one prepared statement on SQLite: a value goes to the driver as it is, and is looked at once.
    """
    if not rows:
        return
    name, columns, statement = _of(table)
    values = list(map(itemgetter(*columns), rows)) if len(columns) > 1 else [(row[columns[0]],) for row in rows]
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(statement, values)
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table(name, records=values, columns=columns)


@cache
def _of(table: type[SQLModel]) -> tuple[str, tuple[str, ...], str]:
    columns = tuple(column.name for column in table.__table__.c)  # type: ignore[attr-defined]
    name = str(table.__tablename__)
    return name, columns, f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
