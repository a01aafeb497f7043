"""Versions in an order that is right enough to advise an upgrade, across ecosystems that each have rules of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PIECE = re.compile(r"\d{1,18}|[a-zA-Z]+|~")
_EARLY = frozenset({"a", "alpha", "b", "beta", "c", "rc", "pre", "preview", "dev", "snapshot", "m"})


def order(version: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key: numbers by value, pre-releases before their release, letters (as in 1.1.1d) after it."""
    return (
        *(_piece(piece) for piece in _PIECE.findall(version.strip().removeprefix("v").partition("+")[0][:200])),
        (1, 0, ""),
    )


def _piece(piece: str) -> tuple[int, int, str]:
    if piece.isdigit():
        return 3, int(piece), ""
    early = piece == "~" or piece.lower() in _EARLY
    return (0 if early else 2), 0, piece.lower()


def upgrade(installed: str | None, fixed: str) -> str:
    """The version to go to: of several that mend it (one per release line), the lowest above the installed one."""
    offered = [version for text in re.split(r"[,;]\s*|\s+\|\|\s+|\s+or\s+", fixed) if (version := text.strip(" <>=^~"))]
    above = [version for version in offered if installed is None or order(version) > order(installed)]
    return min(above, key=order) if above else max(offered, key=order, default=fixed)


def highest(versions: Iterable[str]) -> str:
    """The last of these versions."""
    return max(versions, key=order)
