"""The numbers as a file: each table with the machine and the moment it was measured on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.table import Row

FILE = Path(__file__).with_name("results.json")


def result(title: str, rows: Sequence[Row], machine: dict[str, Any], seconds: float) -> dict[str, Any]:
    """One table's part of the file."""
    return {"title": title, "rows": rows, "seconds": round(seconds, 1), "machine": machine}


def encoded(results: dict[str, Any]) -> bytes:
    """The results as JSON text."""
    return orjson.dumps(results, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def keep(results: dict[str, Any], file: Path = FILE) -> None:
    """Write these tables into the file, in place of what it had of them; the others stay as they are."""
    kept = orjson.loads(file.read_bytes()) if file.exists() else {}
    file.write_bytes(encoded(dict(sorted((kept | results).items()))))
