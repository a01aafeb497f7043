"""The parts of the pages that are made from the code: `make docs` writes them, a test holds them to it.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME says which function makes it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from callboard_catalog.rules import RULES

ROOT = Path(__file__).parents[2]
_PART = re.compile(r"(<!-- generated: ([a-z.-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def catalog_rules() -> str:
    rows = [(f"`catalog.{name}`", rule.severity.name, rule.broken_by) for name, rule in RULES.items()]
    return table(("rule", "severity", "broken by"), rows)


PARTS: dict[str, Callable[[], str]] = {"catalog.rules": catalog_rules}


def pages() -> Iterator[Path]:
    """Every page that has a generated part."""
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md")):
        if _PART.search(page.read_text(encoding="utf-8")):
            yield page


def current(text: str) -> str:
    """The text with every generated part made anew. Raises KeyError for a part that nothing makes."""
    return _PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}{part[4]}", text)


def write() -> None:
    """Write every page's generated parts again."""
    for page in pages():
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.exit(0)
