"""Texts and their numbers, and questions about many values at once. Part of the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Integer, Select, Text, bindparam, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from .putting import put
from .tables import TermRow


def among(column: Any, values: Collection[Any], dialect: str) -> ColumnElement[bool]:
    """Whether the column has one of these texts or numbers: one parameter, and one statement, however many there are."""
    found = list(values)
    if not found:
        return false()
    if dialect == "sqlite":
        return column.in_(select(func.json_each(json.dumps(found)).table_valued("value").c.value))  # type: ignore[no-any-return]
    kind = BigInteger() if isinstance(column.type, Integer) else Text()
    return column == func.any(bindparam(None, found, ARRAY(kind), unique=True))  # type: ignore[no-any-return]


async def pairs(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> dict[Any, Any]:
    """What a query of two columns gives, as the first and what it has in the second."""
    return {first: second for first, second in (await connection.execute(query)).all()}  # noqa: C416  rows are no tuples


async def next_number(connection: AsyncConnection, column: Any) -> int:
    """The first number that no row has had; true until the transaction ends, for who holds the catalog's lock."""
    return ((await connection.execute(select(func.max(column)))).scalar() or 0) + 1


async def known_terms(connection: AsyncConnection, texts: Iterable[str]) -> dict[str, int]:
    """The numbers of those of these texts that are terms."""
    wanted = sorted(set(texts))
    if not wanted:
        return {}
    query = select(col(TermRow.text), col(TermRow.id)).where(among(col(TermRow.text), wanted, connection.dialect.name))
    return await pairs(connection, query)


async def make_terms(connection: AsyncConnection, texts: Iterable[str]) -> Mapping[str, int]:
    """The numbers of these texts, each of which is a term from now on."""
    found = await known_terms(connection, wanted := set(texts))
    if missing := sorted(wanted - found.keys()):
        first = await next_number(connection, col(TermRow.id))
        made = {text: number for number, text in enumerate(missing, first)}
        await put(connection, TermRow, [{"id": number, "text": text} for text, number in made.items()])
        found |= made
    return found


async def term_texts(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, str]:
    """The texts that these numbers stand for."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = select(col(TermRow.id), col(TermRow.text)).where(among(col(TermRow.id), wanted, connection.dialect.name))
    return await pairs(connection, query)
