"""How what an entity is marked with is named, and what begins so is found in an index. Part of the store."""

from __future__ import annotations

import hashlib

from callboard_sdk.conditions import LONGEST_BEGINNING, Column, Mark, Tie

LONGEST_KEPT = LONGEST_BEGINNING
"""Characters of a value that a term has."""
SEVERAL = "*"
"""What stands for an entity's owner where it has more than one; no ref is it."""
_SURROGATES = range(0xD800, 0xE000)
_HIGHEST = 0x10FFFF


def mark_text(mark: Mark | Column | Tie, key: str, value: str = "") -> str:
    """The term that an entity so marked has. Keys have no `=`; a long value is kept by its beginning and its digest.

    No value stands for another's: with its digest one is longer than any that is kept as it is.
    """
    if len(value) > LONGEST_KEPT:
        value = f"{value[:LONGEST_KEPT]}{hashlib.sha256(value.encode()).hexdigest()}"
    return f"{mark.value}:{key}={value}"


def after_all(beginning: str) -> str | None:
    """The first text that comes after all that begin so, in the order of code points; None where there is none."""
    while beginning:
        head, last = beginning[:-1], ord(beginning[-1])
        if last < _HIGHEST:
            return head + chr(_SURROGATES.stop if last + 1 in _SURROGATES else last + 1)
        beginning = head
    return None


def storable(value: str) -> bool:
    """Whether a database can have it at all; what is read has no other text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
