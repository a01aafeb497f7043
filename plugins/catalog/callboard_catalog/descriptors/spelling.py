"""Kinds and versions that look misspelt. Nothing is refused for it: any kind may be an entity's, in any version."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from callboard_sdk.entities import ENTITY_TYPES
from rapidfuzz.distance import OSA

KINDS = tuple(kind.KIND for kind in ENTITY_TYPES if kind.KIND)
"""The kinds that have fields of their own, as they are written."""
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "backstage.io": ("v1alpha1", "v1beta1", "v1beta2"), "scaffolder.backstage.io": ("v1beta2", "v1beta3"),
}  # fmt: skip
"""The versions of the groups of formats that are known."""
MOST_EDITS = 2
_SHORT_KIND, _SHORT, _LONG = 4, 3, 8
"""Letters from which on one edit still says what was meant, of a kind and of a name; and two edits, of either."""


def edits_of(name: str, short: int = _SHORT) -> int:
    """How many edits away a name may be that is meant by this one: a letter more, less, another, or two that changed places."""
    return 0 if len(name) < short else 1 if len(name) < _LONG else MOST_EDITS


def kind_meant(kind: str, others: Collection[str] = ()) -> str | None:
    """The known kind, of ours or of these others, that is meant: in other case, or a few edits away.

    None where it is a known one, or like none; who means one knows its first letter (an `AiResource` is no Resource).
    """
    known, small = {*KINDS, *others}, kind.lower()
    alike = [(OSA.distance(small, one.lower()), one) for one in known if one[0].lower() == small[0]]
    edits, meant = min(alike, default=(0, kind))
    return meant if kind not in known and meant != kind and edits <= edits_of(kind, _SHORT_KIND) else None


def versions_meant(api_version: str) -> tuple[str, ...]:
    """What its group has instead of the version; nothing where it has it, or isn't known."""
    group, _, version = api_version.rpartition("/")
    known = VERSIONS.get(group, ())
    return () if version in known else tuple(f"{group}/{one}" for one in known)
