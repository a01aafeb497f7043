"""What the core itself resolves: the viewer, nodes by id, and the state of the plugins. A plugin like any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Annotated

import strawberry
from callboard_sdk import (
    Access,
    BadArgument,
    EntityRef,
    Node,
    Plugin,
    Settings,
    Viewer,
    ViewerKind,
    enum,
    value,
)

from .audit import AuditStore
from .audit import fields as audited
from .migrations import CORE, NAME
from .nodes import Nodes
from .plugins import Health as PluginRun
from .plugins import PluginRuntime, Plugins, Request
from .policy import fields as policies
from .policy.administration import Administration
from .predicates import declare_predicates
from .tokens.fields import PERMISSIONS as TOKEN_PERMISSIONS
from .tokens.fields import Tokens, add_tokens
from .upstream import Health
from .usage import Usage

MAX_NODES = 100

_Id = Annotated[strawberry.ID, strawberry.argument(description="An `id` of this graph.")]
_Ids = Annotated[list[strawberry.ID], strawberry.argument(description=f"Up to {MAX_NODES} ids of this graph.")]


@value
class ViewerInfo:
    """Who asks, as the gateway sees it."""

    subject: str
    """The name in the token."""
    kind: ViewerKind
    """A person, a bot, or nobody known."""
    roles: list[str]
    """The roles that the policies speak of, sorted."""
    entity: EntityRef | None
    """The viewer's own entity in the catalog."""
    groups: list[EntityRef]
    """The groups it belongs to, sorted."""


@enum
class PluginState(Enum):
    """Whether a plugin answers."""

    OK = "OK"
    """It answers."""
    FAILING = "FAILING"
    """It answers, but has no client for an upstream, or a field of it failed unexpectedly (and is left out for a while if it
    kept failing)."""
    QUARANTINED = "QUARANTINED"
    """It is left out: its fields are null, with an error that says so."""


@enum
class UpstreamState(Enum):
    """Whether an upstream can be counted on."""

    OK = "OK"
    """Its last call went well, or none was made yet."""
    FAILING = "FAILING"
    """Its last call failed."""
    OPEN = "OPEN"
    """It failed so often in a row that it is not asked for a while."""


@value
class UpstreamHealth:
    """How an upstream of a plugin is doing, as seen since the gateway started."""

    name: str
    """Its name, as settings, errors and metrics have it."""
    state: UpstreamState
    """Whether it can be counted on."""
    last_success: datetime | None
    """When it last gave a whole answer."""
    last_failure: datetime | None
    """When a call of it last failed."""
    last_error: str | None
    """What that failure was."""


@value
class PluginHealth:
    """How a plugin is, and why."""

    state: PluginState
    """Whether it answers."""
    reason: str | None
    """What is wrong, if anything is."""
    upstreams: list[UpstreamHealth]
    """How the systems are that it asks."""


@value
class PluginInfo:
    """A plugin of this gateway."""

    name: str
    """Its name, as settings and policies write it."""
    version: str | None
    """The version of its distribution."""
    permissions: list[str]
    """The permissions that its fields need."""
    health: PluginHealth
    """How it is."""


@value
class RateLimit:
    """What this request cost, and what is left to its viewer this hour."""

    cost: int
    """The points that this request took: a hundredth of its field calls, at least 1."""
    node_count: int
    """The objects that its result could hold, by its page sizes."""
    limit: int | None
    """The points that a viewer has for an hour; null when nothing is counted."""
    remaining: int | None
    """The points that are left."""
    reset_at: datetime | None
    """When there are new ones."""


@dataclass
class Whole:
    """What the core's fields need of the gateway as a whole, set once it is put together."""

    plugins: Plugins | None = None
    nodes: Nodes | None = None
    audit: AuditStore | None = None
    tokens: Tokens = field(default_factory=Tokens)
    sdl: str | None = None


