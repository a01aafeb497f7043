"""Patterns for paths and artifact names, and the entity refs made from what they capture."""

from __future__ import annotations

import re

from callboard_sdk import EntityRef, InvalidRef

_PIECE = re.compile(r"\*\*/|\*\*|\*|\{[^{}]*\}|[^*{}]+|[{}]")
_WORD = re.compile(r"\{([a-z][a-z_]*)\}")
_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
MAX_LENGTH = 500


class PatternError(ValueError):
    """A pattern or ref template in the settings can't be used; the message says what to write instead."""


class Pattern:
    """A pattern over the whole of a text: `*` within one part, `**` over parts, `{word}` captures one part.

    A word captures no `/`, `:` or `@`, so that in an image reference it stops before tag and digest. Each pattern
    compiles to a regular expression without nested repetition; texts are at most 4,096 characters.
    """

    def __init__(self, text: str) -> None:
        if not text or len(text) > MAX_LENGTH:
            raise PatternError(f"a pattern has 1 to {MAX_LENGTH} characters, this one has {len(text)}")
        pieces = _PIECE.findall(text)
        words = [piece[1:-1] for piece in pieces if _WORD.fullmatch(piece)]
        if len(set(words)) < len(words):
            raise PatternError(f"{text!r} uses a {{word}} twice: give each its own name")
        if sum(piece.startswith("*") for piece in pieces) > 6:
            raise PatternError(f"{text!r} has more than six wildcards: write several patterns")
        self.text = text
        self.words = frozenset(words)
        self._regex = re.compile("".join(_compiled(piece, text) for piece in pieces), re.DOTALL)

    def match(self, text: str) -> dict[str, str] | None:
        """What the words captured when the pattern fits all of `text`; None when it does not."""
        found = self._regex.fullmatch(text) if len(text) <= 4_096 else None
        return found.groupdict() if found else None


def _compiled(piece: str, pattern: str) -> str:
    word = _WORD.fullmatch(piece)
    if word:
        return f"(?P<{word[1]}>[^/:@]+)"
    if piece[0] in "{}":
        raise PatternError(f"{pattern!r}: {piece!r} is not a word in braces: write lower case letters, like {{component}}")
    return _PARTS.get(piece) or re.escape(piece)


class RefTemplate:
    """An entity ref with `{word}`s in it, to be filled with what a pattern captured."""

    def __init__(self, text: str, words: frozenset[str]) -> None:
        unknown = sorted(set(_WORD.findall(text)) - words)
        if unknown:
            known = ", ".join(f"{{{word}}}" for word in sorted(words)) or "no words"
            raise PatternError(f"{text!r} uses {{{unknown[0]}}}, but its pattern captures {known}")
        self.text = text
        if self.fill(dict.fromkeys(words, "x")) is None:
            raise PatternError(f"{text!r} is not an entity ref: write kind:[namespace/]name, like component:{{component}}")

    def fill(self, captured: dict[str, str]) -> EntityRef | None:
        """The ref with the captured words in place; None when that is no valid ref."""
        try:
            return EntityRef.parse(_WORD.sub(lambda word: captured[word[1]], self.text), kind="component")
        except (InvalidRef, KeyError):
            return None
