"""People and groups, from the catalog: who is there, what they are members of, and what stands above and below a group."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from callboard_sdk import Catalog, EntityRef

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

    async def above(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These groups and every group above one of them."""
        return await self._reached("childOf", refs)

    async def below(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These groups and every group below one of them."""
        return await self._reached("parentOf", refs)

    async def _reached(self, relation: str, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        wanted = frozenset(refs)
        return await self._closures.get((relation, wanted)) if wanted else wanted

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
        return await _groups(self._catalog(), refs, relation)


class Memberships:
    """Which groups people are members of, as the catalog says; kept as the hierarchy is."""

    def __init__(
        self, catalog: Callable[[], Catalog | None], *, seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._catalog = catalog
        self._known: Recent[EntityRef, frozenset[EntityRef]] = Recent(self._look, seconds, clock=clock)

    async def of(self, user: EntityRef) -> frozenset[EntityRef]:
        """The groups that the user is a member of, and not those above them."""
        return await self._known.get(user)

    async def _look(self, user: EntityRef) -> frozenset[EntityRef]:
        return await _groups(self._catalog(), frozenset({user}), "memberOf")


class Users:
    """Which users the catalog has; believed as long as the hierarchy is."""

    def __init__(
        self, catalog: Callable[[], Catalog | None], *, seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._catalog = catalog
        self._known: Recent[EntityRef, bool] = Recent(self._look, seconds, clock=clock)

    async def has(self, user: EntityRef) -> bool:
        """Whether there is such a user. Raises LookupError where there is no catalog that could say."""
        return await self._known.get(user)

    async def _look(self, user: EntityRef) -> bool:
        if (catalog := self._catalog()) is None:
            raise LookupError("no catalog is running")
        return (await catalog.get([user]))[0] is not None


async def _groups(catalog: Catalog | None, refs: frozenset[EntityRef], relation: str) -> frozenset[EntityRef]:
    if catalog is None:
        return frozenset()
    found = await catalog.related(sorted(refs), relation)
    return frozenset(ref for refs in found.values() for ref in refs if ref.kind == "group")
