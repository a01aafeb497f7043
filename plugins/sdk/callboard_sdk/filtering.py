"""How an argument says by which fields it narrows or orders a list: whoever may not read a field may not ask by it either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

_MEMBERS = "__callboard_filters__"


@dataclass(frozen=True, slots=True)
class Filters:
    """The coordinates whose values decide what comes of a list, or in which order."""

    coordinates: tuple[str, ...]


def filters(*coordinates: str) -> Filters:
    """What an argument, or a field of an input type, narrows or orders by.

    It stands in the annotation: `Annotated[str | None, filters("API.type")]`. `T.field` is a field of an object type; of an
    interface, `Entity.type` stands for the field of that name of each type that the list can hold. A value other than null is
    refused with FORBIDDEN to a viewer who may not read one of these fields of every object that it sees, whatever there is.
    `Annotated[Page, filters("Shift.start")]` is a list that is always ordered so: its order and its cursors tell of that field.
    """
    return Filters(coordinates)


def filters_of(annotation: Any) -> tuple[str, ...]:
    """What an annotation says that it filters by."""
    if get_origin(annotation) is not Annotated:
        return ()
    return tuple(name for one in get_args(annotation)[1:] if isinstance(one, Filters) for name in one.coordinates)


def set_member_filters(kind: type[Enum], members: Mapping[str, Filters]) -> None:
    """Keep what choosing a member of this enum orders or narrows by. Raises ValueError for a member that there is not."""
    for name in members:
        if name not in kind.__members__:
            raise ValueError(f"{kind.__name__} has no member {name!r}: name one of {', '.join(kind.__members__)}")
    setattr(kind, _MEMBERS, members)


def member_filters(kind: type, member: str) -> tuple[str, ...]:
    """What choosing this member filters by."""
    found = getattr(kind, _MEMBERS, {}).get(member)
    return found.coordinates if found else ()
