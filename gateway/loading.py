"""Finds the plugins by entry point and stitches those that load; of one that doesn't, the schema fragment stands in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points, packages_distributions
from typing import Any

import structlog
from callboard_sdk import Plugin
from callboard_sdk.errors import RegistrationError

from resolvers.errors import PluginUnavailable
from resolvers.plugins import injected_types
from schema import StandIn, StitchError, Supergraph, stitch
from schema.fragment import FILE

from .fragments import shipped_fragment

log = structlog.get_logger()

GROUP = "callboard.plugins"
_OWN = ("gateway", "schema", "resolvers", "policies")


@dataclass(frozen=True)
class Loaded:
    """The plugins that loaded, in a stable order, with their versions; and those that didn't, with the reason."""

    plugins: Mapping[str, Plugin[Any]]
    versions: Mapping[str, str]
    failed: Mapping[str, str]


def installed() -> Mapping[str, EntryPoint]:
    """Every installed plugin's entry point, by name."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def plugin_packages() -> frozenset[str]:
    """The top-level packages of every installed plugin: their loggers' names begin with one of them."""
    return frozenset(point.module.partition(".")[0] for point in installed().values())


def imported(point: EntryPoint) -> Plugin[Any]:
    """The plugin of this entry point. Raises whatever its code raises, and RegistrationError when it gives no such plugin."""
    plugin = point.load()
    if not isinstance(plugin, Plugin) or plugin.name != point.name:
        raise RegistrationError(point.value, f"is not Plugin({point.name!r}, ...)", "Name the entry point as the plugin.")
    return plugin


def load(names: Iterable[str]) -> Loaded:
    """Import these plugins; a failing one is reported in `failed` and costs nobody else anything."""
    found = installed()
    plugins: dict[str, Plugin[Any]] = {}
    versions: dict[str, str] = {}
    failed: dict[str, str] = {}
    for name in names:
        if (point := found.get(name)) is None:
            near = get_close_matches(name, found, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            failed[name] = f"it is not installed{meant}; installed are: {', '.join(found) or 'none'}"
            continue
        try:
            plugins[name] = imported(point)
            versions[name] = point.dist.version if point.dist else "0"
        except Exception as error:
            failed[name] = f"it failed to load: {type(error).__name__}: {error}"[:1000]
            log.error("plugin failed to load", plugin=name, exc_info=True)
    return Loaded(plugins, versions, failed)


def stitch_what_fits(loaded: Loaded, core: Plugin[Any]) -> tuple[Supergraph, Loaded]:
    """The supergraph of the core and every plugin that fits; those that don't move to `failed`.

    The fragment that a failed plugin ships stands in for it: its fields stay, and answer null with the reason.
    """
    plugins, failed = dict(loaded.plugins), dict(loaded.failed)
    stand_ins: dict[str, StandIn] = {}
    for name in loaded.failed:
        _stand_in(name, failed, stand_ins)
    while True:
        chosen = [core, *plugins.values()]
        try:
            injected = {plugin.name: injected_types(plugin) for plugin in chosen}
            missing = frozenset(failed.keys() - stand_ins.keys())
            graph = stitch(chosen, injected, missing, list(stand_ins.values()))
            return replace(graph, installed=frozenset(installed())), Loaded(plugins, loaded.versions, failed)
        except StitchError as error:
            if error.plugin in stand_ins:
                log.error("schema fragment does not fit", plugin=error.plugin, reason=str(error))
                failed[error.plugin] += f"; its fields are missing: {error}"
                del stand_ins[error.plugin]
            elif error.plugin in plugins:
                log.error("plugin does not fit into the schema", plugin=error.plugin, reason=str(error))
                failed[error.plugin] = f"it does not fit into the schema: {error}"
                del plugins[error.plugin]
                _stand_in(error.plugin, failed, stand_ins)
            else:
                raise


def _stand_in(name: str, failed: dict[str, str], stand_ins: dict[str, StandIn]) -> None:
    reason = failed[name]
    if (point := installed().get(name)) is None:
        return
    try:
        if (fragment := shipped_fragment(point)) is not None:
            stand_ins[name] = StandIn(fragment, lambda: PluginUnavailable(name, reason))
        else:
            failed[name] += f"; its fields are missing, for it ships no {FILE}"
    except (StitchError, OSError, UnicodeError) as error:
        failed[name] += f"; its fields are missing: {error}"


def check_packages() -> list[str]:
    """Which of our top-level packages another distribution also installs: one of them would shadow the other."""
    owners = packages_distributions()
    return [
        f"package {name!r} comes from {', '.join(sorted(set(owners[name])))}: uninstall what is not callboard"
        for name in _OWN
        if set(owners.get(name, ())) - {"callboard"}
    ]
