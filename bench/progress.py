"""Shows how far a benchmark is, on standard error, so that `--json` leaves standard output to the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")

err = Console(stderr=True)


def steps(things: Sequence[T], what: str) -> Iterable[T]:
    """The things, one after the other, with a bar that says how many are left."""
    return track(things, what, console=err, transient=True)
