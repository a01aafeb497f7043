"""From entities along their relations to others, and from those on: in one statement, however far. Part of the store.

Only what a viewer may see is walked through, and only as far as is asked, so a circle ends like anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

from callboard_sdk import Access, EntityRef
from callboard_sdk.conditions import ALWAYS
from sqlalchemy import TextClause

from callboard_catalog.records.marks import storable

from .lists import storable_refs
from .writing import Form, Writer

FARTHEST = 10
MOST_STEPS = 20_000
"""Steps of one statement; what comes to more is refused."""


def walk_query(
    roots: Sequence[EntityRef], types: Sequence[str] | None, depth: int, most: int, access: Access, dialect: str
) -> TextClause:
    """Rows of (a root's ref, an entity's body, how far it is, all steps), for each root the nearest first, at most so many."""
    writer = Writer(dialect, Form.PROBES)
    seen = "" if access.entities == ALWAYS else f" AND ({writer.tree(access.entities).text})"
    kinds = "" if types is None else f" AND catalog_relation.type IN ({writer.terms(filter(storable, types))})"
    start = f"SELECT id, id, 0 FROM catalog_term WHERE {writer.among('text', storable_refs(roots))}"
    step = (
        f"SELECT walked.root, catalog_relation.target, walked.depth + 1 FROM walked"
        f" {writer.join} catalog_relation ON catalog_relation.source = walked.id"
        f" {writer.join} catalog_entity ON catalog_entity.id = catalog_relation.target"
        f" WHERE walked.depth < {depth}{kinds}{seen}"
    )
    nearest = (
        "SELECT root, id, min(depth) AS depth FROM (SELECT root, id, depth FROM walked"
        f" LIMIT {MOST_STEPS + 1}) AS steps WHERE id <> root GROUP BY root, id"
    )
    placed = (
        "SELECT root, nearest.id, depth, sort, document, row_number() OVER (PARTITION BY root ORDER BY depth, sort) AS place"
        f" FROM ({nearest}) AS nearest {writer.join} catalog_entity ON catalog_entity.id = nearest.id"
    )
    counted = f"(SELECT count(*) FROM (SELECT 1 FROM walked LIMIT {MOST_STEPS + 1}) AS steps)"
    sets = "".join(f", {name}(id) AS MATERIALIZED ({body})" for name, body in writer.sets.items())
    return writer.bound(
        f"WITH RECURSIVE walked(root, id, depth) AS ({start} UNION {step}){sets}"
        f" SELECT catalog_term.text, catalog_document.body, placed.depth, {counted} AS steps FROM ({placed}) AS placed"
        f" {writer.join} catalog_term ON catalog_term.id = placed.root"
        f" {writer.join} catalog_document ON catalog_document.id = placed.document"
        f" WHERE placed.place <= {most} ORDER BY placed.root, placed.place"
    )
