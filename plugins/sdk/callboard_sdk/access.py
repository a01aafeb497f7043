"""What a viewer may see of the catalog, handed to the functions that list or look up entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

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
