"""What a benchmark is to the runner, and the way to find them all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import bench.tables

Cell = str | int | float | None
Row = Mapping[str, Cell]


@runtime_checkable
class Table(Protocol):
    """A module of `bench.tables`.

    Its docstring's first line is the table's title. `name` is what `python -m bench NAME` calls it. `run` measures,
    and gives the rows: mappings from column to cell, all with the same columns in the same order. Under `quick` it
    does the least that shows that it works: the numbers mean nothing then, and are not kept. What it is doing it
    shows by `bench.progress.steps`; servers and clients that it starts end with it.
    """

    name: str

    def run(self, *, quick: bool) -> list[Row]:
        """Measure."""
        ...


def tables() -> dict[str, Table]:
    """Every benchmark by its name. Raises TypeError for a module of `bench.tables` that is none."""
    found: dict[str, Table] = {}
    for info in pkgutil.iter_modules(bench.tables.__path__, f"{bench.tables.__name__}."):
        module = importlib.import_module(info.name)
        if not isinstance(module, Table):
            raise TypeError(f"{info.name} is no benchmark: give it `name: str` and `run(*, quick: bool)`, or move it out")
        found[module.name] = module
    return found


def title(table: Table) -> str:
    """What the table is about, in a line."""
    return (table.__doc__ or table.name).strip().splitlines()[0]
