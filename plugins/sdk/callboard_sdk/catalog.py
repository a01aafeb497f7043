"""What a plugin may ask the catalog, whichever plugin provides it: entities by ref, and their relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from .entities import Entity
from .ref import EntityRef


@runtime_checkable
class Catalog(Protocol):
    """The catalog as other plugins see it. A resolver asks for it by annotation: `catalog: Catalog`.

    It has what the request's viewer may see. For one who may not see everything a relation is there if both ends may be seen.
    """

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs, in the same order; None where there is none."""
        ...

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """For each of these refs the refs it has this relation to (`ownedBy`, `ownerOf`, `hasPart`, ...), sorted."""
        ...
