"""How long lists under a condition are, remembered: counting one means looking at every entity in it. Part of the store."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from .lists import EntityList

_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are, in the catalog of this version."""

    count: int
    version: int | None = None


class Totals:
    """The totals of the lists asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[EntityList, Total] = OrderedDict()

    def get(self, listed: EntityList) -> Total | None:
        """What was counted last; it is true of the catalog of its version alone."""
        if (found := self._known.get(listed)) is not None:
            self._known.move_to_end(listed)
        return found

    def keep(self, listed: EntityList, total: Total) -> Total:
        """Remember it in place of the one that was asked for longest ago."""
        self._known[listed] = total
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return total
