"""Gathers the commands; every one ends with exit code 0, 1 for what it found wrong, or 2 for wrong usage."""

from __future__ import annotations

import sys

import typer

from gateway.configuration import SettingsError
from policies import PolicyError

from . import check, explain, plugin, query, schema, serve, token
from .show import fail

app = typer.Typer(
    help="One GraphQL graph over a company's internal tooling.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("check")(check.check)
app.command("schema")(schema.schema)
app.command("query")(query.query)
app.command("explain")(explain.explain)
app.add_typer(token.app, name="token")
app.add_typer(plugin.app, name="plugin")


def main() -> None:
    """Run the command that the arguments name; mistakes in files are listed, without a traceback."""
    try:
        app()
    except SettingsError as error:
        fail([str(mistake) for mistake in error.mistakes])
    except PolicyError as error:
        fail(list(error.mistakes))
    except KeyboardInterrupt:
        sys.exit(130)
