"""What every plugin keeps, built-in or not: it loads, fits, starts, and says what is wrong with its settings."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Plugin
from gateway.configuration import SettingsError, read_configuration
from gateway.fragments import fragment_file, fragment_mistake
from gateway.loading import installed
from gateway.testing import Harness


def test_it_loads_under_its_own_name(plugin: Any, plugin_name: str) -> None:
    assert isinstance(plugin, Plugin)
    assert plugin.name == plugin_name


async def test_it_fits_into_the_schema_and_everything_is_described(alone: Harness, plugin_name: str) -> None:
    assert alone.gateway.loaded.failed == {}, "stitching lints descriptions and nullability"
    assert plugin_name in alone.gateway.supergraph.plugins


async def test_it_starts_even_while_its_upstreams_are_down(alone: Harness, plugin_name: str) -> None:
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
