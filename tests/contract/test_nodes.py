"""Every node type that a plugin declares has a loader, which takes whatever keys clients send."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from callboard_sdk import Batch, CallboardError, Viewer, ViewerKind
from gateway.testing import Harness
from resolvers.batching import RequestContext

STRANGE = ["", "a", "a/b/c", "a/b/c/d", "@", "component:default/nothing", "é\u0000", "1"]


def test_every_node_type_has_a_loader(alone: Harness) -> None:
    graph = alone.gateway.supergraph
    types = graph.schema.type_map
    entities = graph.schema.get_possible_types(types["Entity"])  # one loader finds them all
    nodes = {kind.name for kind in graph.schema.get_possible_types(types["Node"]) if kind not in entities}
    for name in sorted(nodes - graph.loaders.keys()):
        pytest.fail(
            f"{name} has an id that `node(id:)` doesn't find: declare @plugin.loader({name}, permission=...)", pytrace=False
        )


async def test_each_loader_gives_one_result_per_key_and_takes_any_key(
    alone: Harness, plugin: Any, samples: Any, subtests: pytest.Subtests
) -> None:
    request = RequestContext(alone.gateway.plugins, Viewer("tester", ViewerKind.PERSON, frozenset({"admin"})))
    for spec in plugin.loaders:
        known = [parent.node_key() for parent in samples.parents if isinstance(parent, spec.on)]
        for keys in ([], known[:1], STRANGE, [*STRANGE, *known, *STRANGE, *known]):
            with subtests.test(f"{spec.where}, {spec.name} with {len(keys)} keys"):
                try:
                    results = spec.function(Batch(keys), **alone.gateway.plugins.arguments(spec, request.own, {}))
                    results = await results if inspect.isawaitable(results) else results
                except CallboardError:
                    continue
                assert len(results) == len(keys), "return one item per key, in their order"
                assert all(isinstance(one, spec.on | CallboardError | None) for one in results), "return objects, errors, None"
