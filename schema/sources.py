"""The sources of entities that the plugins declare: each can be handed what it asks for, under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from callboard_sdk import Client, Clients, Database, Known, Plugin, RegistrationError
from callboard_sdk.types import hints

from .errors import StitchError

_SHARED = frozenset({Known, Client, Clients, Database})
"""What any source may be handed; the settings and the resources of its plugin besides."""


def check_sources(plugins: Sequence[Plugin[Any]]) -> None:
    """Raises StitchError for a declaration that can't be read."""
    for plugin in plugins:
        try:
            _check(plugin)
        except RegistrationError as error:
            raise StitchError(plugin.name, error.where, error.problem, error.remedy) from None


def _check(plugin: Plugin[Any]) -> None:
    given = _SHARED | {plugin.settings} | {kind for make in plugin.resources for kind in get_args(hints(make).get("return"))}
    seen: dict[str, str] = {}
    for spec in plugin.sources:
        assert spec.description
        if (first := seen.setdefault(spec.name, spec.where)) != spec.where:
            raise spec.mistake(f"has the name of another at {first}", "Give one of them another name.")
        for name, kind in spec.parameters.items():
            if kind not in given:
                raise spec.mistake(f"asks for {name!r}, which no reading is handed", "Take the parameter out, or annotate it.")
