"""`callboard settings schema`: what it takes is what the gateway takes, as far as a schema can say it."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import gateway.cli.settings
import gateway.loading
import pytest
import yaml
from gateway.app import build
from gateway.cli.main import app
from gateway.configuration import SettingsError, read_configuration
from gateway.settings import GatewaySettings
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from tests.docs.snippets import pages, snippets

ROOT = Path(__file__).parents[3]
YAML = [s for page in pages() for s in snippets(page) if s.language == "yaml"]
SNIPPETS = [s for s in YAML if yaml.safe_load(s.text).keys() & GatewaySettings.model_fields.keys()]  # others are rules


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    printed = CliRunner().invoke(app, ["settings", "schema"])
    assert printed.exit_code == 0
    schema = json.loads(printed.stdout)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def mistakes(validator: Draft202012Validator, text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(yaml.safe_load(text))]


def refused(text: str, folder: Path) -> bool:
    """Whether the gateway itself refuses these settings."""
    file = folder / "callboard.yaml"
    file.write_text(text)
    try:
        build(read_configuration(file, {"PORT": "0", "LEVEL": "debug"}))
    except SettingsError:
        return True
    return False


def test_the_demo_s_settings_fit(validator: Draft202012Validator) -> None:
    assert mistakes(validator, (ROOT / "demo" / "callboard.yaml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.place)
def test_every_page_s_settings_fit(snippet: Any, validator: Draft202012Validator) -> None:
    settings = yaml.safe_load(snippet.text)
    plugins = {name: given for name, given in settings.get("plugins", {}).items() if name in gateway.loading.installed()}
    assert mistakes(validator, yaml.safe_dump(settings | {"plugins": plugins})) == []


@pytest.mark.parametrize(
    "text",
    [
        "plugins: {}",
        "plugins: {ci: , catalog: null}",
        "server: {port: '${PORT}', development: '${DEVELOPMENT:-false}'}",
        "logs: {json: false, level: '${LEVEL}'}",
        "limits: {points: null, seconds: 2}",
        "auth: {local: null}",
        "plugins: {kubernetes: {clusters: [{name: here, url: 'http://127.0.0.1:${PORT}'}], kinds: [JOB]}}",
        "plugins: {cost: {as_of: '2026-11-24', rules: [{tag: app, values: {a: b}}]}}",
    ],
)
def test_what_the_gateway_takes_the_schema_takes(text: str, validator: Draft202012Validator, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not refused(text, tmp_path)
    assert mistakes(validator, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "serve: {port: 1}",
        "server: {prt: 1}",
        "server: {port: 70000}",
        "server: {port: none}",
        "limits: {seconds: 0}",
        "logs: {level: loud}",
        "auth: {issuers: {}}",
        "plugins: []",
        "plugins: {ci: {providers: [{type: gitlab}]}}",
        "plugins: {catalog: {sources: [{name: ours}]}}",
        "plugins: {security: {refresh_seconds: 0}}",
    ],
)
def test_what_the_gateway_refuses_the_schema_refuses(text: str, validator: Draft202012Validator, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(text, tmp_path)
    assert mistakes(validator, text) != []


def test_a_plugin_that_is_not_installed_is_a_mistake(validator: Draft202012Validator) -> None:
    assert mistakes(validator, "plugins: {catalogue: }") != []


def test_a_plugin_that_can_t_be_loaded_may_have_any_settings_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"broken": EntryPoint("broken", "no_such_package_anywhere", gateway.loading.GROUP)}
    monkeypatch.setattr(gateway.loading, "installed", lambda: broken)
    monkeypatch.setattr(gateway.cli.settings, "installed", lambda: broken)
    printed = CliRunner().invoke(app, ["settings", "schema"])
    assert printed.exit_code == 0
    assert "plugin broken are not known" in printed.stderr and "Traceback" not in printed.output
    validator = Draft202012Validator(json.loads(printed.stdout))
    assert mistakes(validator, "plugins: {broken: {whatever: 1}}") == []
    assert mistakes(validator, "plugins: {ci: }") != []
