"""The parts of the pages that are made from the code: `make docs` writes them, a test holds them to it.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME says which function makes it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from callboard_catalog.descriptors.rules import RULES
from gateway.logs import silence_logs

from tests.docs.metrics import metrics_table
from tests.docs.permissions import permissions_table
from tests.docs.sdk import sdk_tables
from tests.docs.settings import settings_tables
from tests.docs.tables import table

ROOT = Path(__file__).parents[2]
_PART = re.compile(r"(<!-- generated: ([a-z.-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def catalog_rules() -> str:
    rows = [(f"`catalog.{name}`", rule.severity.name, rule.broken_by) for name, rule in RULES.items()]
    return table(("rule", "severity", "broken by"), rows)


PARTS: dict[str, Callable[[], str]] = {
    "catalog.rules": catalog_rules,
    "metrics": metrics_table,
    "permissions": permissions_table,
    "sdk": sdk_tables,
    "settings": settings_tables,
}


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
    silence_logs()
    for page in pages():
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.exit(0)
