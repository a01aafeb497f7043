"""The sources of entities that plugins declare, as the plugin that keeps the catalog reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from callboard_sdk.sources import Events, Known, SourceSpec

from .errors import PluginUnavailable

if TYPE_CHECKING:
    from .plugins import Plugins


class PluginSources:
    """`callboard_sdk.Sources` for one gateway."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    @property
    def kinds(self) -> frozenset[str]:
        """The descriptor kinds of the entity types that plugins add."""
        return frozenset(kind.KIND for runtime in self._plugins.runtimes.values() for kind in runtime.plugin.kinds if kind.KIND)

    def __iter__(self) -> Iterator[SourceSpec]:
        """All of them, in the order of the plugins' names."""
        for _, runtime in sorted(self._plugins.runtimes.items()):
            yield from runtime.plugin.sources

    async def read(self, spec: SourceSpec, known: Known) -> Events:
        """One reading, as `callboard_sdk.Sources.read` says. Raises PluginUnavailable, and whatever the source raises."""
        runtime = self._plugins.runtimes.get(spec.plugin)
        if runtime is None:
            raise PluginUnavailable(spec.plugin, self._plugins.failed.get(spec.plugin, "it is not loaded"))
        await runtime.started.wait()
        if runtime.health.broken:
            raise PluginUnavailable(spec.plugin, runtime.health.broken)
        handed = {
            name: known if kind is Known else self._plugins.give(runtime, name, kind) for name, kind in spec.parameters.items()
        }
        events = spec.function(**handed)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()  # type: ignore[attr-defined]  # an async generator, as its declaration was checked to be
