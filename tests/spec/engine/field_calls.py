"""A request whose plugin fields are called directly, without a plan or a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callboard_sdk import Batch, Plugin, Settings, Viewer, ViewerKind
from callboard_sdk.entities import Component

from resolvers.batching import RequestContext
from resolvers.plugins import PluginRuntime, Plugins

VIEWER = Viewer("tester", ViewerKind.PERSON, frozenset())


class Parent:
    """A parent that is no entity: it is itself, and equal to everything, which must not matter."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@dataclass
class World:
    """A request, the functions of one plugin, and what each call of them was given."""

    plugin: Plugin[Settings]
    runtime: PluginRuntime
    context: RequestContext
    calls: list[list[Any]]

    def field(self, function):
        """The function as a batch field."""
        self.plugin.field(on=Component, permission="p.read")(function)
        return self.plugin.fields[-1]

    def query(self, function):
        """The function as a field of Query."""
        self.plugin.query(permission="p.read")(function)
        return self.plugin.fields[-1]

    def names(self):
        """A batch field that gives each parent's name."""

        async def names(parents: Batch[Component], extra: str = "") -> list[str | None]:
            self.calls.append([parent.name for parent in parents])
            return [parent.name + extra for parent in parents]

        return self.field(names)


def make_world() -> World:
    plugin: Plugin[Settings] = Plugin("p", permissions={"p.read": "Read."})
    runtime = PluginRuntime(plugin, Settings())
    database: Any = None
    return World(plugin, runtime, RequestContext(Plugins({"p": runtime}, database, {}), VIEWER), [])


def some(names: str) -> list[Parent]:
    return [Parent(name) for name in names]
