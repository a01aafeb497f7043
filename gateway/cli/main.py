"""Gathers the commands; every one ends with exit code 0, 1 for what it found wrong, or 2 for wrong usage."""

from __future__ import annotations

import sys
from importlib import metadata
from io import TextIOWrapper
from typing import Annotated

import typer

from gateway.configuration import SettingsError
from policies import PolicyError

from . import audit, catalog, check, database, explain, lane, plugin, policy, query, schema, serve, settings, token
from .help import dressed
from .show import fail, fail_on

app = typer.Typer(
    help="One GraphQL graph over a company's internal tooling.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def callboard(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """One GraphQL graph over a company's internal tooling."""
    if version:
        print(metadata.version("callboard"))
        raise typer.Exit


app.command("serve")(serve.serve)
app.command("lane", hidden=True)(lane.lane)
app.command("check")(check.check)
app.command("schema")(schema.schema)
app.command("query")(query.query)
app.command("explain")(explain.explain)
app.add_typer(token.app, name="token")
app.add_typer(settings.app, name="settings")
app.add_typer(plugin.app, name="plugin")
app.add_typer(policy.app, name="policy")
app.add_typer(audit.app, name="audit")
app.add_typer(catalog.app, name="catalog")
app.add_typer(database.app, name="database")


def main() -> None:
    """Run the command that the arguments name; mistakes in files are listed, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal can't show is shown by its number
    try:
        dressed(app)()
    except SettingsError as error:
        fail([str(mistake) for mistake in error.mistakes])
    except PolicyError as error:
        fail(list(error.mistakes))
    except OSError as error:
        fail_on(error)
    except KeyboardInterrupt:
        sys.exit(130)
