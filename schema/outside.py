"""What plugins declare beside the graph, sources and hooks: each can be handed what it asks for, under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from callboard_sdk import Client, Clients, Database, Delivery, Known, Plugin, RegistrationError
from callboard_sdk.types import hints

from .errors import StitchError

_SHARED = frozenset({Client, Clients, Database})
"""What any of them may be handed; the settings and the resources of its plugin besides."""


def check_outside(plugins: Sequence[Plugin[Any]]) -> None:
    """Raises StitchError for a declaration that can't be called."""
    for plugin in plugins:
        try:
            _check(plugin)
        except RegistrationError as error:
            raise StitchError(plugin.name, error.where, error.problem, error.remedy) from None


def _check(plugin: Plugin[Any]) -> None:
    given = _SHARED | {plugin.settings} | {kind for make in plugin.resources for kind in get_args(hints(make).get("return"))}
    seen: dict[str, str] = {}
    for source in plugin.sources:
        assert source.description
        if (first := seen.setdefault(source.name, source.where)) != source.where:
            raise source.mistake(f"has the name of another at {first}", "Give one of them another name.")
        for name, kind in source.parameters.items():
            if kind not in given | {Known}:
                raise source.mistake(f"asks for {name!r}, which no reading is handed", "Take the parameter out, or annotate it.")
    for hook in plugin.hooks:
        if (first := seen.setdefault(hook.path, hook.where)) != hook.where:
            raise hook.mistake(f"has the address of another at {first}", "Give one of them another path.")
        for name, kind in hook.parameters.items():
            if kind not in given | {Delivery}:
                raise hook.mistake(f"asks for {name!r}, which no hook is handed", "Take the parameter out, or annotate it.")
