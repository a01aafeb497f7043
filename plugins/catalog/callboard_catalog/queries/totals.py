"""What was counted, remembered for as long as it is true: counting means looking at every entity in a list. Part of the store."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Total(Generic[C]):
    """What was counted, in the catalog of this version."""

    count: C
    version: int


class Totals(Generic[C]):
    """What was counted of what was asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Total[C]] = OrderedDict()

    def get(self, asked: Hashable) -> Total[C] | None:
        """What was counted last; it is true of the catalog of its version alone."""
        if (found := self._known.get(asked)) is not None:
            self._known.move_to_end(asked)
        return found

    def keep(self, asked: Hashable, total: Total[C]) -> Total[C]:
        """Remember it in place of the one that was asked for longest ago."""
        self._known[asked] = total
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return total

    def forget(self, asked: Hashable) -> None:
        """Have it counted again."""
        self._known.pop(asked, None)
