"""What every plugin keeps, built-in or not."""

from __future__ import annotations

import inspect
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Batch, Entity, Plugin
from callboard_sdk.entities import ENTITY_TYPES
from callboard_sdk.testing import make_entity
from gateway.configuration import SettingsError, read_configuration
from gateway.fragments import fragment_file, fragment_mistake
from gateway.loading import installed
from gateway.testing import Harness
from resolvers.batching import RequestContext


def test_it_loads_under_its_own_name(plugin: Any, plugin_name: str) -> None:
    assert isinstance(plugin, Plugin)
    assert plugin.name == plugin_name


async def test_it_fits_into_the_schema_and_everything_is_described(alone: Harness, plugin_name: str) -> None:
    assert alone.gateway.loaded.failed == {}, "stitching lints descriptions and nullability"
    assert plugin_name in alone.gateway.supergraph.plugins


async def test_it_starts(alone: Harness, plugin_name: str) -> None:
    assert alone.gateway.plugins.runtimes[plugin_name].health.broken is None


def test_each_permission_that_it_uses_is_declared_and_says_what_it_is_for(plugin: Any) -> None:
    assert {spec.permission for spec in plugin.fields} <= set(plugin.permissions)
    assert all(text.strip() for text in plugin.permissions.values())


def test_a_typo_in_its_settings_is_answered_with_the_nearest_key(plugin: Any, tmp_path: Path) -> None:
    known = list(plugin.settings.model_fields)
    if not known:
        pytest.skip("the plugin has no settings")
    typo = known[0] + "x"
    file = tmp_path / "callboard.yaml"
    file.write_text(f"plugins:\n  {plugin.name}:\n    {typo}: 1\n")
    with pytest.raises(SettingsError) as refused:
        read_configuration(file, {}).plugin_settings(plugin.name, plugin.settings)
    mistake = next(m for m in refused.value.mistakes if m.path.endswith(typo))
    assert mistake.line == 3
    named = mistake.message.split("'")[1]
    assert SequenceMatcher(None, named, typo).ratio() > 0.6


def test_its_schema_fragment_is_what_it_adds_to_the_graph(plugin: Any, plugin_name: str) -> None:
    """The fragment stands in for the plugin where its code can't be loaded; `git diff` shows what a change does to clients."""
    file = fragment_file(installed()[plugin_name])
    if file is None or not file.is_file():
        pytest.fail(f"{file} is missing: write it with `callboard plugin schema {plugin_name} --write`")
    if mistake := fragment_mistake(plugin, file.read_text(encoding="utf-8")):
        pytest.fail(mistake, pytrace=False)


async def test_each_entity_field_gives_as_many_results_as_parents(alone: Harness, plugin: Any) -> None:
    for spec in plugin.fields:
        kinds = _entity_kinds(spec.on)
        needed = [a for a in spec.parameters.values() if a.default is inspect.Parameter.empty]
        if not spec.batched or not kinds or any(a.annotation in _graphql_needed(alone, plugin, needed) for a in needed):
            continue
        for count in (0, 1, 3):
            parents = [make_entity(kinds[0], f"thing-{number}") for number in range(count)]
            results = await _call(alone, spec, parents)
            assert len(results) == count, f"{spec.where}: {count} parents, {len(results)} results"


async def test_denied_means_not_called(alone: Harness, plugin: Any) -> None:
    for spec in plugin.fields:
        if spec.on == "Query" and not _required_arguments(spec, alone, plugin):
            text = "{ " + spec.name + ("(first: 1)" if spec.paged else "") + _selection(alone, spec) + " }"
            answer = await alone.ask(text, roles=("nobody",))
            assert answer.data == {spec.name: None}
            assert answer.errors[0]["extensions"]["code"] == "FORBIDDEN"
            assert answer.calls == []


def _entity_kinds(on: Any) -> list[type[Entity]]:
    return [kind for kind in ENTITY_TYPES if isinstance(on, type) and issubclass(kind, on) and kind.KIND]


def _graphql_needed(alone: Harness, plugin: Any, needed: list[Any]) -> list[Any]:
    from callboard_sdk import Page
    from resolvers.plugins import injected_types

    return [a.annotation for a in needed if a.annotation not in injected_types(plugin) and a.annotation is not Page]


def _required_arguments(spec: Any, alone: Harness, plugin: Any) -> list[Any]:
    needed = [a for a in spec.parameters.values() if a.default is inspect.Parameter.empty]
    return _graphql_needed(alone, plugin, needed)


async def _call(alone: Harness, spec: Any, parents: list[Any]) -> Any:
    from callboard_sdk import Page, Viewer, ViewerKind

    viewer = Viewer("tester", ViewerKind.PERSON, frozenset({"admin"}))
    given = {spec.paged: Page.checked(1, None, None, None)} if spec.paged else {}
    context = RequestContext(alone.gateway.plugins, viewer)
    result = spec.function(Batch(parents), **context.plugins.arguments(spec, viewer, given))
    return await result if inspect.isawaitable(result) else result


def _selection(alone: Harness, spec: Any) -> str:
    from graphql import get_named_type, is_composite_type

    field = alone.gateway.supergraph.schema.query_type.fields[spec.name]
    return " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
