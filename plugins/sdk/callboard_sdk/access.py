"""What a viewer may see of the catalog, handed to the functions that list or look up entities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from strawberry.types.base import get_object_definition

from .conditions import ALWAYS, Expression, holds
from .entities import Entity

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True)
class Access:
    """Which entities this request's viewer may see. A function asks for it by annotation: `access: Access`.

    By asking, a function promises that nothing it gives, no list, count or cursor, depends on an entity that `sees` denies.
    """

    entities: Expression = ALWAYS
    """What an entity of any kind must be."""

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden."""
        return self.entities == ALWAYS

    def sees(self, entity: Entity) -> bool:
        """Whether the viewer may see this entity; what it may not see is to be treated as absent."""
        return holds(self.entities, entity)

    def shown(self, entity: E | None) -> E | None:
        """The entity, or None where the viewer may not see it."""
        return entity if entity is not None and self.sees(entity) else None


EVERYTHING = Access()
"""Nothing is hidden."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Which fields of an entity this request's viewer may read. A function asks for it by annotation: `readable: Readable`.

    It is for a field whose value shows what other fields of the same object show too, such as a descriptor's whole spec, or what
    the field of its own name shows of other entities, such as a sum: by asking, its function promises to leave out what those
    would not show.
    """

    musts: Mapping[str, Expression] = field(default_factory=dict)
    """What an entity must be for its field to be read, by coordinate; of those that are not simply allowed."""

    def reads(self, entity: Entity, name: str) -> bool:
        """Whether the viewer may read this entity's field of this name; so it is where its type has no such field."""
        must = self.musts.get(f"{get_object_definition(type(entity), strict=True).name}.{name}")
        return must is None or holds(must, entity)

    def reads_all(self, name: str) -> bool:
        """Whether the viewer may read the field of this name of every entity, so that none needs to be looked at."""
        return not any(coordinate.endswith(f".{name}") for coordinate in self.musts)
