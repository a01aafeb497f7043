# ruff: noqa: S608 - statements are made of this package's own texts; every value is bound
"""Reads one export file into a table of its day sums in one pass, and says which of its rows can't be counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
from callboard_sdk import Problem

from .attribution import Attributor
from .columns import Scan, Unreadable, csv_scan, parquet_scan
from .exports import Export, problem
from .settings import CostColumn

MAX_TEXT = 300

_BAD = {
    "amount": ("no {cost} that is a number below a trillion", "Export the cost as a plain decimal number."),
    "period": ("no ChargePeriodStart that is a time", "Export times as ISO 8601, like 2024-10-01T00:00:00Z."),
    "currency": ("no BillingCurrency of three letters", "Export the currency's ISO 4217 code, like EUR."),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file holds, besides the sums in the table: how many rows count, which days, and what is wrong."""

    rows: int
    bad_rows: int
    first: date | None
    last: date | None
    until: date | None
    currencies: tuple[str, ...]
    problems: tuple[Problem, ...]


class Reader:
    """Reads files through one DuckDB connection, which only one thread uses at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, attributor: Attributor, cost: CostColumn, max_rows: int) -> None:
        self._connection = connection
        self._attributor = attributor
        self._cost = cost
        self._max_rows = max_rows

    def read(self, export: Export) -> Reading:
        """Fill the temporary table `part` with the file's sums by day, currency and what attribution looks at.

        Raises Unreadable when nothing of the file can be counted; its text names no place outside of the source.
        """
        try:
            scan = self._scan(export)
            self._connection.execute(self._statement(scan), [_literal(export.path), *self._tag_paths()])
            return self._reading(export, scan)
        except duckdb.OutOfMemoryException:
            raise Unreadable("memory", "it needs more memory than allowed", "Raise `memory_mb`, or split it.") from None
        except (duckdb.Error, OSError, EOFError) as error:
            raise Unreadable(
                "unreadable",
                f"it can't be read to its end as {'Parquet' if _is_parquet(export) else 'CSV'}"
                f" ({type(error).__name__.removesuffix('Exception')})",
                "Export it again; a file that is still being written is read when it is complete.",
            ) from None

    def _scan(self, export: Export) -> Scan:
        if not _is_parquet(export):
            return csv_scan(export.path, self._cost)
        rows = self._connection.execute(
            "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))",
            [_literal(export.path)],
        ).fetchall()
        return parquet_scan(rows, self._cost)

    def _tag_paths(self) -> list[str]:
        """JSON pointers (RFC 6901): unlike JSON paths, they take every key as it is written."""
        return ["/" + key.replace("~", "~0").replace("/", "~1") for key in self._attributor.tags]

    def _statement(self, scan: Scan) -> str:
        tags = [
            f"CASE WHEN json_valid(tags) THEN trim(json_extract_string(tags, ?)) END AS tag{index}"
            for index in range(len(self._attributor.tags))
        ]
        keys = [f"coalesce(left({name}, {MAX_TEXT + 1}), '') AS {name}" for name in self.dimensions]
        return f"""
            CREATE OR REPLACE TEMP TABLE part AS
            WITH texts AS (
                SELECT row_number() OVER () AS row,
                    {scan.text(self._cost)} AS cost, {scan.text("BillingCurrency")} AS currency_text,
                    {scan.text("ChargePeriodStart")} AS starts, {scan.text("ChargePeriodEnd")} AS ends,
                    {scan.text("ChargeCategory")} AS charge, {scan.text("ServiceName")} AS service,
                    {scan.text("ServiceCategory")} AS category, {scan.text("SubAccountId")} AS sub_account,
                    {scan.text("SubAccountName")} AS sub_account_name, {scan.text("ResourceId")} AS resource,
                    {scan.text("Tags")} AS tags
                FROM {scan.table} LIMIT {self._max_rows + 1}
            ), typed AS (
                SELECT * REPLACE (
                    TRY_CAST(starts AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS starts,
                    TRY_CAST(ends AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS ends
                ),
                    TRY_CAST(cost AS DECIMAL(38, 15)) AS amount, upper(currency_text) AS currency,
                    {"".join(f"{tag}, " for tag in tags)}
                    tags IS NOT NULL AND NOT coalesce(json_valid(tags), false) AS bad_tags
                FROM texts
            ), judged AS (
                SELECT *, CASE
                    WHEN amount IS NULL OR abs(amount) >= 1e12::DECIMAL(38, 15) THEN 'amount'
                    WHEN starts IS NULL OR starts < TIMESTAMP '1980-01-01' OR starts >= TIMESTAMP '2200-01-01' THEN 'period'
                    WHEN currency IS NULL OR NOT regexp_full_match(currency, '[A-Z]{{3}}') THEN 'currency'
                END AS bad
                FROM typed
            )
            SELECT bad, CASE WHEN bad IS NULL THEN starts::DATE END AS day,
                CASE WHEN bad IS NULL THEN currency END AS currency, {", ".join(keys)},
                sum(CASE WHEN bad IS NULL THEN amount END) AS amount, count(*) AS rows, min(row) AS first_row,
                count(*) FILTER (WHERE bad_tags) AS bad_tags, min(row) FILTER (WHERE bad_tags) AS first_bad_tags,
                max(ends) FILTER (WHERE charge = 'Usage' AND ends < TIMESTAMP '2200-01-01') AS used_until
            FROM judged GROUP BY ALL
        """

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The text columns of `part`: what attribution looks at, and the service."""
        return tuple(dict.fromkeys((*self._attributor.columns, "service", "category")))

    def _reading(self, export: Export, scan: Scan) -> Reading:
        rows, first, last, used, bad_tags, first_bad_tags, total = self._all("""
            SELECT coalesce(sum(rows) FILTER (WHERE bad IS NULL), 0)::BIGINT, min(day), max(day), max(used_until),
                coalesce(sum(bad_tags) FILTER (WHERE bad IS NULL), 0)::BIGINT,
                min(first_bad_tags) FILTER (WHERE bad IS NULL), coalesce(sum(rows), 0)::BIGINT
            FROM part
        """)[0]
        if total > self._max_rows:
            raise Unreadable(
                "too-many-rows",
                f"it has more than {self._max_rows:,} rows",
                "Export it in smaller parts, or raise `max_rows`.",
            )
        bad = self._all("SELECT bad, sum(rows)::BIGINT, min(first_row) FROM part WHERE bad IS NOT NULL GROUP BY bad ORDER BY bad")
        currencies = self._all("SELECT DISTINCT currency FROM part WHERE bad IS NULL ORDER BY 1")
        lines = self._rejected() if scan.is_csv else []
        place = _Place(export.name, lines, is_csv=scan.is_csv)
        problems = [place.torn()] if lines else []
        problems += [self._bad(place, *kind) for kind in bad]
        if bad_tags:
            problems.append(place.problem("bad-tags", bad_tags, first_bad_tags, "Tags that are no JSON object", _TAGS))
        until = _end_of_day(used) if used else (last + timedelta(days=1) if last else None)
        return Reading(
            rows=rows,
            bad_rows=sum(count for _, count, _ in bad) + len(lines),
            first=first,
            last=last,
            until=until,
            currencies=tuple(currency for (currency,) in currencies),
            problems=tuple(problems),
        )

    def _bad(self, place: _Place, kind: str, count: int, first: int) -> Problem:
        what, remedy = _BAD[kind]
        return place.problem("bad-rows", count, first, what.format(cost=self._cost), f"{remedy} They are not counted.")

    def _rejected(self) -> list[int]:
        """The lines that the last scan could not split into columns, in order."""
        found = self._all(
            "SELECT DISTINCT line FROM reject_errors WHERE scan_id = (SELECT max(scan_id) FROM reject_scans) ORDER BY 1"
        )
        return [int(line) for (line,) in found]

    def _all(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()


_TAGS = "Export tags as a JSON object of texts. Their charges count, without tags."


@dataclass(frozen=True, slots=True)
class _Place:
    """Turns a row's number into the line to show, and counts into Problems."""

    name: str
    rejected: Sequence[int]
    is_csv: bool

    def problem(self, rule: str, count: int, first: int | None, what: str, remedy: str) -> Problem:
        line = self._line(first) if first and self.is_csv else None
        where = f"line {line:,}" if line else f"row {first:,}" if first else "its rows"
        rows = "1 row has" if count == 1 else f"{count:,} rows have"
        first_in = f"in {where}" if count == 1 else f"the first in {where}"
        return problem(rule, f"{rows} {what}, {first_in} of {self.name}", remedy, self.name, line)

    def torn(self) -> Problem:
        """Lines that have too few or too many columns, or a quote that never ends."""
        count = "1 line does" if len(self.rejected) == 1 else f"{len(self.rejected):,} lines do"
        return problem(
            "bad-rows",
            f"{count} not have the header's columns or end inside a quoted text, the first of them line {self.rejected[0]:,}"
            f" of {self.name}",
            "Export the file again. These lines are not counted.",
            self.name,
            self.rejected[0],
        )

    def _line(self, row: int) -> int:
        """The row's line, as long as no quoted text before it spans lines."""
        line = row + 1
        for rejected in self.rejected:
            line += rejected <= line
        return line


def _end_of_day(when: datetime) -> date:
    midnight = when.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight if midnight == when else midnight + timedelta(days=1)).date()


def _is_parquet(export: Export) -> bool:
    return export.name.casefold().endswith((".parquet", ".pq"))


def _literal(path: str) -> str:
    """The path as a glob that means itself: DuckDB's readers take every path for a glob."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
