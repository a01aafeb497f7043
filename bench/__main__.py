"""`python -m bench [NAME ...] [--quick] [--json]`: runs benchmarks, prints their tables, keeps the numbers.

A benchmark is a module in `bench/tables` with a docstring, a `name` and `run(*, quick: bool) -> list[Row]`, as
`bench.table.Table` tells in full; adding one is adding its file. `bench/results.json` has the numbers of each
table's last whole run. Nothing here passes or fails by a number: a reader judges the ratios.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Shown

from bench.machine import machine
from bench.progress import err
from bench.results import encoded, keep, result
from bench.table import Cell, Row, tables, title

out = Console()
if not out.is_terminal:
    out = Console(width=150)  # a file or a pipe is no narrow window


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which to run; all without one.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="See that it works; the numbers mean nothing and aren't kept.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Run benchmarks, each a ratio against something measured beside it in the same run."""
    known = tables()
    if unknown := sorted(set(names or ()) - set(known)):
        err.print(f"no benchmark is named {', '.join(unknown)}; there are: {', '.join(known)}", highlight=False)
        raise typer.Exit(2)
    results: dict[str, Any] = {}
    for name in names or known:
        err.print(f"[dim]measuring {name} ...[/]", highlight=False)
        before, started = machine(), time.perf_counter()
        rows = known[name].run(quick=quick)
        results[name] = result(title(known[name]), rows, before, time.perf_counter() - started)
        if not as_json:
            out.print(f"\n[bold]{title(known[name])}[/]", _shown(rows), sep="\n", highlight=False)
        if not quick:
            keep({name: results[name]})
    if as_json:
        print(encoded(results).decode(), end="")


def _shown(rows: list[Row]) -> Shown:
    shown = Shown()
    columns = list(rows[0]) if rows else []
    for column in columns:
        numbers = all(isinstance(row[column], int | float) for row in rows)
        shown.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(row[column]) for column in columns))
    return shown


def _cell(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.3g}" if abs(cell) < 100 else f"{cell:,.0f}"
    return "-" if cell is None else str(cell)


if __name__ == "__main__":
    typer.run(main)
