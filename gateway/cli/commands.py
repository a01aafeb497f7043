"""The commands by name. Each is a module of this package that is imported once its command is used, for that takes long."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from .help import dress

COMMANDS = {
    "serve": "Run the gateway until it is told to stop.",
    "lane": "Answer what a gateway with the same settings hands over, until it closes standard input.",
    "check": "Check settings, plugins, schema and policies, and tell which published rules wait; list every mistake.",
    "schema": "Print the schema that clients see, or how it differs from an earlier one.",
    "query": "Run a query and print the answer as JSON; exit 1 when it has errors.",
    "explain": "Show what an operation would call, read and deny for a viewer, and what it can cost. Nothing is run.",
    "token": "Tokens of the gateway's own.",
    "settings": "Tell what the settings file may hold.",
    "plugin": "List plugins, start a new one, hold one against the contract.",
    "policy": "Check, test, compare and explain the rules; publish those of the database.",
    "audit": "What was changed, granted and denied.",
    "catalog": "The entities of a running gateway.",
    "database": "The tables of the core and of each plugin, and their versions.",
}
"""What the help of all says of each; its own help begins with the same."""
HIDDEN = frozenset({"lane"})


class Commands(TyperGroup):
    """All commands, by what is known of each without its module."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, line in COMMANDS.items():
            self.add_command(Later(name, help=line, hidden=name in HIDDEN))
        dress(self)


class Later(TyperCommand):
    """A command before its module is imported."""

    def make_context(self, *given: Any, **settings: Any) -> Any:
        """Let the command itself read its arguments: the context that this gives is the command's."""
        return self.imported().make_context(*given, **settings)

    def imported(self) -> Any:
        """The command itself: the module's `app` if it has commands of its own, else its function of the same name."""
        module = import_module(f"{__package__}.{self.name}")
        if (app := getattr(module, "app", None)) is not None:
            return dress(typer.main.get_group(app))
        app = typer.Typer(add_completion=False)
        app.command(self.name)(getattr(module, str(self.name)))
        return dress(typer.main.get_command(app))
