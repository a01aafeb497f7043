"""The words of texts: what a search finds entities by, the same in every database and in Python."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from enum import Enum

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 64
_MOST = 1_000
"""Words of one text that count: its first."""


class Wording(Enum):
    """A text of an entity that has words."""

    NAME = "name"
    TITLE = "title"
    TAGS = "tags"
    DESCRIPTION = "description"


def words_of(text: str) -> tuple[str, ...]:
    """Its words in order: letters and digits, without case, each cut to 64 characters."""
    if text.isascii():  # folding leaves its words as they stand
        return tuple(word[:_LONGEST] for word in _WORD.findall(text.lower())[:_MOST])
    return tuple(folded for start, end in places_of(text) for folded in _folded(text[start:end]))


def places_of(text: str) -> Iterator[tuple[int, int]]:
    """Where its words begin and end."""
    for found, _ in zip(_WORD.finditer(text), range(_MOST), strict=False):
        yield found.span()


def _folded(word: str) -> Iterable[str]:
    return (
        part[:_LONGEST] for part in _WORD.findall(word.casefold())
    )  # folding may split: it can leave accents that stand alone


def words_in(
    where: Collection[Wording], name: str, title: str | None, tags: Iterable[str] | None, description: str | None
) -> set[str]:
    """The words of these texts of an entity."""
    texts = {Wording.NAME: (name,), Wording.TITLE: (title,), Wording.TAGS: tags or (), Wording.DESCRIPTION: (description,)}
    return {word for one in where for text in texts[one] if text for word in words_of(text)}
