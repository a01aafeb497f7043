"""What entities are counted by: which facets there are, and how their values are shown. Part of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import callboard_sdk as sdk
from callboard_sdk import BadArgument, filters
from callboard_sdk.conditions import Begins, Column, Has, Mark, Tie, Tied
from callboard_sdk.spec import SHOWN

from callboard_catalog.records.marks import LONGEST_KEPT

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
        if mark is Mark.SPEC and by.key in SHOWN:
            text = f"the `key` of a facet of SPEC is {by.key!r}, which has a field of its own"
            raise BadArgument(f"{text}: count by TYPE, LIFECYCLE or OWNER, or list entities by a filter of that field")
        return Asked(None, Has(mark, by.key))
    if by.key is not None:
        raise BadArgument(f"a facet of {by.field.value} has no `key`: leave it out")
    return Asked(_OWN.get(by.field), _MARKS.get(by.field))


def shown(facet: Asked, term: str) -> str:
    """The value that a term stands for; of a long one its beginning."""
    if facet.column is not None:
        return term
    _, _, rest = term.partition(":")
    key, _, value = rest.partition("=")
    return key if isinstance(facet.marks, Begins) and facet.marks.what is Mark.TAG else value[:LONGEST_KEPT]
