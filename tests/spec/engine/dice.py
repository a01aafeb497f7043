"""Chance for the generators: every throw is one of Hypothesis's choices, so that a case shrinks and can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Throws that fall towards the simplest: 0, False, and the first of what is offered."""

    def __init__(self, random: Random) -> None:
        self.below = random.randrange

    def chance(self, percent: int) -> bool:
        return percent > 0 and self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))] if len(options) > 1 else options[0]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Between `least` and `most` different ones, in their order."""
        wanted = least + self.below(min(most, len(options)) - least + 1)
        left = list(options)
        while len(left) > wanted:
            left.pop(self.below(len(left)))
        return left
