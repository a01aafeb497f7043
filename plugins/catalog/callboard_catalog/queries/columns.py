"""Who has which value of a facet, as columns of numbers in memory: the values of a list are counted in milliseconds then,
whatever the list was narrowed by. Part of the store.

A. load    a facet's column: one statement, which gives one row, and numpy reads its numbers
B. follow  one of an earlier version: the journal says which entities changed, and their part of it is loaded and put in
C. listed  the numbers of the entities in the list, the same way
D. count   what those have, the most frequent first, and of equals the first by text

A column is true of one version of the catalog, whichever way it came to be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, BindParameter, TextClause, bindparam, text

from callboard_catalog.records.journal import ENTITY

from .expressions import beginning_of
from .facets import Asked
from .lists import VERSION_SQL, EntityList
from .writing import Form, Writer

Numbers = NDArray[np.int64]
_MARKS = {
    "sqlite": "catalog_term CROSS JOIN catalog_mark ON catalog_mark.term = catalog_term.id",
    "postgresql": "catalog_term JOIN catalog_mark ON catalog_mark.term = catalog_term.id",
}
"""All marks: first their terms, of which there are fewer."""
_MARKS_OF_SOME = {
    "sqlite": "catalog_mark CROSS JOIN catalog_term ON catalog_term.id = catalog_mark.term",
    "postgresql": "catalog_mark, LATERAL (SELECT text FROM catalog_term WHERE id = catalog_mark.term OFFSET 0) AS catalog_term",
}
"""Those of few entities: first their marks. PostgreSQL would go through all marks that begin so, which it takes to be few."""
_CHANGED = f"FROM catalog_change WHERE number > :since AND what = '{ENTITY}'"


@dataclass(frozen=True, slots=True)
class Column:
    """All values of a facet, in the order of their texts, and for each entity that has one which of them it is.

    `entities` and `places` go together; an entity with two values is there twice.
    """

    values: NDArray[np.object_]
    """Texts, of terms or of an entity's own column. Each is some entity's; Python orders them as the databases do, by bytes."""
    entities: Numbers
    places: Numbers

    def mended(self, changed: Numbers, now: Column) -> Column:  # B
        """The column after these entities changed; `now` is what they have since: nothing of those that are gone.

        A new value takes its place among the others, and one that nobody has any more leaves, so that none pile up.
        """
        at = np.searchsorted(self.values, now.values)
        new = np.append(self.values, np.array([None]))[at] != now.values
        values = np.insert(self.values, at[new], now.values[new])
        stays = ~np.isin(self.entities, changed)
        moved = self.places[stays] + np.searchsorted(at[new], self.places[stays], side="right")
        places = np.append(moved, np.searchsorted(values, now.values)[now.places])
        used = np.bincount(places, minlength=len(values)) > 0
        return Column(values[used], np.append(self.entities[stays], now.entities), (np.cumsum(used) - 1)[places])

    def counted(self, listed: Numbers | None, most: int) -> list[tuple[str, int]]:  # D
        """The most frequent values among these entities, or all, with how many have each."""
        places = self.places
        if listed is not None and len(self.entities):
            among = np.zeros(1 + max(self.entities.max(), listed.max(initial=0)), dtype=bool)
            among[listed] = True
            places = places[among[self.entities]]
        counts = np.bincount(places, minlength=len(self.values))
        there = np.flatnonzero(counts)
        first = there[np.lexsort((there, -counts[there]))[:most]]
        return [(self.values[place], int(counts[place])) for place in first]


def column_query(facet: Asked, dialect: str, since: int | None = None) -> TextClause:  # A
    """One row: of a facet's values the texts, their order, how many have each, and who.

    Of all entities, or of those that changed since a version of the catalog.
    """
    writer = Writer(dialect, Form.SETS)
    if facet.column is not None:
        value, entity, source = f"catalog_entity.{facet.column}", "catalog_entity.id", "catalog_entity"
        where = "1 = 1"
    else:
        value, entity = "catalog_term.text", "catalog_mark.entity"
        source = (_MARKS if since is None else _MARKS_OF_SOME)[dialect]
        beginning = beginning_of(facet.marks)
        where = "1 = 0" if beginning is None else writer.between("catalog_term.text", beginning)  # there is no such key
    if since is not None:
        where += f" AND {entity} IN (SELECT entity {_CHANGED})"
    held = (
        f"SELECT {value} AS value, row_number() OVER (ORDER BY {value}) - 1 AS place, count(*) AS number,"
        f" {_joined(entity, dialect)} AS entities FROM {source} WHERE {where} GROUP BY {value}"
    )
    values = "json_group_array(value)" if dialect == "sqlite" else "json_agg(value)"
    columns = ", ".join(_joined(one, dialect) for one in ("place", "number", "entities"))
    statement = writer.statement(f"SELECT CAST({values} AS text), {columns} FROM ({held}) AS held")
    return statement if since is None else statement.bindparams(_bound(since))


def changed_query(since: int, dialect: str) -> TextClause:  # B
    """One row: the first change that is still known, and the numbers of the entities that changed since a version."""
    numbers = _joined("entity", dialect)
    return text(f"SELECT (SELECT min(number) FROM catalog_change), coalesce({numbers}, '') {_CHANGED}").bindparams(_bound(since))


def version_query() -> TextClause:
    """One row: the catalog's version."""
    return text(f"SELECT {VERSION_SQL}")


def listed_query(listed: EntityList, dialect: str) -> TextClause:  # C
    """One row: the numbers of the entities in the list."""
    writer = Writer(dialect, Form.SETS)
    condition = writer.tree(listed.asked).text
    numbers = _joined("catalog_entity.id", dialect)
    return writer.statement(f"SELECT coalesce({numbers}, '') FROM catalog_entity WHERE {condition}")


def column_of(row: Sequence[Any]) -> Column:
    """The column that a row holds."""
    values, places, numbers, entities = row
    order = numbers_of(places or "")
    texts = np.empty(len(order), dtype=np.object_)
    texts[order] = json.loads(values or "[]")
    return Column(texts, numbers_of(entities or ""), np.repeat(order, numbers_of(numbers or "")))


def numbers_of(joined: str) -> Numbers:
    """The numbers in a text, which has commas between them."""
    return np.fromstring(joined, dtype=np.int64, sep=",")


def _bound(since: int) -> BindParameter[int]:
    return bindparam("since", since, BigInteger())


def _joined(what: str, dialect: str) -> str:
    return f"group_concat({what})" if dialect == "sqlite" else f"string_agg(CAST({what} AS text), ',')"
