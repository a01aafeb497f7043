"""Where the made-up company gets its chance: one seeded stream per named thing, so that adding a thing disturbs no other."""

from __future__ import annotations

import hashlib
import random
import uuid


class Dice:
    """Independent random streams of one seed.

    A stream depends on the seed and on its name alone, never on what was asked before: a company
    of 20 components is drawn by the same throws as one of 800.
    """

    def __init__(self, seed: int) -> None:
        """Take the seed of the whole company."""
        self.seed = seed

    def of(self, *name: str) -> random.Random:
        """The stream of the thing called `name`, always from its beginning."""
        return random.Random(f"{self.seed}/{'/'.join(name)}")


def uid(*name: str) -> str:
    """A stable UUID for the thing called `name`."""
    return str(uuid.UUID(hashlib.sha256("/".join(name).encode()).hexdigest()[:32], version=4))


def hexes(length: int, *name: str) -> str:
    """`length` (at most 64) stable lower-case hexadecimal digits for the thing called `name`."""
    return hashlib.sha256("/".join(name).encode()).hexdigest()[:length]


def number(below: int, *name: str) -> int:
    """A stable integer in `0 <= n < below` for the thing called `name`."""
    return int(hexes(15, *name), 16) % below
