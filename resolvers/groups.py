"""Groups within groups, from the catalog: which a viewer belongs to, and what stands above and below a group."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from callboard_sdk import Catalog, EntityRef, Viewer

from .recent import Recent

KEPT_SECONDS = 30.0
"""How long the hierarchy is believed before the catalog is asked again."""
MAX_LEVELS = 64
"""How many levels are followed; no company has as many, and a catalog gone wrong must not keep a request for ever."""

_Wanted = tuple[str, frozenset[EntityRef]]


class CatalogGroups:
    """`callboard_sdk.Groups` over whichever catalog there is: one question a level for all groups of it, then kept.

    `catalog` gives the catalog, None while there is none: a group then stands alone.
    """

    def __init__(
        self, catalog: Callable[[], Catalog | None], *, seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._catalog = catalog
        self._closures: Recent[_Wanted, frozenset[EntityRef]] = Recent(self._closure, seconds, clock=clock)
        self._memberships: Recent[EntityRef, frozenset[EntityRef]] = Recent(self._member_of, seconds, clock=clock)

    async def above(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These groups and every group above one of them."""
        return await self._reached("childOf", refs)

    async def below(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These groups and every group below one of them."""
        return await self._reached("parentOf", refs)

    async def complete(self, viewer: Viewer) -> Viewer:
        """The viewer with all its groups: those that it has, those that its entity is a member of, and all above them."""
        groups = viewer.groups
        if viewer.entity is not None:
            groups |= await self._memberships.get(viewer.entity)
        groups = await self.above(groups)
        return viewer if groups == viewer.groups else replace(viewer, groups=groups)

    async def _reached(self, relation: str, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        wanted = frozenset(refs)
        return await self._closures.get((relation, wanted)) if wanted else wanted

    async def _member_of(self, user: EntityRef) -> frozenset[EntityRef]:
        return await self._next(frozenset({user}), "memberOf")

    async def _closure(self, wanted: _Wanted) -> frozenset[EntityRef]:
        relation, level = wanted
        reached = level
        for _ in range(MAX_LEVELS):
            level = await self._next(level, relation) - reached
            if not level:
                break
            reached |= level
        return reached

    async def _next(self, refs: frozenset[EntityRef], relation: str) -> frozenset[EntityRef]:
        catalog = self._catalog()
        if catalog is None:
            return frozenset()
        found = await catalog.related(sorted(refs), relation)
        return frozenset(ref for refs in found.values() for ref in refs if ref.kind == "group")
