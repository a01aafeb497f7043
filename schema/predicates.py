"""The predicates that the plugins declare: one for each name, with what rules give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from callboard_sdk import Catalog, Client, Clients, Database, Groups, Plugin, RegistrationError, Viewer
from callboard_sdk.predicates import Parameters, PredicateSpec
from callboard_sdk.types import hints

from .errors import StitchError

_SHARED = frozenset({Viewer, Groups, Catalog, Client, Clients, Database})
"""What any predicate may be handed; the settings and the resources of its plugin besides."""


@dataclass(frozen=True)
class KnownPredicate:
    """A predicate that rules may name: what it is handed, by parameter, and the model of what a rule gives it."""

    spec: PredicateSpec
    handed: Mapping[str, Any]
    parameters: type[Parameters]

    @property
    def name(self) -> str:
        """As rules write it."""
        return self.spec.name

    @property
    def description(self) -> str:
        """When it holds."""
        return self.spec.description

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what a rule gives it."""
        return self.parameters.model_json_schema()


def predicates_of(plugins: Sequence[Plugin[Any]], injected: Mapping[str, frozenset[Any]]) -> dict[str, KnownPredicate]:
    """Every predicate by its name. Raises StitchError for a declaration that no rule could use."""
    found: dict[str, KnownPredicate] = {}
    for plugin in plugins:
        try:
            found |= {one.name: one for one in _declared(plugin, injected.get(plugin.name, frozenset()))}
        except RegistrationError as error:
            raise StitchError(plugin.name, error.where, error.problem, error.remedy) from None
    return found


def _declared(plugin: Plugin[Any], injected: frozenset[Any]) -> Iterator[KnownPredicate]:
    own = _SHARED | {plugin.settings} | {kind for make in plugin.resources for kind in get_args(hints(make).get("return"))}
    seen: dict[str, PredicateSpec] = {}
    for spec in plugin.conditions:
        if (first := seen.setdefault(spec.name, spec)) is not spec:
            raise spec.mistake(f"has the name {spec.name} of another at {first.where}", "Give one of them another name.")
        for name in spec.handed(injected - own):
            raise spec.mistake(f"asks for {name!r}, which isn't there before conditions are decided", "Take the parameter out.")
        yield KnownPredicate(spec, spec.handed(own), spec.parameters(own))
