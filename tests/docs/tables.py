"""Tables as pages have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_CELLS = re.compile(r"(?<!\\)\|")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---" for _ in head], *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join("|".join(["", *(f" {cell} " if cell else " " for cell in line), "\n"]) for line in escaped)


def rows(text: str, first: str) -> Iterator[list[str]]:
    """The rows of every table of a page whose first column is headed so."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line)[1:-1]]
        if not cells:
            inside = False
        elif inside and not set(cells[0]) <= {"-"}:
            yield cells
        elif cells[0] == first:
            inside = True


def named(text: str, first: str) -> list[str]:
    """The names in code marks in the first column of these tables."""
    return [name for row in rows(text, first) for name in re.findall(r"`([^`]+)`", row[0])]
