"""`callboard check`: everything that can be checked without running."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from gateway.app import Gateway, build
from gateway.configuration import Configuration, Mistake, SettingsError
from gateway.loading import Loaded, check_packages, installed, load
from gateway.places import missing
from policies import PolicyError
from policies.lint import empty_files

from .in_force import of_the_published
from .settings_file import DEFAULT_FILE, SettingsFile, configuration
from .show import AsJson, err, fail, out, show_table


@dataclass(frozen=True)
class Found:
    """What was found: the gateway where one could be built, every mistake, and what may be one."""

    gateway: Gateway | None
    mistakes: Sequence[Mistake]
    warnings: Sequence[Mistake] = ()


def check(settings: SettingsFile = DEFAULT_FILE, as_json: AsJson = False) -> None:
    """Check settings, plugins, schema and policies, and tell which published rules wait; list every mistake."""
    found = _look(settings)
    if as_json:
        print(json.dumps(_report(found), indent=2))
        if found.mistakes:
            raise typer.Exit(1)
        return
    if found.gateway:
        _show(found.gateway)
    for warning in found.warnings:
        err.print(Text.assemble(("!", "yellow"), f" {warning}"))
    if found.mistakes or not found.gateway:
        fail([str(mistake) for mistake in found.mistakes])
    out.print(Text.assemble(("✓", "green"), f" settings, schema and policy {found.gateway.policy.version} are in order"))


def _look(file: Path) -> Found:
    mistakes = [Mistake("", None, "", problem) for problem in check_packages()]
    try:
        configured = configuration(file)
    except SettingsError as error:
        return Found(None, [*mistakes, *error.mistakes])
    try:
        gateway = build(configured)
    except SettingsError as error:
        return Found(None, [*mistakes, *error.mistakes])
    except PolicyError as error:
        failed = _failed(configured, load(configured.settings.plugins))
        return Found(None, [*mistakes, *failed, *map(Mistake.told, error.mistakes)])
    empty = (Mistake.told(str(finding)) for finding in empty_files(gateway.policy.rules))
    warnings = [*_missing(configured, gateway), *empty, *map(Mistake.told, of_the_published(gateway))]
    return Found(gateway, [*mistakes, *_failed(configured, gateway.loaded)], warnings)


def _failed(configured: Configuration, loaded: Loaded) -> list[Mistake]:
    return [configured.mistake(("plugins", name), reason) for name, reason in loaded.failed.items()]


def _missing(configured: Configuration, gateway: Gateway) -> Iterator[Mistake]:
    """Files and folders that plugins' settings name and that aren't there: they may still come."""
    for name in gateway.loaded.plugins:
        for at, path in missing(gateway.plugins.runtimes[name].settings, ("plugins", name)):
            yield configured.mistake(at, f"nothing is at {path} now: mend the path, or put there what is to be read")


def _report(found: Found) -> dict[str, Any]:
    """What scripts get: always `mistakes` and `warnings`, each with file, line, path and message; null where there is none."""
    report: dict[str, Any] = {"mistakes": _plain(found.mistakes), "warnings": _plain(found.warnings)}
    if (gateway := found.gateway) is not None:
        report |= {
            "plugins": {name: gateway.loaded.versions.get(name) for name in gateway.loaded.plugins},
            "installedButNotEnabled": _idle(gateway),
            "coordinates": len(gateway.supergraph.guards),
            "policyVersion": gateway.policy.version,
        }
    return report


def _plain(mistakes: Sequence[Mistake]) -> list[dict[str, Any]]:
    return [{name: value or None for name, value in asdict(mistake).items()} for mistake in mistakes]


def _show(gateway: Gateway) -> None:
    if gateway.loaded.plugins:
        table = Table("plugin", "version", "fields", "permissions", box=None)
        for name, plugin in gateway.loaded.plugins.items():
            table.add_row(name, gateway.loaded.versions.get(name, ""), str(len(plugin.fields)), ", ".join(plugin.permissions))
        show_table(table)
    else:
        out.print("no plugin is enabled: add one under `plugins:`", highlight=False, markup=False)
    for name in _idle(gateway):
        out.print(f"installed but not enabled: {name} (add `{name}:` under `plugins:`)", highlight=False, markup=False)


def _idle(gateway: Gateway) -> list[str]:
    return sorted(set(installed()) - set(gateway.loaded.plugins) - set(gateway.loaded.failed))
