"""An upstream that is down costs the fields that need it, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from callboard_sdk import Client, Clients
from callboard_sdk.testing import Remembered
from callboard_sdk.types import hints
from gateway.testing import Harness
from resolvers.sources import PluginSources


async def test_upstream_down_leaves_siblings_intact(
    alone: Harness, plugin: Any, question: Any, down: Any, subtests: pytest.Subtests
) -> None:
    if plugin.upstreams is None:
        pytest.skip("the plugin declares no upstreams")
    clients = alone.gateway.plugins.runtimes[plugin.name].clients
    told = f"module `contract` of {plugin.name}'s package: let `samples(folder)` give callboard_sdk.testing.Samples"
    if not clients:
        pytest.fail(f"{told}(settings={{...}}) that name an upstream", pytrace=False)
    for spec in (spec for spec in plugin.fields if spec.on != "Mutation"):
        if document := question(spec):
            with subtests.test(spec.name):
                answer = await alone.ask(document)
                rows = answer.data["contractEntities"]
                assert rows and all(row["contractSibling"] for row in rows)
                for error in answer.errors:
                    assert spec.name in error["path"]
                    assert error["extensions"]["code"] != "INTERNAL", f"{spec.where} let an error through that it shouldn't"
                    assert error["extensions"].get("upstream", next(iter(clients))) in clients
    for source in plugin.sources:
        known = Remembered()
        await known.read(PluginSources(alone.gateway.plugins).read(source, known))
    if not down.asked and _is_handed_clients(plugin) and not await _asks_behind(down):
        pytest.fail(f"{told}(annotations={{...}}) for which a field or source asks an upstream: none did", pytrace=False)


async def _asks_behind(down: Any) -> bool:
    """Whether what runs behind all requests asks an upstream, within a few seconds."""
    for _ in range(100):
        if down.asked_behind:
            return True
        await asyncio.sleep(0.05)
    return False


def _is_handed_clients(plugin: Any) -> bool:
    specs = (*plugin.fields, *plugin.loaders, *plugin.conditions, *plugin.sources)
    functions = [*plugin.resources, *(spec.function for spec in specs)]
    return any(kind in (Client, Clients) for function in functions for kind in hints(function).values())
