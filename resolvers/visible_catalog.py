"""The catalog as one viewer may see it: what is hidden is absent, and so is every relation that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from callboard_sdk import Access, Catalog, Entity, EntityRef


class VisibleCatalog:
    """A `callboard_sdk.Catalog` that leaves out what the access denies.

    A relation is there when both of its ends are, also one that the visible end declares, which the graph shows as a reference
    to nothing: a plugin looks up by the refs what it knows itself, and adds it up, so that of a hidden entity it is handed none.
    What is hidden and what is absent are left out alike.
    """

    def __init__(self, catalog: Catalog, access: Access) -> None:
        self._catalog = catalog
        self._access = access

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs, in the same order; None where there is none that may be seen."""
        return [self._access.shown(entity) for entity in await self._catalog.get(refs)]

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """For each of these refs the refs it has this relation to, sorted."""
        found = await self._catalog.related(refs, relation)
        ends = sorted({*refs, *(target for targets in found.values() for target in targets)})
        seen = {ref for ref, entity in zip(ends, await self.get(ends), strict=True) if entity is not None}
        return {ref: [target for target in found.get(ref, ()) if target in seen] if ref in seen else [] for ref in refs}
