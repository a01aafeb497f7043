"""What the policy commands know of the world beside the rules: the catalog's entities and groups, and what predicates say.

The catalog is read as `serve` reads it, into a database that is gone afterwards; no other plugin is started.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from callboard_sdk import EntityRef, Viewer
from callboard_sdk.conditions import ALWAYS, NEVER, Expression
from callboard_sdk.entities import Entity
from callboard_sdk.groups import Flat

from gateway.app import Gateway
from gateway.cli.show import fail
from gateway.database import open_database
from policies import Policy
from resolvers.asking import asking, groups_above
from resolvers.plugins import Plugins, provides_catalog
from resolvers.upstream import UpstreamClient

Ask = Callable[[str, str], Awaitable[Expression | None]]


class Nested(Flat):
    """Groups as a file of tests nests them."""

    def __init__(self, parents: Mapping[EntityRef, tuple[EntityRef, ...]]) -> None:
        self._parents = parents

    async def above(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These, and all that they are in."""
        return _reached(refs, self._parents)

    async def below(self, refs: Iterable[EntityRef]) -> frozenset[EntityRef]:
        """These, and all that are in them."""
        children: dict[EntityRef, tuple[EntityRef, ...]] = {}
        for child, parents in self._parents.items():
            for parent in parents:
                children[parent] = (*children.get(parent, ()), child)
        return _reached(refs, children)


def _reached(refs: Iterable[EntityRef], links: Mapping[EntityRef, tuple[EntityRef, ...]]) -> frozenset[EntityRef]:
    found = set(refs)
    more = list(found)
    while more:
        new = set(links.get(more.pop(), ())) - found
        found |= new
        more += new
    return frozenset(found)


class World:
    """One gateway's, for as long as it is entered by `world_of`."""

    def __init__(self, gateway: Gateway, plugins: Plugins) -> None:
        self._gateway = gateway
        self._plugins = plugins

    def nest(self, parents: Mapping[EntityRef, tuple[EntityRef, ...]]) -> None:
        """Take groups to be nested so, instead of as the catalog says."""
        self._plugins.groups = Nested(parents)

    async def entity(self, ref: EntityRef, where: str = "") -> Entity:
        """The catalog's entity of this name. Ends the command where there is none; `where` says who asks for it."""
        told = f"{where}: " if where else ""
        if self._plugins.catalog is None:
            why = "for no plugin of these settings provides a catalog: enable one, or give properties"
            fail([f"{told}{ref} can't be looked up, {why}"])
        [found] = await self._plugins.catalog.get([ref])
        if found is None:
            fail([f"{told}the catalog has no {ref}: see its sources in the settings"])
        return found

    async def groups_of(self, user: EntityRef) -> frozenset[EntityRef]:
        """The groups that the catalog says the user is a member of."""
        if self._plugins.catalog is None:
            return frozenset()
        found = await self._plugins.catalog.related([user], "memberOf")
        return frozenset(found.get(user, ()))

    async def admitted(self, viewer: Viewer, policy: Policy) -> Viewer:
        """The viewer with all its groups, and the roles that the rules give it."""
        groups = await groups_above(self._plugins, viewer)
        return replace(viewer, roles=policy.roles_of(viewer, groups), groups=groups)

    def ask(self, viewer: Viewer, holds: Mapping[str, bool]) -> Ask:
        """Asks predicates for a viewer; `holds` has what some are taken to say."""
        really = asking(self._plugins, self._gateway.supergraph.predicates, viewer)

        async def ask(name: str, parameters: str) -> Expression | None:
            if name in holds:
                return ALWAYS if holds[name] else NEVER
            return await really(name, parameters)

        return ask


@asynccontextmanager
async def world_of(gateway: Gateway, *, catalog: bool) -> AsyncIterator[World]:
    """The gateway's world, with its catalog where that is needed."""
    chosen: dict[str, Any] = {
        name: runtime for name, runtime in gateway.plugins.runtimes.items() if not provides_catalog(runtime.plugin) or catalog
    }
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite+aiosqlite:///{Path(folder) / 'catalog.sqlite'}")
        plugins = Plugins(chosen, database, gateway.loaded.failed)
        reading = Plugins({name: one for name, one in chosen.items() if provides_catalog(one.plugin)}, database, {})
        try:
            async with reading.running(UpstreamClient):
                broken = [f"plugin {name}: {one.health.broken}" for name, one in reading.runtimes.items() if one.health.broken]
                if broken:
                    fail(broken)
                plugins.catalog = reading.catalog
                plugins.groups = reading.groups or plugins.groups
                yield World(gateway, plugins)
        finally:
            await database.engine.dispose()
