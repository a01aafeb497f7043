"""`callboard policy`: what rules say, before they are in force: checked, tested, compared and explained."""

from __future__ import annotations

import typer

from .checking import check
from .comparing import diff
from .testing import run_tests
from .why import why

app = typer.Typer(help="Check, test, compare and explain the rules.", no_args_is_help=True)
app.command()(check)
app.command("test")(run_tests)
app.command()(diff)
app.command()(why)

__all__ = ["app"]
