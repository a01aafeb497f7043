"""The composition root: settings in, one running gateway out. Time, network and environment enter here."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

from callboard_sdk import Endpoint, Plugin
from starlette.types import ASGIApp

from policies import Policies, Policy, Rules, read_rules
from resolvers.asking import is_known
from resolvers.audit import AuditStore, Denials, Retention
from resolvers.core import Whole, core_plugin
from resolvers.migrating import core_ready
from resolvers.nodes import Nodes
from resolvers.plugins import Connect, PluginRuntime, Plugins
from resolvers.policy import Emergencies, PolicyStore
from resolvers.upstream import UpstreamClient
from resolvers.usage import Budgets
from schema import Supergraph

from .administration import Office, Recent, Standing, Trying, in_emergencies
from .auth.keyfile import KeyFileError, read_or_make
from .configuration import Configuration, Mistake, SettingsError
from .database import file_of, open_database
from .execution.turns import Turns
from .http.browser import Browser
from .http.cors import shared
from .http.endpoints import PREFIX, endpoints
from .http.front import Front
from .http.graphql import GraphQLEndpoint
from .http.hooks import hooks
from .http.page import page
from .http.site import site
from .http.websocket import WebSocketEndpoint
from .identity import Identity
from .lane.ask import Lane
from .loading import Loaded, load, stitch_what_fits
from .notes import Notes
from .pipeline import Pipeline
from .places import hindrance
from .planning.limits import check_limits
from .planning.operation import LONG, Documents
from .planning.plans import Plans
from .planning.visible import VisibleSchemas
from .providers import Providers
from .record import Record
from .settings import LimitSettings
from .streams.room import Room
from .streams.streams import Streams
from .upstream_metrics import UpstreamOf

Running = Callable[[Connect], AbstractAsyncContextManager[None]]
"""From start to stop: plugins start with clients of their upstreams, and at the end everything opened is closed."""


@dataclass(frozen=True)
class Gateway:
    """One gateway, put together and not yet running: `asgi` runs it, or whoever enters `running`."""

    supergraph: Supergraph
    loaded: Loaded
    plugins: Plugins
    policies: Policies
    identity: Identity
    pipeline: Pipeline
    streams: Streams
    asgi: ASGIApp
    running: Running

    @property
    def policy(self) -> Policy:
        """The policy version in force."""
        return self.policies.current


def build(
    configuration: Configuration,
    extra: Sequence[Plugin[Any]] = (),
    lane: Sequence[str] | None = None,
    rules: Rules | None = None,
) -> Gateway:
    """Put a gateway together; `extra` are plugins given directly, as tests do, `lane` is the command that starts its lane, and
    `rules` take the place of the settings'.

    Raises SettingsError with every mistake of every plugin's settings, and PolicyError for the rules.
    """
    settings = configuration.settings
    loaded = load(settings.plugins)
    loaded = Loaded(
        {**loaded.plugins, **{p.name: p for p in extra}},
        loaded.versions,
        {k: v for k, v in loaded.failed.items() if k not in {p.name for p in extra}},
    )
    whole = Whole()
    core = core_plugin(whole)
    supergraph, loaded = stitch_what_fits(loaded, core)
    plugins = _plugins(configuration, core, loaded)
    files = read_rules(*settings.policies.paths) if rules is None else rules
    policies = Policies(supergraph, files)
    hide, schemas = settings.policies.denied == "hide", VisibleSchemas(supergraph)
    documents = _documents(supergraph, settings.limits, hide=hide)
    audit, recent = AuditStore(plugins.database), Recent()
    identity = Identity(settings.auth, plugins.database, policies, audit=audit, known=partial(is_known, plugins))
    whole.plugins, whole.nodes = plugins, Nodes(supergraph, loaded.failed)
    whole.sdl = supergraph.sdl
    whole.tokens.issuing = identity.issuing
    store = PolicyStore(plugins.database, audit)
    emergencies = Emergencies(store.tables, audit)
    standing = Standing(policies, files, supergraph, store, emergencies)
    trying = Trying(standing, store, documents, plugins, recent)
    whole.audit = audit
    office = Office(standing, store, emergencies, trying, recent, settings.policies.emergency, schemas if hide else None)
    denials = Denials(audit)
    lane_of = Lane(lane if settings.server.lane else None, nodes=settings.server.lane_nodes, characters=LONG)
    record = Record(lambda: _upstreams(plugins, identity.providers, lane_of), lane_of)
    pipeline = Pipeline(
        in_emergencies(identity.identify, emergencies),
        identity.permit,
        documents,
        schemas,
        Plans(supergraph.schema, checks=settings.server.development),
        settings.limits,
        policies,
        office,
        supergraph.predicates,
        plugins,
        record,
        Notes(recent, denials),
        Budgets(settings.limits.points, time.time),
        Turns(),
        lane_of,
    )
    days = settings.audit.keep_days
    kept = [Retention(audit, days).running] if days is not None else []
    running = _running(
        plugins, [partial(core_ready, plugins.database), identity.running, standing.running, denials.running, *kept], lane_of
    )
    browsers = identity.browsers
    browser, body_bytes = Browser(browsers.origin) if browsers else None, settings.limits.body_bytes
    streams = Streams(pipeline, settings.subscriptions, Room(settings.subscriptions))
    cors = settings.server.cors
    share = partial(shared, origins=cors.origins, max_age=cors.max_age_seconds)
    websocket = WebSocketEndpoint(streams, (*cors.origins, *([browsers.origin] if browsers else ())), browser)
    graphql = share(GraphQLEndpoint(streams, body_bytes, page, browser))
    addresses = share(endpoints(_endpoints(configuration, plugins), pipeline, body_bytes, browser))
    deliveries = hooks((spec for runtime in plugins.runtimes.values() for spec in runtime.plugin.hooks), plugins)
    others = site(graphql, websocket, addresses, deliveries, plugins, record, browsers, partial(running, UpstreamClient))
    asgi = Front(graphql, websocket, others)
    return Gateway(supergraph, loaded, plugins, policies, identity, pipeline, streams, asgi, running)


def _endpoints(configuration: Configuration, plugins: Plugins) -> Iterator[Endpoint]:
    """What the plugins answer beside the graph. Raises SettingsError for an address that is not under its plugin's own name."""
    for name, runtime in plugins.runtimes.items():
        for endpoint in runtime.plugin.endpoints(runtime.settings) if runtime.plugin.endpoints else ():
            if not endpoint.path.startswith(f"{PREFIX}/{name}/"):
                text = f"has an endpoint at {endpoint.path}: its maintainers must give it a path under {PREFIX}/{name}/"
                raise SettingsError([configuration.mistake(("plugins", name), text)])
            yield endpoint


