"""Which plugin finds the objects of a node type again: one for each type, checked like fields are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, get_args

from callboard_sdk import Plugin, RegistrationError
from callboard_sdk.fields import FieldSpec

from .errors import StitchError


def loaders_of(plugins: Sequence[Plugin[Any]], injected: Mapping[str, frozenset[type]]) -> dict[str, FieldSpec]:
    """Every loader, by the type it is for. Raises StitchError when two plugins have one for the same type."""
    found: dict[str, FieldSpec] = {}
    for plugin in plugins:
        for spec in plugin.loaders:
            if (first := found.get(spec.name)) is not None:
                raise StitchError(
                    plugin.name,
                    spec.where,
                    f"plugins {first.plugin!r} and {spec.plugin!r} both load {spec.name} (the first at {first.where})",
                    "Take one of the loaders out: an id leads to one object.",
                )
            try:
                _check(spec, injected.get(plugin.name, frozenset()))
            except RegistrationError as error:
                raise StitchError(plugin.name, error.where, error.problem, error.remedy) from None
            found[spec.name] = spec
    return found


def _check(spec: FieldSpec, injected: frozenset[type]) -> None:
    for name, argument in spec.parameters.items():
        if argument.annotation not in injected:
            raise spec.mistake(f"asks for {name!r}, which nothing gives a loader", "Take the parameter out.")
    if set(get_args(spec.returns)) - {NoneType} != {spec.on}:
        raise spec.mistake(f"gives {spec.returns} for a {spec.name}", f"Return list[{spec.name} | None].")
