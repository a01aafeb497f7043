"""How often each value comes in a list of entities: all facets that are asked for in one statement. Part of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import callboard_sdk as sdk
from callboard_sdk import BadArgument, filters
from callboard_sdk.conditions import ALWAYS, Begins, Column, Has, Mark, Tie, Tied
from sqlalchemy import TextClause

from .expressions import Form, Writer, beginning_of
from .lists import EntityList
from .marks import LONGEST_KEPT

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
_MARKS = {
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
    whole = listed.asked == ALWAYS
    found = None if whole else writer.set(f"SELECT catalog_entity.id FROM catalog_entity WHERE {writer.tree(listed.asked).text}")
    parts = [_counted(writer, number, facet, found, dialect, few=few and not whole) for number, facet in enumerate(facets)]
    cut = [f"SELECT * FROM ({part} ORDER BY number DESC, value LIMIT {most}) AS facet_{n}" for n, part in enumerate(parts)]
    return writer.statement(" UNION ALL ".join(cut) + " ORDER BY facet, number DESC, value")


def _counted(writer: Writer, number: int, facet: Asked, found: str | None, dialect: str, *, few: bool) -> str:
    if facet.column is not None:
        among = f" WHERE id IN (SELECT id FROM {found})" if found else ""
        kept = f"SELECT {number} AS facet, {facet.column} AS value, count(*) AS number FROM catalog_entity"
        return f"{kept}{among} GROUP BY {facet.column}"
    beginning = beginning_of(facet.marks)
    between = "1 = 0" if beginning is None else writer.between("catalog_term.text", beginning)
    joined = "CROSS JOIN" if dialect == "sqlite" else "JOIN"
    if few:
        source = f"{found} {joined} catalog_mark ON catalog_mark.entity = {found}.id {joined} catalog_term"
        return (
            f"SELECT {number} AS facet, catalog_term.text AS value, count(*) AS number FROM {source}"
            f" ON catalog_term.id = catalog_mark.term WHERE {between} GROUP BY catalog_term.text"
        )
    source = f"catalog_term {joined} catalog_mark ON catalog_mark.term = catalog_term.id"
    own = "+" if dialect == "sqlite" else ""  # by term, as the facet is, not by entity
    among = f" AND {own}catalog_mark.entity IN (SELECT id FROM {found})" if found else ""
    return (
        f"SELECT {number} AS facet, catalog_term.text AS value, count(*) AS number FROM {source}"
        f" WHERE {between}{among} GROUP BY catalog_term.text"
    )


def shown(facet: Asked, term: str) -> str:
    """The value that a term stands for; of a long one its beginning."""
    if facet.column is not None:
        return term
    _, _, rest = term.partition(":")
    key, _, value = rest.partition("=")
    return key if isinstance(facet.marks, Begins) and facet.marks.what is Mark.TAG else value[:LONGEST_KEPT]
