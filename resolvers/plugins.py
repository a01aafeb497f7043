"""Plugins at run time: each with its settings, clients, resources and health, started and stopped as one."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, get_args

import structlog
from callboard_sdk import (
    Access,
    Catalog,
    Client,
    Clients,
    Database,
    Groups,
    Plugin,
    Readable,
    Settings,
    Sources,
    Upstream,
    Viewer,
)
from callboard_sdk.conditions import Expression
from callboard_sdk.fields import FieldSpec
from callboard_sdk.types import hints

from .database import GatewayDatabase
from .errors import PluginUnavailable
from .groups import CatalogGroups, Memberships, Users
from .migrating import make_ready
from .policy.administration import Administration
from .sources import PluginSources
from .unconnected import Unconnected
from .upstream import Health as UpstreamHealth
from .usage import Usage

log = structlog.get_logger()

FAILURES_BEFORE_QUARANTINE = 5
QUARANTINE_SECONDS = 30.0
_MOST_FAILING = 1_000

_NO_CATALOG = "no plugin provides the catalog it needs"

Connect = Callable[[Upstream], Client]


class Request(Protocol):
    """The request under way, as the core's own functions see it: who asks, and the batches that they may join."""

    viewer: Viewer
    opens: Mapping[str, Expression]
    """What objects of types that are found by their ids must be to be found, where they must be anything; NEVER for none."""

    nothing: Counter[str]
    """How many ids gave nothing to a viewer who may not see all objects of their type, by that type's name."""

    def load(self, spec: FieldSpec, parents: Sequence[Any], arguments: Mapping[str, Any]) -> Awaitable[Sequence[Any]]:
        """What the function gives for each parent, in their order; an item that is an exception fails alone."""
        ...


_OF_A_REQUEST: tuple[type, ...] = (Viewer, Usage, Access, Readable, Catalog, Administration, Request)
"""What a function is handed that is each request's own."""


@dataclass(slots=True)
class _Failing:
    """A field that raises what it shouldn't: how often since it answered well, and until when it is left out for it."""

    error: str = ""
    count: int = 0
    until: float = 0.0


class Health:
    """How a plugin is. One that failed to start is quarantined whole; at run time a field is, that keeps raising what
    it shouldn't: it is left out for a while, so that it costs neither its siblings nor its upstream anything.

    What fails is counted for `whose` requests it failed: a viewer who doesn't see all objects has a count of its own, for
    that others' objects make a field fail must not show. None is everybody who sees everything.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failing: OrderedDict[tuple[str, str | None], _Failing] = OrderedDict()
        self.broken: str | None = None
        self.without: dict[str, str] = {}
        """The upstreams that it has to do without, and why."""

    def reason(self, field: str, whose: str | None = None) -> str | None:
        """Why this field is left out now; None when it isn't."""
        if self.broken:
            return self.broken
        known = self._failing.get((field, whose))
        return known.error if known is not None and self._clock() < known.until else None

    def errors(self, alone: str | None = None) -> Mapping[str, str]:
        """What went wrong last in each field that has not answered well since, for anybody or for one viewer `alone`; the latest
        is the last.
        """
        found: dict[str, str] = {}
        for name, known in self._of(alone):
            found.pop(name, None)
            found[name] = known.error
        return found

    def quarantined(self, alone: str | None = None) -> list[str]:
        """The fields that are left out now, for anybody or for one viewer `alone`."""
        return sorted({name for name, known in self._of(alone) if self._clock() < known.until})

    def _of(self, alone: str | None) -> Iterator[tuple[str, _Failing]]:
        return ((name, known) for (name, whose), known in self._failing.items() if alone is None or whose == alone)

    def succeeded(self, field: str, whose: str | None = None) -> None:
        """A call ended as it should."""
        self._failing.pop((field, whose), None)

    def failed(self, field: str, error: str, whose: str | None = None) -> None:
        """A call raised what it shouldn't."""
        known = self._failing.pop((field, whose), None) or _Failing()
        known.error = f"{field} {error}"
        known.count += 1
        if known.count >= FAILURES_BEFORE_QUARANTINE:
            known.until, known.count = self._clock() + QUARANTINE_SECONDS, 0
        self._failing[field, whose] = known
        if len(self._failing) > _MOST_FAILING:
            self._failing.popitem(last=False)


