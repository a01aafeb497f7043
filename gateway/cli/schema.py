"""`callboard schema`: the supergraph's SDL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError

from gateway.app import build
from schema.changes import changes

from .settings_file import DEFAULT_FILE, SettingsFile, configuration
from .show import AsJson, fail, out

_COLOURS = {"breaking": "red", "dangerous": "yellow", "safe": "green"}


def schema(
    settings: SettingsFile = DEFAULT_FILE,
    against: Annotated[Path | None, typer.Option(help="Compare with this SDL file; exit 1 on a breaking change.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the schema that clients see, or how it differs from an earlier one."""
    gateway = build(configuration(settings))
    if against is None:
        print(json.dumps({"sdl": gateway.supergraph.sdl}) if as_json else gateway.supergraph.sdl)
        return
    try:
        found = changes(against.read_text(encoding="utf-8"), gateway.supergraph.sdl)
    except OSError as error:
        fail([f"{against} can't be read: {error.strerror}"], 2)
    except (GraphQLError, TypeError, ValueError) as error:
        places = getattr(error, "locations", None)
        place = f"{against}:{places[0].line}" if places else str(against)
        fail([f"{place}: is no schema: {getattr(error, 'message', error)}"], 2)
    if as_json:
        print(json.dumps([{"kind": c.kind, "effect": c.effect, "description": c.description} for c in found]))
    for change in found if not as_json else ():
        out.print(f"[{_COLOURS[change.effect]}]{change.effect:9}[/] {change.description}", highlight=False)
    if any(change.effect == "breaking" for change in found):
        raise typer.Exit(1)
