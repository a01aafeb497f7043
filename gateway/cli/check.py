"""`callboard check`: everything that can be checked without running."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from gateway.app import Gateway, build
from gateway.configuration import SettingsError
from gateway.loading import check_packages, installed
from policies import PolicyError

from .show import DEFAULT_FILE, AsJson, SettingsFile, configuration, fail, out


def check(settings: SettingsFile = DEFAULT_FILE, as_json: AsJson = False) -> None:
    """Check settings, plugins, schema and policies; list every mistake."""
    if as_json:
        _print(settings)
        return
    configured = configuration(settings)
    gateway = build(configured)
    table = Table("plugin", "version", "fields", "permissions", box=None)
    for name, plugin in gateway.loaded.plugins.items():
        table.add_row(name, gateway.loaded.versions.get(name, ""), str(len(plugin.fields)), ", ".join(plugin.permissions))
    out.print(table)
    for name in _idle(gateway):
        out.print(f"installed but not enabled: {name} (add `{name}:` under `plugins:`)", highlight=False, markup=False)
    failed = [str(configured.mistake(("plugins", name), reason)) for name, reason in gateway.loaded.failed.items()]
    if problems := [*check_packages(), *failed]:
        fail(problems)
    out.print(Text.assemble(("✓", "green"), f" settings, schema and policy {gateway.policy.version} are in order"))


def _print(settings: Path) -> None:
    """The same for scripts: one object, with `mistakes` where there are any."""
    found: dict[str, Any] = {"mistakes": []}
    try:
        gateway = build(configuration(settings))
        found |= {
            "plugins": {name: gateway.loaded.versions.get(name) for name in gateway.loaded.plugins},
            "failed": dict(gateway.loaded.failed),
            "installedButNotEnabled": _idle(gateway),
            "coordinates": len(gateway.supergraph.guards),
            "policyVersion": gateway.policy.version,
        }
        found["mistakes"] = [{"message": problem} for problem in check_packages()]
    except SettingsError as error:
        found["mistakes"] = [asdict(mistake) for mistake in error.mistakes]
    except PolicyError as error:
        found["mistakes"] = [{"message": mistake} for mistake in error.mistakes]
    print(json.dumps(found, indent=2))
    if found["mistakes"] or found.get("failed"):
        raise typer.Exit(1)


def _idle(gateway: Gateway) -> list[str]:
    return sorted(set(installed()) - set(gateway.loaded.plugins) - set(gateway.loaded.failed))
