"""The schema fragment that a plugin ships: found without importing any code of the plugin, written, and held to be true."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from callboard_sdk import Plugin

from resolvers.core import Whole, core_plugin
from resolvers.plugins import injected_types
from schema import Fragment, StandIn, StitchError, Supergraph, excerpt, read_fragment, stitch
from schema.changes import graph_changes, report
from schema.fragment import FILE


def fragment_file(point: EntryPoint) -> Path | None:
    """Where the plugin's fragment is, or would be; None when its package can't be found.

    Only the top-level package is looked for: finding one inside another would import the other. A plugin that is a single
    module `pager.py` has its fragment beside it, in `pager.graphql`.
    """
    try:
        spec = find_spec(point.module.partition(".")[0])
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        places = [Path(folder) / FILE for folder in spec.submodule_search_locations]
        return next((place for place in places if place.is_file()), places[0])
    return Path(spec.origin).with_suffix(".graphql") if spec.origin else None


def shipped_fragment(point: EntryPoint) -> Fragment | None:
    """The plugin's fragment; None when it ships none. Raises StitchError for one that can't be used."""
    file = fragment_file(point)
    if file is None or not file.is_file():
        return None
    return read_fragment(point.name, file.read_text(encoding="utf-8"))


def written_fragment(plugin: Plugin[Any]) -> str:
    """The plugin's fragment as its code has it now. Raises StitchError when the plugin doesn't fit beside the core."""
    return excerpt(plugin, _graph(), _graph(plugin))


def fragment_mistake(plugin: Plugin[Any], text: str) -> str | None:
    """What is wrong with a fragment that was written for this plugin earlier, and how to mend it; None when it is true."""
    if text == written_fragment(plugin):
        return None
    command = f"callboard plugin schema {plugin.name} --write"
    try:
        before = _graph(stand_in=StandIn(read_fragment(plugin.name, text), LookupError))
    except StitchError as error:
        return str(error)
    return report(graph_changes(before, _graph(plugin)), f"What plugin {plugin.name!r} adds to the graph", command)


def _graph(*plugins: Plugin[Any], stand_in: StandIn | None = None) -> Supergraph:
    chosen = [core_plugin(Whole()), *plugins]
    return stitch(chosen, {one.name: injected_types(one) for one in chosen}, stand_ins=[stand_in] if stand_in else [])
