"""`callboard check`: everything that can be checked without running."""

from __future__ import annotations

import json

from rich.table import Table

from gateway.app import build
from gateway.loading import check_packages, installed

from .show import DEFAULT_FILE, AsJson, SettingsFile, configuration, fail, out


def check(settings: SettingsFile = DEFAULT_FILE, as_json: AsJson = False) -> None:
    """Check settings, plugins, schema and policies; list every mistake."""
    gateway = build(configuration(settings))
    failed = {**gateway.loaded.failed}
    idle = sorted(set(installed()) - set(gateway.loaded.plugins) - set(failed))
    if as_json:
        summary = {
            "plugins": {name: gateway.loaded.versions.get(name) for name in gateway.loaded.plugins},
            "failed": failed,
            "installedButNotEnabled": idle,
            "coordinates": len(gateway.supergraph.guards),
            "policyVersion": gateway.policy.version,
        }
        print(json.dumps(summary, indent=2))
    else:
        table = Table("plugin", "version", "fields", "permissions", box=None)
        for name, plugin in gateway.loaded.plugins.items():
            table.add_row(name, gateway.loaded.versions.get(name, ""), str(len(plugin.fields)), ", ".join(plugin.permissions))
        out.print(table)
        for name in idle:
            out.print(f"installed but not enabled: {name} (add `{name}:` under `plugins:`)", highlight=False)
        out.print(f"[green]✓[/] settings, schema and policy {gateway.policy.version} are in order", highlight=False)
    if problems := [*check_packages(), *(f"plugin {name}: {reason}" for name, reason in failed.items())]:
        fail(problems)
