"""How often each value comes in a list of entities: all facets that are asked for in one statement. Part of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import callboard_sdk as sdk
from callboard_sdk import BadArgument, filters
from callboard_sdk.conditions import ALWAYS, Begins, Column, Has, Mark, Tie, Tied
from sqlalchemy import TextClause

from callboard_catalog.records.marks import LONGEST_KEPT

from .expressions import Form, Writer, beginning_of
from .lists import EntityList

MOST_FACETS = 10


@sdk.enum(
    filters={
        "TYPE": filters("Entity.type"), "LIFECYCLE": filters("Entity.lifecycle"), "TAG": filters("Entity.tags"),
        "OWNER": filters("Entity.owner"), "LABEL": filters("Entity.labels"), "ANNOTATION": filters("Entity.annotations"),
        "SPEC": filters("Entity.specValues"),
    }
)  # fmt: skip
class FacetField(Enum):
    """What entities are counted by."""

    KIND = "KIND"
    """Their kinds."""
    NAMESPACE = "NAMESPACE"
    """Their namespaces."""
    TYPE = "TYPE"
    """Their types."""
    LIFECYCLE = "LIFECYCLE"
    """The points of their lives."""
    TAG = "TAG"
    """Their tags; an entity counts for each of its own."""
    OWNER = "OWNER"
    """Who owns them."""
    LABEL = "LABEL"
    """The values of a label: `key` says which."""
    ANNOTATION = "ANNOTATION"
    """The values of an annotation: `key` says which."""
    SPEC = "SPEC"
    """The values of their specs under a path, which `key` says."""


@sdk.input
class FacetBy:
    """What to count by."""

    field: FacetField
    """The field."""
    key: str | None = None
    """The key of the label or annotation, or the path in the spec; of those alone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One facet: an entity's own column, or the marks that begin so."""

    column: str | None
    marks: Tied | Begins | Has | None = None


_OWN = {FacetField.KIND: "kind", FacetField.NAMESPACE: "namespace"}
_MARKS: Mapping[FacetField, Begins | Tied] = {
    FacetField.TYPE: Begins(Column.TYPE, "", ""), FacetField.LIFECYCLE: Begins(Column.LIFECYCLE, "", ""),
    FacetField.TAG: Begins(Mark.TAG, "", ""), FacetField.OWNER: Tied(Tie.OWNED_BY, None),
}  # fmt: skip
_KEYED = {FacetField.LABEL: Mark.LABEL, FacetField.ANNOTATION: Mark.ANNOTATION, FacetField.SPEC: Mark.SPEC}


def asked(by: FacetBy) -> Asked:
    """The facet that is asked for. Raises BadArgument for a key that is missing, or that there is none of."""
    if (mark := _KEYED.get(by.field)) is not None:
        if by.key is None:
            raise BadArgument(f"a facet of {by.field.value} needs a `key`: say which")
        return Asked(None, Has(mark, by.key))
    if by.key is not None:
        raise BadArgument(f"a facet of {by.field.value} has no `key`: leave it out")
    return Asked(_OWN.get(by.field), _MARKS.get(by.field))


def facet_query(listed: EntityList, facets: Sequence[Asked], most: int, dialect: str, *, few: bool) -> TextClause:
    """Rows of (the facet's number, a value's term, how many have it), the most frequent values of each facet first.

    `few` says that the list is so short that it is better to look at what each entity has than at who has what.
    """
    writer = Writer(dialect, Form.SETS)
    listed_ids = f"SELECT catalog_entity.id FROM catalog_entity WHERE {writer.tree(listed.asked).text}"
    found = None if listed.asked == ALWAYS else writer.set(listed_ids)
    among = f" WHERE id IN (SELECT id FROM {found})" if found else ""
    own = [(number, facet.column) for number, facet in enumerate(facets) if facet.column is not None]
    parts = [
        f"SELECT {number} AS facet, {name} AS value, count(*) AS number FROM catalog_entity{among} GROUP BY {name}"
        for number, name in own
    ]
    beginnings = {number: beginning_of(facet.marks) for number, facet in enumerate(facets)}
    begun = {number: beginning for number, beginning in beginnings.items() if beginning is not None}
    if begun:
        parts.append(_marked(writer, begun, found, dialect, few=few))
    if not parts:
        parts = ["SELECT 0 AS facet, text AS value, 0 AS number FROM catalog_term WHERE 1 = 0"]
    placed = "row_number() OVER (PARTITION BY facet ORDER BY number DESC, value) AS place"
    counted = f"SELECT facet, value, number, {placed} FROM ({' UNION ALL '.join(parts)}) AS counted WHERE number > 0"
    return writer.statement(f"SELECT facet, value, number FROM ({counted}) AS placed WHERE place <= {most} ORDER BY facet, place")


def _marked(writer: Writer, begun: Mapping[int, str], found: str | None, dialect: str, *, few: bool) -> str:
    """Of all facets of marks at once: the terms that begin so, each with how many entities have it."""
    ranges = {number: writer.between("catalog_term.text", beginning) for number, beginning in begun.items()}
    facet = f"CASE {' '.join(f'WHEN {one} THEN {number}' for number, one in ranges.items())} END AS facet"
    within = " OR ".join(f"({one})" for one in ranges.values())
    if dialect == "sqlite" and not (few and found):  # by term, as a facet is, and not by entity
        among = f" AND +catalog_mark.entity IN (SELECT id FROM {found})" if found else ""
        number = f"(SELECT count(*) FROM catalog_mark WHERE catalog_mark.term = catalog_term.id{among})"
        return f"SELECT {facet}, catalog_term.text AS value, {number} AS number FROM catalog_term WHERE {within}"
    joined = "CROSS JOIN" if dialect == "sqlite" else "JOIN"
    if dialect == "sqlite":
        source, seen = f"{found} AS found CROSS JOIN catalog_mark ON catalog_mark.entity = found.id", ""
    else:  # PostgreSQL: `IS TRUE` has it look into a table of all that were found, made once, whatever it takes them to be
        source, seen = "catalog_mark", f" AND (catalog_mark.entity IN (SELECT id FROM {found})) IS TRUE" if found else ""
    return (
        f"SELECT {facet}, catalog_term.text AS value, count(*) AS number FROM {source}"
        f" {joined} catalog_term ON catalog_term.id = catalog_mark.term WHERE ({within}){seen} GROUP BY catalog_term.text"
    )


def shown(facet: Asked, term: str) -> str:
    """The value that a term stands for; of a long one its beginning."""
    if facet.column is not None:
        return term
    _, _, rest = term.partition(":")
    key, _, value = rest.partition("=")
    return key if isinstance(facet.marks, Begins) and facet.marks.what is Mark.TAG else value[:LONGEST_KEPT]
