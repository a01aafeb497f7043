"""`callboard settings`: what the settings file may hold."""

from __future__ import annotations

import json

import typer
from rich.text import Text

from gateway.loading import installed, load
from gateway.logs import silence_logs
from gateway.settings_schema import settings_schema

from .show import err

app = typer.Typer(help="Tell what the settings file may hold.", no_args_is_help=True)


@app.callback()
def settings() -> None:
    """Tell what the settings file may hold."""


@app.command()
def schema() -> None:
    """Print the JSON Schema of the settings, with those of the installed plugins, for editors."""
    silence_logs()
    loaded = load(installed())
    for name, reason in loaded.failed.items():
        err.print(Text.assemble((f"the settings of plugin {name} are not known:", "yellow"), f" {reason}"))
    models = {name: plugin.settings for name, plugin in loaded.plugins.items()}
    print(json.dumps(settings_schema(models, loaded.failed), indent=2))
