"""Who has which value of a facet, as columns of numbers in memory: the values of a list are counted in milliseconds then,
whatever the list was narrowed by. Part of the store.

A. load    a facet's column: one statement, which gives one row, and numpy reads its numbers
B. listed  the numbers of the entities in the list, the same way
C. count   what those have, the most frequent first, and of equals the first by text

A column is true of one version of the catalog. All of it is loaded anew after a change, as soon as somebody asks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from callboard_sdk.conditions import ALWAYS
from numpy.typing import NDArray
from sqlalchemy import TextClause

from .expressions import beginning_of
from .facets import Asked
from .lists import VERSION_SQL, EntityList
from .writing import Form, Writer

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """All values of a facet, in the order of their texts, and for each entity that has one which of them it is.

    `entities` and `places` go together; an entity with two values is there twice.
    """

    values: Sequence[int | str]
    """The terms' numbers; of an entity's own column its texts."""
    entities: Numbers
    places: Numbers

    def counted(self, listed: Numbers | None, most: int) -> list[tuple[int | str, int]]:  # C
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


def column_query(facet: Asked, dialect: str) -> TextClause:  # A
    """One row: the catalog's version, and of a facet's values the names, their order, how many have each, and who."""
    writer = Writer(dialect, Form.SETS)
    if facet.column is not None:
        name, entity, source = f"catalog_entity.{facet.column}", "catalog_entity.id", "catalog_entity"
        text, where = name, "1 = 1"
    else:
        name, text, entity = "catalog_term.id", "catalog_term.text", "catalog_mark.entity"
        joined = "CROSS JOIN" if dialect == "sqlite" else "JOIN"
        source = f"catalog_term {joined} catalog_mark ON catalog_mark.term = catalog_term.id"
        where = writer.between("catalog_term.text", beginning_of(facet.marks) or "")
    held = (
        f"SELECT {name} AS name, row_number() OVER (ORDER BY {text}) - 1 AS place, count(*) AS number,"
        f" {_joined(entity, dialect)} AS entities FROM {source} WHERE {where} GROUP BY {', '.join(dict.fromkeys((name, text)))}"
    )
    names = "json_group_array(name)" if dialect == "sqlite" else "json_agg(name)"
    columns = ", ".join(_joined(one, dialect) for one in ("place", "number", "entities"))
    return writer.statement(f"SELECT {VERSION_SQL}, CAST({names} AS text), {columns} FROM ({held}) AS held")


def listed_query(listed: EntityList, dialect: str) -> TextClause:  # B
    """One row: the catalog's version, and the numbers of the entities in the list; no numbers where all are in it."""
    if listed.asked == ALWAYS:
        return Writer(dialect, Form.SETS).statement(f"SELECT {VERSION_SQL}, NULL")
    writer = Writer(dialect, Form.SETS)
    condition = writer.tree(listed.asked).text
    numbers = _joined("catalog_entity.id", dialect)
    return writer.statement(f"SELECT {VERSION_SQL}, coalesce({numbers}, '') FROM catalog_entity WHERE {condition}")


def column_of(row: Sequence[Any]) -> Column:
    """The column that a row holds."""
    _, names, places, numbers, entities = row
    if names is None or not numbers:
        return Column((), numbers_of(""), numbers_of(""))
    order, values = numbers_of(places), json.loads(names)
    return Column([values[at] for at in np.argsort(order).tolist()], numbers_of(entities), np.repeat(order, numbers_of(numbers)))


def numbers_of(text: str) -> Numbers:
    """The numbers in a text, which has commas between them."""
    return np.fromstring(text, dtype=np.int64, sep=",")


def _joined(what: str, dialect: str) -> str:
    return f"group_concat({what})" if dialect == "sqlite" else f"string_agg(CAST({what} AS text), ',')"
