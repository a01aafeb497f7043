"""The command line; every command ends with exit code 0, 1 for what it found wrong, or 2 for wrong usage."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import metadata
from io import TextIOWrapper
from typing import Annotated

import typer

from .commands import Commands
from .help import HELP_OPTIONS
from .show import fail, fail_on

app = typer.Typer(
    cls=Commands,
    help="One GraphQL graph over a company's internal tooling.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP_OPTIONS},
)


@app.callback()
def callboard(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """One GraphQL graph over a company's internal tooling."""
    if version:
        print(metadata.version("callboard"))
        raise typer.Exit


def main() -> None:
    """Run the command that the arguments name; mistakes in files are listed, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal can't show is shown by its number
    try:
        app()
    except OSError as error:
        fail_on(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        fail(_mistakes(error))


def _mistakes(error: Exception) -> Sequence[str]:
    """The mistakes that an error lists: of the settings, or of the rules. Any other error is raised again."""
    from gateway.configuration import SettingsError
    from policies import PolicyError

    if not isinstance(error, SettingsError | PolicyError):
        raise error
    return [str(mistake) for mistake in error.mistakes]
