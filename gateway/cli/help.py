"""How every command's help looks: flags take no value, and the exit codes stand at its end."""

from __future__ import annotations

from typing import Any

import typer

EXIT_CODES = "Exit codes: 0 done, 1 it found something wrong, 2 it was used wrongly."


def dressed(app: typer.Typer) -> Any:
    """The program as a command whose help says that of itself and of every command below it."""
    program: Any = typer.main.get_command(app)
    _dress(program, typer.Context(program, **program.context_settings))
    return program


def _dress(command: Any, context: typer.Context) -> None:
    command.epilog = command.epilog or EXIT_CODES
    for option in (*command.params, command.get_help_option(context)):
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for one in getattr(command, "commands", {}).values():
        _dress(one, typer.Context(one, parent=context))
