"""Which groups are in which: what roles by group and conditions on ownership ask of whichever plugin knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from .ref import EntityRef


@runtime_checkable
class Groups(Protocol):
    """The groups of the organisation, nested. A predicate asks for it by annotation: `groups: Groups`.

    A resource that has these methods provides it.
    """

    async def above(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These, and all groups that they are in, directly or through others."""
        ...

    async def below(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These, and all groups that are in them, directly or through others."""
        ...


class Flat:
    """The groups where no plugin knows any: none is in another."""

    async def above(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These alone."""
        return frozenset(refs)

    async def below(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These alone."""
        return frozenset(refs)
