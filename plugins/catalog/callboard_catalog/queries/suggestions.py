"""What a reference that leads nowhere may mean: looked up when somebody reads of it, so that it is never out of date.

A. same   entities of the same name: of its kind first, or of another
B. near   entities of the same kind whose names are an edit or two away, compared with all of the kind at once
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np
from callboard_sdk import EntityRef
from rapidfuzz import process
from rapidfuzz.distance import OSA

from callboard_catalog.descriptors.spelling import MOST_EDITS, edits_of
from callboard_catalog.records.sorting import infix, name_of, prefix, ref_of

from .facets import Asked

SORTS = Asked("sort")
"""The column of all entities, each by its name, kind and namespace."""
MOST = 200
"""Refs of which near names are looked for in one go: those of a page of problems, and of what a page of entities usually has."""


def suggested(sorts: Sequence[str], missing: Sequence[EntityRef]) -> dict[EntityRef, EntityRef]:
    """For each missing ref the entity that is there and may be meant, the nearest first; of equals one in its namespace.

    `sorts` are those of all entities, in their order.
    """
    found: dict[EntityRef, list[tuple[int, EntityRef]]] = {ref: list(_same(sorts, ref)) for ref in missing}  # A
    looked = missing[:MOST]  # B
    for kind in {ref.kind for ref in looked}:
        wanted = [ref for ref in looked if ref.kind == kind]
        of_kind = infix(kind)
        there = [sort for sort in sorts if of_kind in sort]
        for at, number, edits in _near([ref.name for ref in wanted], list(map(name_of, there))):
            found[wanted[at]].append((2 * edits, ref_of(there[number])))
    return {ref: _best(ref, ranked) for ref, ranked in found.items() if ranked}


def _best(wanted: EntityRef, ranked: Sequence[tuple[int, EntityRef]]) -> EntityRef:
    _, _, ref = min((rank, ref.namespace != wanted.namespace, ref) for rank, ref in ranked)
    return ref


def _same(sorts: Sequence[str], wanted: EntityRef) -> Iterator[tuple[int, EntityRef]]:
    """Each with its rank: of the same kind it comes before all, of another after one edit and before two."""
    before = prefix(wanted.name)
    for number in range(bisect_left(sorts, before), len(sorts)):
        if not sorts[number].startswith(before):
            return
        ref = ref_of(sorts[number])
        yield (1 if ref.kind == wanted.kind else 3), ref


def _near(names: Sequence[str], known: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Of which name, which of the known ones is near, and by how many edits (optimal string alignment)."""
    if not known:
        return
    edits = process.cdist(names, known, scorer=OSA.distance, score_cutoff=MOST_EDITS, dtype=np.uint8)
    allowed = np.array([edits_of(name) for name in names])[:, np.newaxis]
    for at, number in zip(*np.nonzero((edits > 0) & (edits <= allowed)), strict=True):
        yield int(at), int(number), int(edits[at, number])
