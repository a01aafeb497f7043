"""The catalog as one viewer sees it: what it may not see looks as if no source had it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from callboard_sdk import Access, Catalog, Entity, EntityRef
from callboard_sdk.conditions import every

from .descriptor import Side

if TYPE_CHECKING:
    from .store import CatalogStore

Found = Mapping[EntityRef, Entity]


class SeenCatalog:
    """Satisfies the SDK's `Catalog` for one viewer's access."""

    def __init__(self, store: CatalogStore, access: Access) -> None:
        self._store = store
        self._access = access

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs that the viewer may see, in the same order; None for the others."""
        return list(map(self._access.shown, await self._store.get(refs)))

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """For each of these refs the refs it has this relation to, where a side that the viewer may see declares it."""
        relations = await self._store.relations(refs, [relation])
        known = await self.known([*refs, *(target for found in relations.values() for _, target, _ in found)])
        return {ref: [target for _, target, sides in relations[ref] if told(ref, target, sides, known)] for ref in refs}

    def seen_by(self, access: Access) -> Catalog:
        """What both accesses show."""
        return SeenCatalog(self._store, Access(every([self._access.entities, access.entities])))

    async def known(self, refs: Iterable[EntityRef]) -> Found:
        """Those of these refs that are entities which the viewer may see, each looked up once."""
        distinct = sorted(set(refs))
        found = zip(distinct, await self.get(distinct), strict=True) if distinct else ()
        return {ref: entity for ref, entity in found if entity is not None}


def told(source: EntityRef, target: EntityRef, sides: Side, known: Found) -> bool:
    """Whether a side that is known declares the relation."""
    return (Side.SOURCE in sides and source in known) or (Side.TARGET in sides and target in known)
