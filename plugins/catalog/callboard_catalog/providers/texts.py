"""The names of items, as messages show them."""

from __future__ import annotations


def printable(name: str) -> str:
    """The name of an item, with what can't be printed written out."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)
