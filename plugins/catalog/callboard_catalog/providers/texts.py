"""A text from its bytes, as descriptors are read everywhere."""

from __future__ import annotations

from callboard_sdk import Unreadable


def decoded(raw: bytes) -> str:
    """UTF-8, with or without a mark at its beginning, its lines ended by newlines alone. Raises Unreadable, with the place."""
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        message = f"is not UTF-8: byte {column} of line {line}"
        raise Unreadable("encoding", message, "Save it as UTF-8.", line, column) from None


def printable(name: str) -> str:
    """The name of an item, with what can't be printed written out."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)
