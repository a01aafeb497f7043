"""The words of entities, in the full-text index that each database has of its own: SQLite's FTS5, PostgreSQL's tsvector with GIN.
Part of the store.

Neither splits texts: both are given the words that `callboard_sdk.wording` tells, so that a search means the same everywhere.
FTS5 keeps no texts here, only where each word is; to forget an entity it is told again what it was told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from callboard_sdk.wording import Wording, words_of
from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from .rows import Body, read_body
from .tables import DocumentRow, EntityRow

_WHERE = tuple(Wording)
_WEIGHTS = dict(zip(_WHERE, "ABCD", strict=True))
_COLUMNS = ", ".join(where.value for where in _WHERE)
_PARAMETERS = ", ".join(f":{where.value}" for where in _WHERE)
_KEPT = {
    "sqlite": f"INSERT INTO catalog_words (rowid, {_COLUMNS}) VALUES (:entity, {_PARAMETERS})",
    "postgresql": "INSERT INTO catalog_words (entity, words) VALUES (:entity, CAST(:words AS tsvector))",
}
_FORGOTTEN = {
    "sqlite": f"INSERT INTO catalog_words (catalog_words, rowid, {_COLUMNS}) VALUES ('delete', :entity, {_PARAMETERS})",
    "postgresql": "DELETE FROM catalog_words WHERE entity = :entity",
}
_INDEXED = {
    "sqlite": "SELECT EXISTS (SELECT 1 FROM catalog_words_idx)",
    "postgresql": "SELECT EXISTS (SELECT 1 FROM catalog_words)",
}
_AT_ONCE = 1_000


async def indexed(connection: AsyncConnection) -> bool:
    """Whether the index has what it should: it is empty where a backup was restored, for backups hold no index."""
    some = await connection.scalar(text(_INDEXED[connection.dialect.name]))
    return bool(some) or not await connection.scalar(select(exists(select(col(EntityRow.id)))))


async def index_again(connection: AsyncConnection) -> None:
    """Put the words of every entity into an empty index."""
    last = -1
    query = select(col(EntityRow.id), col(DocumentRow.body)).join(DocumentRow, col(DocumentRow.id) == col(EntityRow.document))
    while rows := (
        await connection.execute(query.where(col(EntityRow.id) > last).order_by(col(EntityRow.id)).limit(_AT_ONCE))
    ).all():
        await put_words(connection, {}, {number: read_body(body) for number, body in rows})
        last = rows[-1][0]


async def put_words(connection: AsyncConnection, before: Mapping[int, Body], now: Mapping[int, Body]) -> None:
    """Of these entities, by number, what their documents said till now, and what they say."""
    dialect = connection.dialect.name
    if before:
        await connection.execute(text(_FORGOTTEN[dialect]), [_row(dialect, *one) for one in before.items()])
    if now:
        await connection.execute(text(_KEPT[dialect]), [_row(dialect, *one) for one in now.items()])


def _row(dialect: str, entity: int, body: Body) -> dict[str, object]:
    words = {where: sorted({word for text in texts if text for word in words_of(text)}) for where, texts in _texts(body)}
    if dialect == "sqlite":
        return {"entity": entity, **{where.value: " ".join(found) for where, found in words.items()}}
    weights: dict[str, list[str]] = {}
    for number, (where, found) in enumerate(words.items(), 1):
        for word in found:
            weights.setdefault(word, []).append(f"{number}{_WEIGHTS[where]}")
    return {"entity": entity, "words": " ".join(f"'{word}':{','.join(at)}" for word, at in weights.items())}


def _texts(body: Body) -> Iterator[tuple[Wording, Iterable[str | None]]]:
    *_, name, title, description = body.names
    yield Wording.NAME, (name.lower(),)
    yield Wording.TITLE, (title,)
    yield Wording.TAGS, body.tags or ()
    yield Wording.DESCRIPTION, (description,)


def match(dialect: str, where: Iterable[Wording], words: tuple[str, ...]) -> str:
    """What the database is to look for: each word in one of these texts, the last as the beginning of one."""
    *whole, last = words
    if dialect == "sqlite":
        columns = " ".join(sorted(one.value for one in where))
        quoted = " AND ".join(f'"{word}"' for word in words)
        return f"{{{columns}}} : ({quoted} *)"
    weights = "".join(sorted(_WEIGHTS[one] for one in where))
    return " & ".join([*(f"'{word}':{weights}" for word in whole), f"'{last}':*{weights}"])
