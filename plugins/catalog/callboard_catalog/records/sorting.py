"""What lists of entities are ordered by: the name, then the kind, then the namespace. Part of the store.

Between them is what none of them can have, and what comes before all that they can: `web` before `web-shop`, as by name alone.
"""

from __future__ import annotations

from callboard_sdk import EntityRef

from .marks import storable

_BETWEEN = " "


def sort_of(ref: EntityRef) -> str:
    """The entity's place among all: one text, which no other entity has."""
    return _BETWEEN.join((ref.name, ref.kind, ref.namespace)).lower()


def ref_of(sort: str) -> EntityRef:
    """Whose place it is."""
    name, kind, namespace = sort.split(_BETWEEN)
    return EntityRef(kind, namespace, name)


def name_of(sort: str) -> str:
    """The name of whose place it is."""
    return sort.partition(_BETWEEN)[0]


def infix(kind: str) -> str:
    """What the places of all of a kind have within, and no others."""
    return f"{_BETWEEN}{kind}{_BETWEEN}"


def is_place(text: str) -> bool:
    """Whether it can be an entity's place; what earlier gateways ordered by can't."""
    return text.count(_BETWEEN) == 2 and storable(text)


def prefix(name: str, kind: str | None = None) -> str:
    """How the places of all begin that have this name, and are of this kind; no place does for what is no name."""
    return _BETWEEN.join((name, "") if kind is None else (name, kind, ""))


def nameable(text: str) -> bool:
    """Whether a name can have this, as far as places are concerned: nothing that is between names and kinds."""
    return _BETWEEN not in text and storable(text)
