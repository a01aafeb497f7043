"""Small words: counts, ages and upstream texts as people read them."""

from __future__ import annotations

from datetime import datetime

MESSAGE = 2_000
"""How many characters of an upstream's text are kept whole."""


def counted(count: int | None, noun: str) -> str:
    """`1 pod`, `3 pods`."""
    return f"{count or 0} {noun}{'' if count == 1 else 's'}"


def ago(when: datetime | None, now: datetime) -> str:
    """`4 minutes ago`; `at an unknown time` without a time, `just now` for a clock that is ahead."""
    if when is None:
        return "at an unknown time"
    seconds = int((now - when).total_seconds())
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(seconds // size, noun)} ago"
    return "just now"


def shorten(text: str | None, most: int = 300) -> str:
    """An upstream's text on one line, cut where it gets long."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def joined(parts: list[str], most: int = 3) -> str:
    """The first few of these, and how many more there are."""
    rest = len(parts) - most
    return "; ".join(parts[:most]) + (f"; and {rest} more" if rest > 0 else "")
