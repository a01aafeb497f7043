"""A gateway in the process, for tests: built from settings given as a mapping, asked without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from callboard_sdk import Plugin, Viewer, ViewerKind
from graphql.execution import VariableValues

from gateway.app import Gateway, build
from gateway.auth import AuthSettings, LocalIssuer
from gateway.configuration import read_configuration
from gateway.execution.executor import execute
from gateway.execution.shape import shape_result
from gateway.planning.plan import Plan
from gateway.request import GraphQLRequest
from gateway.streams.streams import Begun, Told
from resolvers.batching import RequestContext
from resolvers.plugins import Connect
from resolvers.upstream import UpstreamClient


@dataclass(frozen=True)
class Answer:
    """A response, decoded, with the plugin calls that made it (`plugin.field`, in order)."""

    data: Any
    errors: list[dict[str, Any]]
    calls: list[str]


class Harness:
    """A running gateway that a test asks directly."""

    def __init__(self, gateway: Gateway, auth: AuthSettings) -> None:
        self.gateway = gateway
        self._auth = auth

    def bearer(self, roles: Sequence[str], subject: str = "tester", groups: Sequence[str] = ()) -> str:
        """An Authorization header of a viewer with these roles, for requests that go the whole path, from `identify` on."""
        assert self._auth.local is not None
        issuer = LocalIssuer(self._auth.local, self._auth.audience)
        return f"Bearer {issuer.create(subject, roles, seconds=3600, groups=groups)}"

    async def plan(
        self, document: str, roles: Sequence[str], variables: Mapping[str, Any] | None = None
    ) -> tuple[Plan, VariableValues]:
        """What would run for a viewer with these roles, and the variables' values."""
        pipeline = self.gateway.pipeline
        policy = pipeline.policies.current
        visible = pipeline.visible(policy, frozenset(roles))
        operation = pipeline.documents.choose(await pipeline.documents.read(document, visible), None)
        decisions = policy.decide(frozenset(roles), operation.coordinates)
        values = await pipeline.documents.coerce(operation, variables or {}, visible)
        return await pipeline.plans.plan(operation, decisions, policy.version, values, visible), values

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, *, roles: Sequence[str] = ("admin",)
    ) -> Answer:
        """Run a document for a viewer with these roles, through the pipeline's own steps after identification."""
        viewer = Viewer("tester", ViewerKind.PERSON, frozenset(roles))
        pipeline = self.gateway.pipeline
        plan, values = await self.plan(document, roles, variables)
        usage = pipeline.charge(viewer, plan.cost(values))
        with pipeline.turns.one() as turn:
            sight = await pipeline.sight(pipeline.policies.current, viewer, plan)
            seen = sight.access, sight.opens, pipeline.rules(), sight.readable
            context = RequestContext(self.gateway.plugins, viewer, usage, turn.share, *seen, apart=not plan.open)
            result = await execute(plan, values, context, turn, sight, max_nodes=pipeline.limits.nodes)
            response = await shape_result(result, turn, max_bytes=pipeline.limits.response_bytes)
        body = orjson.loads(response.body)
        return Answer(body.get("data"), body.get("errors", []), context.calls)

    @asynccontextmanager
    async def listen(
        self, document: str, variables: Mapping[str, Any] | None = None, *, roles: Sequence[str] = ("admin",)
    ) -> AsyncIterator[AsyncIterator[Answer]]:
        """Subscribe for a viewer with these roles, on the whole path from `identify` on: what each event is answered with.

        The block is entered when the subscription has begun, or was refused: that is the one answer then.
        """
        request = GraphQLRequest(document, variables=variables or {}, authorization=[self.bearer(roles)])
        async with aclosing(self.gateway.streams.answer(request, "sse")) as messages:
            yield _answers(await anext(messages), messages)


async def _answers(first: Told | Begun, messages: AsyncIterator[Told | Begun]) -> AsyncIterator[Answer]:
    if isinstance(first, Told):
        yield _answer(first)
    async for told in messages:
        if isinstance(told, Told):
            yield _answer(told)


def _answer(told: Told) -> Answer:
    body = orjson.loads(told.response.body)
    return Answer(body.get("data"), body.get("errors", []), [])


@asynccontextmanager
async def running_gateway(
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    plugins: Sequence[Plugin[Any]] = (),
    connect: Connect = UpstreamClient,
    lane: Sequence[str] | None = None,
) -> AsyncIterator[Harness]:
    """A gateway whose files are all below `folder`; `plugins` are added to those that the settings name.

    `lane` is the command that starts its lane, for a test of that; all others answer everything in this process.
    """
    base: dict[str, Any] = {
        "server": {"development": True},
        "limits": {"seconds": 60},
        "auth": {"local": {"key_file": str(folder / "key.pem")}},
        "database": {"url": f"sqlite+aiosqlite:///{folder / 'callboard.sqlite'}"},
    }
    file = folder / "callboard.yaml"
    file.write_text(yaml.safe_dump(base | dict(settings or {})), encoding="utf-8")
    configuration = read_configuration(file, {})
    gateway = build(configuration, plugins, lane)
    async with gateway.running(connect):
        yield Harness(gateway, configuration.settings.auth)
