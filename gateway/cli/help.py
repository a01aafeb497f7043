"""How every command's help looks: flags take no value, and the exit codes stand at its end."""

from __future__ import annotations

from typing import Any

import typer

HELP_OPTIONS = ["-h", "--help"]
EXIT_CODES = "Exit codes: 0 done, 1 it found something wrong, 2 it was used wrongly."


def dress(command: Any) -> Any:
    """The command, whose help says that of itself and of every command below it."""
    command.epilog = command.epilog or EXIT_CODES
    context = typer.Context(command, help_option_names=HELP_OPTIONS)
    for option in (*command.params, command.get_help_option(context)):
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for one in getattr(command, "commands", {}).values():
        dress(one)
    return command
