"""A batch field gives one result per parent, however many parents there are, and whether or not one stands twice."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import pytest
from callboard_sdk import Batch, CallboardError, Page, Viewer, ViewerKind
from callboard_sdk.fields import FieldSpec
from callboard_sdk.testing import Samples
from gateway.testing import Harness
from resolvers.batching import RequestContext
from resolvers.plugins import injected_types

VIEWER = Viewer("tester", ViewerKind.PERSON, frozenset({"admin"}))


async def test_each_batch_field_gives_one_result_per_parent(
    alone: Harness, plugin: Any, samples: Samples, entities: Any, subtests: pytest.Subtests
) -> None:
    for spec in (spec for spec in plugin.fields if spec.batched and not _needs_arguments(plugin, spec)):
        parents = _parents(spec, samples, entities)
        for count, chosen in {"no parents": [], "one": parents[:1], "many": parents, "duplicates": [*parents, *parents]}.items():
            with subtests.test(f"{spec.where}, {spec.name} with {count}"):
                results = await _call(alone, spec, chosen)
                if not isinstance(results, CallboardError):
                    assert isinstance(results, Sequence), "return a list: one item per parent, in their order"
                    assert len(results) == len(chosen), "return one item per parent, in their order"


async def test_a_parent_that_stands_twice_gets_its_answer_twice(
    alone: Harness, plugin: Any, question: Any, subtests: pytest.Subtests
) -> None:
    for spec in (spec for spec in plugin.fields if spec.batched):
        if document := question(spec):
            with subtests.test(spec.name):
                answer = await alone.ask(document)
                rows: dict[tuple[str, str], list[Any]] = {}
                for row in answer.data["contractEntities"]:
                    rows.setdefault((row["__typename"], row["name"]), []).append(row)
                assert any(len(same) == 2 for same in rows.values())
                assert all(row == same[0] for same in rows.values() for row in same)


def _needs_arguments(plugin: Any, spec: FieldSpec) -> bool:
    handed = injected_types(plugin) | {Page}
    needed = (a for a in spec.parameters.values() if a.default is inspect.Parameter.empty)
    return any(argument.annotation not in handed for argument in needed)


def _parents(spec: FieldSpec, samples: Samples, entities: Any) -> list[Any]:
    """Entities that the suite made, or the plugin's own samples."""
    assert isinstance(spec.on, type)
    made = [entity for some in entities.values() for entity in some if isinstance(entity, spec.on)]
    found = made or [parent for parent in samples.parents if isinstance(parent, spec.on)]
    if len(found) < 2:
        pytest.fail(
            f"{spec.where}: the suite has no {spec.on.__name__} to ask {spec.name} for. In the module `contract` of the plugin's "
            f"package, let `samples(folder)` give callboard_sdk.testing.Samples(parents=[...]) with at least two.",
            pytrace=False,
        )
    return found


async def _call(alone: Harness, spec: FieldSpec, parents: list[Any]) -> Any:
    given = {spec.paged: Page.checked(1, None, None, None)} if spec.paged else {}
    try:
        own = RequestContext(alone.gateway.plugins, VIEWER).own
        result = spec.function(Batch(parents), **alone.gateway.plugins.arguments(spec, own, given))
        return await result if inspect.isawaitable(result) else result
    except CallboardError as error:
        return error