@dataclass
class PluginRuntime:
    """One plugin of one gateway: its settings, clients, and what its resources yielded, by type."""

    plugin: Plugin[Any]
    settings: Settings
    version: str = "0"
    clients: Clients = field(default_factory=Clients)
    resources: dict[type, Any] = field(default_factory=dict)
    health: Health = field(default_factory=Health)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it has started, or has failed to."""

    @property
    def upstreams(self) -> list[UpstreamHealth]:
        """How its upstreams are doing, in the order it declared them; a client that keeps no count is left out."""
        found = (getattr(client, "health", None) for client in self.clients.values())
        return [health for health in found if isinstance(health, UpstreamHealth)]


class Plugins:
    """All plugins of one gateway, and what their functions may be handed.

    `failed` maps plugins that could not even be loaded to the reason. At most one provides the catalog, one the groups.
    """

    def __init__(self, runtimes: Mapping[str, PluginRuntime], database: GatewayDatabase, failed: Mapping[str, str]) -> None:
        self.runtimes = runtimes
        self.database = database
        self.failed = failed
        self.catalog: Catalog | None = None
        provided = any(_provides_groups(runtime.plugin) for runtime in runtimes.values())
        self.groups: Groups | None = None if provided else CatalogGroups(lambda: self.catalog)
        self.memberships = Memberships(lambda: self.catalog)
        self.users = Users(lambda: self.catalog)
        self._handed: dict[FieldSpec, tuple[dict[str, type], dict[str, Any]]] = {}

    @asynccontextmanager
    async def running(self, connect: Connect) -> AsyncIterator[None]:
        """Start every plugin, the catalog's provider first; one that fails to start is quarantined alone."""
        async with AsyncExitStack() as stack:
            for runtime in sorted(self.runtimes.values(), key=lambda r: not provides_catalog(r.plugin)):
                try:
                    await self._start(runtime, connect, stack)
                except Exception as error:
                    runtime.health.broken = f"it failed to start: {type(error).__name__}: {error}"[:500]
                    log.error("plugin failed to start", plugin=runtime.plugin.name, exc_info=True)
                runtime.started.set()
            yield

    async def _start(self, runtime: PluginRuntime, connect: Connect, stack: AsyncExitStack) -> None:
        if runtime.plugin.upstreams:
            for upstream in runtime.plugin.upstreams(runtime.settings):
                client = runtime.clients[upstream.name] = _connected(runtime, upstream, connect)
                if (close := getattr(client, "aclose", None)) is not None:
                    stack.push_async_callback(close)
        await make_ready(self.database, runtime.plugin.name, runtime.plugin.migrations)
        for make in runtime.plugin.resources:
            annotations = hints(make)
            handed = {name: self.give(runtime, name, kind) for name, kind in annotations.items() if name != "return"}
            made = await stack.enter_async_context(asynccontextmanager(make)(**handed))
            runtime.resources[yielded(make)] = made
            if isinstance(made, Catalog) and self.catalog is None:
                self.catalog = made
            if isinstance(made, Groups) and self.groups is None:
                self.groups = made

    @property
    def upstreams(self) -> Iterator[tuple[str, UpstreamHealth]]:
        """How every plugin's upstreams are doing, each with its plugin."""
        for name, runtime in self.runtimes.items():
            yield from ((name, health) for health in runtime.upstreams)

    def arguments(self, spec: FieldSpec, request: Mapping[type, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """All keyword arguments for one call of a field's function: the request's own, and what it is handed.

        `request` has what belongs to the request, by type: its viewer, its usage.
        """
        known = self._handed.get(spec)
        if known is None:
            runtime = self.runtimes[spec.plugin]
            injected = injected_types(runtime.plugin)
            kinds = {name: a.annotation for name, a in spec.parameters.items() if a.annotation in injected}
            if Catalog in kinds.values() and self.catalog is None:
                raise PluginUnavailable(spec.plugin, _NO_CATALOG)
            theirs = {name: kind for name, kind in kinds.items() if kind in _OF_A_REQUEST}
            ours = {name: self.give(runtime, name, kind) for name, kind in kinds.items() if kind not in _OF_A_REQUEST}
            known = self._handed[spec] = theirs, ours
        return {name: request[kind] for name, kind in known[0].items()} | known[1] | dict(given)

    def give(self, runtime: PluginRuntime, name: str, annotation: Any) -> Any:
        """What a function of this plugin is handed for a parameter so named and annotated."""
        if annotation is Client:
            return _client(runtime, name)
        if annotation is Clients:
            return runtime.clients
        if annotation is Database:
            return self.database
        if annotation is Sources:
            return PluginSources(self)
        if annotation is Catalog:
            if self.catalog is None:
                raise PluginUnavailable(runtime.plugin.name, _NO_CATALOG)
            return self.catalog
        if annotation is Groups:
            if self.groups is None:
                raise PluginUnavailable(runtime.plugin.name, "the plugin that knows the groups is not running")
            return self.groups
        if isinstance(annotation, type) and issubclass(annotation, Settings):
            return runtime.settings
        return runtime.resources[annotation]


def _connected(runtime: PluginRuntime, upstream: Upstream, connect: Connect) -> Client:
    """The upstream's client; one that can't be made costs the calls of this upstream, and nothing else."""
    try:
        return connect(upstream)
    except Exception as error:
        log.error("upstream has no client", plugin=runtime.plugin.name, upstream=upstream.name, exc_info=True)
        client = Unconnected(upstream.name, error)
        runtime.health.without[upstream.name] = client.why
        return client


def injected_types(plugin: Plugin[Any]) -> frozenset[type]:
    """The annotations that this plugin's functions are handed, and that are therefore no GraphQL arguments."""
    own = {yielded(make) for make in plugin.resources}
    return frozenset({Client, Clients, Database, Groups, Sources, *_OF_A_REQUEST, plugin.settings, *own})


def provides_catalog(plugin: Plugin[Any]) -> bool:
    """Whether one of the plugin's resources offers what the SDK's Catalog asks."""
    return _provides(plugin, "get", "related")


def _provides_groups(plugin: Plugin[Any]) -> bool:
    return _provides(plugin, "above", "below")


def _provides(plugin: Plugin[Any], *methods: str) -> bool:
    return any(all(hasattr(yielded(make), name) for name in methods) for make in plugin.resources)


def yielded(make: Callable[..., Any]) -> type:
    """The type a resource yields: the X of its `AsyncIterator[X]`."""
    kinds = get_args(hints(make).get("return"))
    if not kinds or not inspect.isasyncgenfunction(make):
        raise TypeError(
            f"{make.__module__}.{make.__qualname__} is no resource: write `async def ...() -> AsyncIterator[X]` that yields once"
        )
    kind: type = kinds[0]
    return kind


def _client(runtime: PluginRuntime, name: str) -> Client:
    clients = runtime.clients
    if name in clients:
        return clients[name]
    if len(clients) == 1:
        return next(iter(clients.values()))
    raise PluginUnavailable(
        runtime.plugin.name, f"parameter {name!r} names none of its upstreams ({', '.join(clients) or 'it declares none'})"
    )
