"""How each language's snippets are held to the truth: what can be run is run, the rest is read as its reader would."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import yaml
from gateway.app import build
from gateway.cli.policy.expectations import read_table
from gateway.configuration import SettingsError, read_configuration
from gateway.loading import installed
from gateway.settings import GatewaySettings
from gateway.testing import Harness
from graphql import ExecutableDefinitionNode, NonNullTypeNode, OperationDefinitionNode, parse
from policies import PolicyError, read_rules

from tests.docs.shell import check_shell
from tests.docs.snippets import Snippet

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_NO_CHECK = {"text", "http", "js", "diff", "dockerfile", "mermaid"}


async def check(snippet: Snippet, folder: Path, harness: Harness) -> list[str]:
    """What is wrong with the snippet; `folder` is for files, `harness` a gateway with all plugins over the demo."""
    match snippet.language:
        case "graphql":
            return await check_graphql(snippet.text, harness)
        case "yaml" | "yml":
            return _yaml(snippet.text, folder, harness)
        case "sh" | "shell" | "bash" | "console":
            return check_shell(snippet.text, snippet.file.parent)
        case "python":
            compile(snippet.text, snippet.place, "exec")
        case "json":
            json.loads(snippet.text)
        case "csv":
            return _rules(snippet.text, folder, harness)
        case language if language not in _NO_CHECK:
            return [
                f"a snippet in {language or 'no language'} can't be checked: name one of graphql, yaml, sh, python, json, csv, text"
            ]
    return []


async def check_graphql(text: str, harness: Harness) -> list[str]:
    """An operation is run where it needs no variables, else validated; definitions of types are parsed."""
    definitions = parse(text).definitions
    if not all(isinstance(definition, ExecutableDefinitionNode) for definition in definitions):
        return []
    pipeline = harness.gateway.pipeline
    await pipeline.documents.read(text, pipeline.visible(pipeline.policies.current, frozenset({"admin"})))
    operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
    needs = any(
        isinstance(v.type, NonNullTypeNode) and not v.default_value for o in operations for v in o.variable_definitions or ()
    )
    if needs or len(operations) != 1:
        return []
    answer = await harness.ask(text)
    return [f"{error['message']} {error.get('path')}" for error in answer.errors]


def _yaml(text: str, folder: Path, harness: Harness) -> list[str]:
    documents: list[Any] = [d for d in yaml.safe_load_all(text) if d is not None]
    if all(isinstance(d, dict) and "kind" in d and "apiVersion" in d for d in documents):
        return []  # what a descriptor may hold is the catalog's to say, and tested there
    if len(documents) == 1 and isinstance(documents[0], dict) and documents[0].keys() == {"roles"}:
        return _ruled(text, folder / "rules.yaml", harness)
    if len(documents) == 1 and isinstance(documents[0], dict) and "tests" in documents[0]:
        return _tests(text, folder)
    if len(documents) != 1 or not set(documents[0]) <= set(GatewaySettings.model_fields):
        return ["it is neither the gateway's settings nor a descriptor: fence it as text, or write it whole"]
    return _settings(text, documents[0], folder)


def _settings(text: str, values: dict[str, Any], folder: Path) -> list[str]:
    """A gateway is put together from the settings, with the plugins that are installed; nothing of it is started."""
    file = folder / "callboard.yaml"
    known = {name: value for name, value in (values.get("plugins") or {}).items() if name in installed()}
    file.write_text(text if known == values.get("plugins") else yaml.safe_dump(values | {"plugins": known}), encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        build(read_configuration(file, dict.fromkeys(_PLACEHOLDER.findall(text), "here")))
    except (SettingsError, PolicyError) as error:
        return [str(error)]
    finally:
        os.chdir(before)
    return []


def _rules(text: str, folder: Path, harness: Harness) -> list[str]:
    return _ruled(text, folder / "rules.csv", harness)


def _ruled(text: str, file: Path, harness: Harness) -> list[str]:
    from policies import Policy

    file.write_text(text, encoding="utf-8")
    try:
        Policy(read_rules(file), harness.gateway.supergraph)
    except PolicyError as error:
        return list(error.mistakes)
    return []


def _tests(text: str, folder: Path) -> list[str]:
    file = folder / "rules.tests.yaml"
    file.write_text(text, encoding="utf-8")
    return list(read_table(file).mistakes)