def core_plugin(whole: Whole) -> Plugin[Settings]:
    """The core's own fields, for one gateway."""
    core: Plugin[Settings] = Plugin(
        NAME,
        permissions={
            "core.viewer": "See one's own name, roles and groups.",
            "core.plugins": "See which plugins there are, and how they are.",
            "core.schema": "See the whole schema, also what one may not use.",
        }
        | {"core.node": "Load nodes by their ids; each type's own permission, and that of each field, is still needed."}
        | audited.PERMISSIONS
        | policies.PERMISSIONS
        | TOKEN_PERMISSIONS,
        migrations=CORE,
    )
    audited.add_audit(core)
    policies.add_policy(core)
    policies.add_can_i(core, ViewerInfo)

    declare_predicates(core)

    @core.resource
    async def gateway() -> AsyncIterator[Whole]:
        yield whole

    @core.resource
    async def audit() -> AsyncIterator[AuditStore]:
        assert whole.audit is not None
        yield whole.audit

    @core.resource
    async def tokens() -> AsyncIterator[Tokens]:
        yield whole.tokens

    add_tokens(core, ViewerInfo)

    @core.query(permission="core.viewer")
    async def viewer(viewer: Viewer) -> ViewerInfo | None:
        """Who asks, as the gateway sees it."""
        return ViewerInfo(
            subject=viewer.subject,
            kind=viewer.kind,
            roles=sorted(viewer.roles),
            entity=viewer.entity,
            groups=sorted(viewer.groups),
        )

    @core.query(permission="core.viewer")
    async def rate_limit(usage: Usage) -> RateLimit | None:
        """What this request cost, and what is left to its viewer this hour."""
        return RateLimit(
            cost=usage.cost, node_count=usage.nodes, limit=usage.limit, remaining=usage.remaining, reset_at=usage.reset_at
        )

    @core.query(permission="core.plugins")
    async def plugins(whole: Whole, viewer: Viewer, access: Access, rules: Administration) -> list[PluginInfo] | None:
        """The gateway's plugins and how they are; who may not see every entity is told of what failed for itself."""
        assert whole.plugins is not None
        alone = None if access.whole else viewer.subject
        running = [_info(runtime, partial(rules.uses, viewer, name), alone) for name, runtime in whole.plugins.runtimes.items()]
        return running + [_failed(name, reason) for name, reason in whole.plugins.failed.items()]

    @core.query(permission="core.schema")
    async def sdl(whole: Whole) -> str | None:
        """The whole schema in SDL, also what the viewer may not use: for tools that serve viewers of all roles."""
        return whole.sdl

    @core.query(permission="core.node")
    async def node(id: _Id, whole: Whole, request: Request, access: Access) -> Node | None:
        """The object with this id; null when there is none."""
        assert whole.nodes is not None
        [found] = await whole.nodes.load([id], request, access)
        if isinstance(found, Exception):
            raise found
        node: Node | None = found
        return node

    @core.query(permission="core.node")
    async def nodes(ids: _Ids, whole: Whole, request: Request, access: Access) -> list[Node | None] | None:
        """The objects with these ids, in the same order; null where there is none."""
        if len(ids) > MAX_NODES:
            raise BadArgument(f"{len(ids)} ids: ask for at most {MAX_NODES} at once")
        assert whole.nodes is not None
        return await whole.nodes.load(ids, request, access)

    return core


def _info(runtime: PluginRuntime, sees: Callable[[str], bool], alone: str | None) -> PluginInfo:
    state, reason = _state(runtime.health, sees, alone)
    health = PluginHealth(state=state, reason=reason, upstreams=[_upstream(one) for one in runtime.upstreams])
    return PluginInfo(
        name=runtime.plugin.name, version=runtime.version, permissions=sorted(runtime.plugin.permissions), health=health
    )


def _state(health: PluginRun, sees: Callable[[str], bool], alone: str | None) -> tuple[PluginState, str | None]:
    """Fields that the viewer may not use are not named; `alone` has who is told of its own requests only."""
    if health.broken:
        return PluginState.QUARANTINED, health.broken
    quarantined, failed = health.quarantined(alone), health.errors(alone)
    left_out = [field for field in quarantined if sees(field)]
    errors = [error for field, error in failed.items() if sees(field)]
    said = [*health.without.values(), *([f"left out for now: {', '.join(left_out)}"] if left_out else []), *errors[-1:]]
    if not all(map(sees, (*quarantined, *failed))):
        said.append("fields that you may not use fail")
    return PluginState.FAILING if said else PluginState.OK, "; ".join(said) or None


def _upstream(health: Health) -> UpstreamHealth:
    return UpstreamHealth(
        name=health.upstream,
        state=UpstreamState(health.state.value),
        last_success=health.last_success,
        last_failure=health.last_failure,
        last_error=health.last_error,
    )


def _failed(name: str, reason: str) -> PluginInfo:
    health = PluginHealth(state=PluginState.QUARANTINED, reason=reason, upstreams=[])
    return PluginInfo(name=name, version=None, permissions=[], health=health)
