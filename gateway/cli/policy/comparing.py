"""`callboard policy diff`: which roles gain or lose which coordinates, and on which condition."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway.app import build
from gateway.cli.settings_file import DEFAULT_FILE, SettingsFile, configuration
from gateway.cli.show import AsJson, out
from policies import Decision, Policy, PolicyError, Rules, read_rules
from policies.comparing import Change, Kind, Lines, changes_by_role, lines
from policies.conditions import text
from policies.policies import NOTHING
from schema import Supergraph

_COLOURS = {Kind.GAINS: "green", Kind.LOSES: "red", Kind.CHANGES: "yellow"}


def diff(
    old: Annotated[Path, typer.Argument(help="A file or folder of rules.")],
    new: Annotated[Path, typer.Argument(help="The rules that would take its place.")],
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show what changes for a viewer that has one role alone. Exit code 1 when anything does."""
    gateway = build(configuration(settings), rules=NOTHING)
    before, after = _compiled([read_rules(old), read_rules(new)], gateway.supergraph)
    written = lines(before.rules, after.rules)
    found = list(changes_by_role(before, after, gateway.supergraph.guards))
    if as_json:
        roles = [{"role": role, "changes": [_data(change) for change in changed]} for role, changed in found]
        print(json.dumps({"added": written.added, "removed": written.removed, "roles": roles}, indent=2))
    else:
        _show(written, found)
    if written.added or written.removed:
        raise typer.Exit(1)


def _compiled(both: Sequence[Rules], supergraph: Supergraph) -> list[Policy]:
    """A policy of each. Raises PolicyError with every mistake of both."""
    found: list[Policy] = []
    mistakes: list[str] = []
    for rules in both:
        try:
            found.append(Policy(rules, supergraph))
        except PolicyError as error:
            mistakes += error.mistakes
    if mistakes:
        raise PolicyError(mistakes)
    return found


def _show(written: Lines, found: list[tuple[str, list[Change]]]) -> None:
    for line in written.removed:
        out.print(f"- {line}", style="red", highlight=False, markup=False)
    for line in written.added:
        out.print(f"+ {line}", style="green", highlight=False, markup=False)
    for role, changed in found:
        out.print(role, style="bold", highlight=False, markup=False)
        for (kind, before, after), coordinates in _alike(changed).items():
            said = Text.assemble("  ", (kind.value, _COLOURS[kind]), f" {len(coordinates)}: {', '.join(coordinates)}")
            out.print(said, highlight=False)
            out.print(f"    {before} -> {after}", highlight=False, markup=False, style="dim")
    if not found:
        out.print("no role gains or loses anything")


def _alike(changed: list[Change]) -> dict[tuple[Kind, str, str], list[str]]:
    found: dict[tuple[Kind, str, str], list[str]] = {}
    for change in changed:
        found.setdefault((change.kind, _said(change.before), _said(change.after)), []).append(change.coordinate)
    return found


def _said(decision: Decision) -> str:
    if decision.condition is not None:
        return f"if {text(decision.condition)}"
    return "allowed" if decision.allowed else "denied"


def _data(change: Change) -> dict[str, Any]:
    return {
        "coordinate": change.coordinate,
        "kind": change.kind.value,
        "before": _access(change.before),
        "after": _access(change.after),
    }


def _access(decision: Decision) -> dict[str, Any]:
    condition = decision.condition
    return {"allowed": decision.allowed, "condition": None if condition is None else text(condition)}
