"""The columns of one export file: which of FOCUS's columns it has, and how each is read as text.

The names are those of FOCUS 1.0 (FinOps Open Cost and Usage Specification, section 2). All other columns are left
alone. Text of a file never becomes part of a statement: a CSV file's columns are called c0, c1, ... by position, and a
Parquet file's are looked up among the names known here.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .settings import CostColumn

REQUIRED = ("BillingCurrency", "ChargePeriodStart")
OPTIONAL = (
    "ChargePeriodEnd",
    "ChargeCategory",
    "ServiceName",
    "ServiceCategory",
    "SubAccountId",
    "SubAccountName",
    "ResourceId",
    "Tags",
)
MAX_COLUMNS = 1_000
_MAX_HEADER = 256 * 1024
_DELIMITERS = ",;\t|"


class Unreadable(Exception):
    """A file that can't be read at all; the text says why, `remedy` what to do."""

    def __init__(self, rule: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Scan:
    """How to read one file: a table function's text with one parameter for the path, and a text expression a column."""

    table: str
    texts: Mapping[str, str]
    is_csv: bool

    def text(self, column: str) -> str:
        """The SQL for a column's text; NULL for one the file doesn't have, an empty one, and the text `NULL`."""
        if column not in self.texts:
            return "NULL::VARCHAR"
        trimmed = f"trim({self.texts[column]})"
        return f"CASE WHEN {trimmed} NOT IN ('', 'NULL', 'null') THEN {trimmed} END"


def csv_scan(path: str, cost: CostColumn) -> Scan:
    """How to read a CSV file, from its header. Raises Unreadable, OSError."""
    delimiter, header = _header(path)
    places = {name: f'"c{index}"' for index, name in reversed(list(enumerate(header)))}
    names = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(header)))
    table = (
        "read_csv(?, auto_detect = false, header = true, quote = '\"', escape = '\"', "
        f"delim = '{delimiter}', columns = {{{names}}}, null_padding = false, "
        "ignore_errors = true, store_rejects = true, rejects_limit = 10000)"
    )
    return Scan(table, _known(places, cost), is_csv=True)


def parquet_scan(types: Sequence[tuple[str, str]], cost: CostColumn) -> Scan:
    """How to read a Parquet file whose columns have these names and types. Raises Unreadable."""
    texts: dict[str, str] = {}
    for name, kind in types:
        quoted = '"' + name.replace('"', '""') + '"'
        as_text = f"CAST(to_json({quoted}) AS VARCHAR)" if _nested(kind) else f"CAST({quoted} AS VARCHAR)"
        texts.setdefault(name, quoted if kind == "VARCHAR" else as_text)
    return Scan("read_parquet(?)", _known(texts, cost), is_csv=False)


def _nested(kind: str) -> bool:
    return kind.startswith(("MAP(", "STRUCT(", "JSON")) or kind.endswith("]")


def _known(texts: Mapping[str, str], cost: CostColumn) -> dict[str, str]:
    folded = {name.strip().casefold(): text for name, text in texts.items()}
    missing = [name for name in (*REQUIRED, cost) if name.casefold() not in folded]
    if missing:
        raise Unreadable(
            "missing-columns",
            f"column {' and '.join(missing)} is missing",
            "Export FOCUS 1.0 with all of its columns, or leave the file out of `include`.",
        )
    wanted = (*REQUIRED, *OPTIONAL, cost)
    return {name: folded[name.casefold()] for name in wanted if name.casefold() in folded}


def _header(path: str) -> tuple[str, list[str]]:
    """The delimiter (whichever splits the first line most often) and the columns' names."""
    opened = gzip.open(path, "rb") if path.endswith(".gz") else Path(path).open("rb")  # noqa: SIM115
    try:
        with opened as file:
            line = file.readline(_MAX_HEADER)
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile):
        raise _not_csv() from None
    if not text or "\0" in text or len(line) >= _MAX_HEADER:
        raise _not_csv()
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise _not_csv() from None
    if len(names) > MAX_COLUMNS:
        raise _not_csv()
    return delimiter, names


def _not_csv() -> Unreadable:
    return Unreadable(
        "unreadable",
        "its first line is no header of a CSV file in UTF-8",
        "Export FOCUS as CSV in UTF-8 with a header, or as Parquet.",
    )
