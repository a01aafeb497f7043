"""The ways to answer the reference page, each from its query's text to JSON bytes, in one process.

The engine's way is all that the gateway does between knowing the viewer and sending the answer: finding the document, the
decisions and the plan, counting the cost, executing, encoding.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from callboard_sdk import Viewer, ViewerKind

from bench import reference
from gateway.execution.executor import execute
from gateway.execution.shape import shape_result
from gateway.planning.plan import Plan
from gateway.testing import Harness, running_gateway
from resolvers.batching import RequestContext

Answer = Callable[[int], Awaitable[bytes]]
"""The page of so many services."""
_VIEWER = Viewer("bench", ViewerKind.PERSON, frozenset(["admin"]))
_SETTINGS = {"limits": {"points": None, "seconds": 600}, "server": {"development": False}}


@asynccontextmanager
async def ways() -> AsyncIterator[dict[str, Answer]]:
    """The ways by name. `trusted` takes leaves unchecked, for their types are declared typed; `engine` checks them all."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_gateway(Path(folder), _SETTINGS, plugins=[reference.make_plugin()]) as gateway:
            yield {
                "engine": _engine(gateway),
                "trusted": _engine(gateway, trusted=True),
                "strawberry": _strawberry(),
                "hand": _hand,
            }


async def check_alike(ways: dict[str, Answer], size: int) -> bytes:
    """The answer that all ways give. Raises RuntimeError when one gives another: there is nothing to compare then."""
    expected = reference.by_hand(size)
    for way, answer in ways.items():
        if await answer(size) != expected:
            raise RuntimeError(f"{way} doesn't answer as the others do, so there is nothing to compare")
    return expected


def _engine(harness: Harness, *, trusted: bool = False) -> Answer:
    """`gateway.pipeline` from the document on."""
    gateway, pipeline = harness.gateway, harness.gateway.pipeline
    known: dict[Plan, Plan] = {}

    async def answer(size: int) -> bytes:
        with pipeline.turns.one() as turn:
            plan, variables = await harness.plan(reference.QUERY, sorted(_VIEWER.roles), {"size": size})
            if not trusted:
                plan = known.get(plan) or known.setdefault(plan, dataclasses.replace(plan, checks=True, _loops={}))
            usage = pipeline.charge(_VIEWER, plan.cost(variables))
            context = RequestContext(gateway.plugins, _VIEWER, usage)
            result = await execute(plan, variables, context, turn, max_nodes=pipeline.limits.nodes)
            return (await shape_result(result, turn, max_bytes=pipeline.limits.response_bytes)).body

    return answer


def _strawberry() -> Answer:
    schema = reference.strawberry_schema()

    async def answer(size: int) -> bytes:
        result = await schema.execute(reference.QUERY, variable_values={"size": size}, context_value=reference.Loaders())
        return orjson.dumps({"data": result.data})

    return answer


async def _hand(size: int) -> bytes:
    return reference.by_hand(size)
