"""The documents of a text of rules: a role that is not YAML is left out, and hides nothing of the others."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from operator import itemgetter

from callboard_sdk.yaml import Document, YamlError, read_documents

_ROLES = re.compile(r"roles\s*:\s*(?:#.*)?$")
_BROKEN = 5
"""How many roles that are not YAML are told in one go: for each the text is parsed anew."""


def documents(content: str, lost: Callable[[int, str, str], None]) -> list[Document]:
    """The documents of the text, without the roles that can't be read; each of those is told by its line, its text and why."""
    broken = 0
    while True:
        found, error = _parsed(content)
        if error is None:
            return found
        line = error.mark.line if error.mark else 1
        if broken == _BROKEN:
            lost(line, "", f"more than {_BROKEN} roles are not YAML, and the others were not looked at: mend these first")
            return []
        content, gone = _without_role(content, line)
        lost(line, gone, f"is not YAML: {error}")
        if not content:
            return []
        broken += 1


def _parsed(content: str) -> tuple[list[Document], YamlError | None]:
    try:
        return list(read_documents(content)), None
    except YamlError as error:
        return [], error


def _without_role(content: str, line: int) -> tuple[str, str]:
    """The text without the role that can't be read, its lines left empty, and what was in them; nothing is left of another.

    A bracket that isn't closed is told in the role that follows: the one is left out that lets the parser come further.
    """
    lines = content.split("\n")
    starts = _starts(lines)
    at = bisect_right(starts, line - 1) - 1
    found: list[tuple[float, str, str]] = []
    for start, end in pairwise([*starts, len(lines)][max(at - 1, 0) : at + 2]):
        rest = "\n".join([*lines[:start], *[""] * (end - start), *lines[end:]])
        _, error = _parsed(rest)
        reached = inf if error is None else error.mark.line if error.mark else 0
        found.append((reached, rest, "\n".join(lines[start:end])))
    reached, rest, lost = max(found, key=itemgetter(0), default=(0, "", ""))
    return (rest, lost) if reached > line else ("", content)


def _starts(lines: Sequence[str]) -> list[int]:
    """Where the roles begin: the lines that are as far in as the first below `roles:`."""
    head = next((number for number, line in enumerate(lines) if _ROLES.match(line)), len(lines))
    told = [
        number for number in range(head + 1, len(lines)) if lines[number].strip() and not lines[number].lstrip().startswith("#")
    ]
    depth = {number: len(lines[number]) - len(lines[number].lstrip()) for number in told}
    return [number for number in told if depth[number] == depth[told[0]] and not lines[number].lstrip().startswith("-")]