def _upstreams(plugins: Plugins, providers: Providers, lane: Lane) -> Iterator[UpstreamOf]:
    yield from (UpstreamOf(plugin, "gateway", health) for plugin, health in plugins.upstreams)
    yield from (UpstreamOf("auth", "gateway", health) for health in providers.upstreams)
    yield from (UpstreamOf(plugin, "lane", health) for plugin, health in lane.upstreams)


def _running(plugins: Plugins, parts: Sequence[Callable[[], AbstractAsyncContextManager[None]]], lane: Lane) -> Running:
    @asynccontextmanager
    async def running(connect: Connect) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(plugins.database.engine.dispose)
            for part in parts:
                await stack.enter_async_context(part())
            await stack.enter_async_context(plugins.running(connect))
            await stack.enter_async_context(lane.running())
            yield

    return running


def _documents(supergraph: Supergraph, limits: LimitSettings, *, hide: bool) -> Documents:
    names = ("depth", "fields", "aliases", "merges", "fragments")
    check = partial(check_limits, **{name: getattr(limits, name) for name in names})
    types = frozenset(coordinate for coordinate in supergraph.guards if "." not in coordinate)
    return Documents(supergraph.schema, max_tokens=limits.tokens, check=check, types=types, hide=hide)


def _plugins(configuration: Configuration, core: Plugin[Any], loaded: Loaded) -> Plugins:
    mistakes: list[Mistake] = []
    runtimes: dict[str, PluginRuntime] = {}
    for name, plugin in {core.name: core, **loaded.plugins}.items():
        try:
            settings = configuration.plugin_settings(name, plugin.settings)
        except SettingsError as error:
            mistakes += error.mistakes
            continue
        runtimes[name] = PluginRuntime(plugin, settings, loaded.versions.get(name, "0"))
    mistakes += _unusable(configuration)
    mistakes += _unbrought(configuration, runtimes, loaded)
    if mistakes:
        failed = [configuration.mistake(("plugins", name), reason) for name, reason in loaded.failed.items()]
        raise SettingsError([*mistakes, *failed])
    database = configuration.settings.database
    return Plugins(runtimes, open_database(database.url, migrate=database.migrate), loaded.failed)


def _unusable(configuration: Configuration) -> Iterator[Mistake]:
    """What keeps the files that a gateway makes at its start from being used, or made: nothing is made here."""
    settings, local = configuration.settings, configuration.settings.auth.local
    if (file := file_of(settings.database.url)) is not None and (why := hindrance(file)) is not None:
        yield configuration.mistake(("database", "url"), f"{file} can't be used: {why}; name a file that this user may write")
    if local is None:
        return
    at = ("auth", "local", "key_file")
    if (why := hindrance(local.key_file)) is not None:
        yield configuration.mistake(at, f"{local.key_file} can't be used: {why}; name a file that this user may write")
    elif local.key_file.exists():
        try:
            read_or_make(local.key_file)
        except KeyFileError as error:
            yield configuration.mistake(at, str(error))


def _unbrought(configuration: Configuration, runtimes: Mapping[str, PluginRuntime], loaded: Loaded) -> Iterator[Mistake]:
    """Sources that settings expect of plugins, and that none declares. Of a plugin that can't be loaded nobody knows."""
    declared = {spec.name for plugin in loaded.plugins.values() for spec in plugin.sources}
    for name, runtime in runtimes.items():
        for at, source in runtime.settings.sources_of_plugins():
            if source not in declared and source.partition(".")[0] not in loaded.failed:
                near = get_close_matches(source, declared, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "add its plugin under `plugins:`, or take the source out"
                yield configuration.mistake(("plugins", name, *at), f"no plugin brings {source!r}: {hint}")
