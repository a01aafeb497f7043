"""Patterns of the attribution rules: how a sub-account, resource or tag value is turned into an entity's ref."""

from __future__ import annotations

import re
from dataclasses import dataclass

from callboard_sdk import EntityRef, InvalidRef

MAX_LENGTH = 300
MAX_WILDCARDS = 8

_TOKEN = re.compile(r"\*|\?|\{([a-z_]+)\}")
_BRACE = re.compile(r"[{}]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class PatternError(ValueError):
    """A rule in the settings that can't work; the message says which and how to write it."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The kind and namespace to assume where a text leaves them out."""

    kind: str
    namespace: str

    def ref(self, text: str) -> EntityRef | None:
        """The ref that `text` is; None for what can't name an entity, such as an empty or overlong text."""
        if not text or len(text) > MAX_LENGTH or not text.isprintable():
            return None
        try:
            return EntityRef.parse(text, kind=self.kind, namespace=self.namespace)
        except InvalidRef:
            return None


class Matches:
    """The entries of one rule: texts to look for, and the ref that each stands for.

    `{word}` in a text stands for letters, digits, `.`, `_` and `-` and may be used in the ref, `*` for any text and
    `?` for one character; anything else stands for itself. A text without any of these is looked up at once and goes
    first; the others are tried in order.
    """

    def __init__(self, entries: dict[str, str], naming: Naming) -> None:
        self._naming = naming
        self._exact: dict[str, EntityRef | None] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        for text, target in entries.items():
            self._add(text, target)

    def ref(self, text: str) -> EntityRef | None:
        """The ref that the first fitting entry gives for `text`; None when none fits."""
        if not text or len(text) > MAX_LENGTH:
            return None
        if text in self._exact:
            return self._exact[text]
        for pattern, target in self._patterns:
            if found := pattern.fullmatch(text):
                return self._naming.ref(_PLACEHOLDER.sub(lambda word: found[word[1]], target))
        return None

    def _add(self, text: str, target: str) -> None:
        words = _TOKEN.findall(text)
        if not text or len(text) > MAX_LENGTH or len(words) > MAX_WILDCARDS:
            raise PatternError(f"{text[:80]!r}: write 1 to {MAX_LENGTH} characters with at most {MAX_WILDCARDS} wildcards")
        if _BRACE.search(_TOKEN.sub("", text)):
            raise PatternError(f"{text!r}: write a placeholder as {{name}}, in lower case")
        named = [word for word in words if word]
        if len(named) != len(set(named)):
            raise PatternError(f"{text!r}: use each placeholder once")
        if unknown := sorted(set(_PLACEHOLDER.findall(target)) - set(named)):
            raise PatternError(f"{target!r} uses {{{unknown[0]}}}, which {text!r} doesn't have: add it there")
        sample = self._naming.ref(_PLACEHOLDER.sub("x", target))
        if sample is None or _BRACE.search(_PLACEHOLDER.sub("x", target)):
            raise PatternError(f"{target!r} is no entity ref: write [kind:][namespace/]name, like system:checkout")
        if words:
            self._patterns.append((re.compile(_regex(text), re.DOTALL), target))
        else:
            self._exact[text] = sample


def _regex(text: str) -> str:
    parts, end = [], 0
    for token in _TOKEN.finditer(text):
        parts.append(re.escape(text[end : token.start()]))
        parts.append({"*": ".*", "?": "."}.get(token[0], f"(?P<{token[1]}>[A-Za-z0-9._-]+)"))
        end = token.end()
    return "".join([*parts, re.escape(text[end:])])
