"""`callboard policy`: rules checked, tested, compared and explained before they are in force; and those of the database."""

from __future__ import annotations

import typer

from .checking import check
from .comparing import diff
from .stored import publish, revert, show, versions
from .testing import run_tests
from .why import why

app = typer.Typer(help="Check, test, compare and explain the rules; publish those of the database.", no_args_is_help=True)
app.command()(check)
app.command("test")(run_tests)
app.command()(diff)
app.command()(why)
app.command()(versions)
app.command()(show)
app.command()(publish)
app.command()(revert)

__all__ = ["app"]
