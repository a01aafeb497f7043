"""`callboard policy check`: every mistake of the rules, and everything that they say in vain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from gateway.app import Gateway, build
from gateway.cli.in_force import of_the_published
from gateway.cli.settings_file import DEFAULT_FILE, SettingsFile, configuration
from gateway.cli.show import AsJson, err, out
from gateway.configuration import Configuration
from policies import Policy, PolicyError, read_rules
from policies.lint import Finding, findings

RuleFiles = Annotated[
    list[Path] | None, typer.Argument(help="Files and folders of rules; those of the settings when left out.", show_default=False)
]
Strict = Annotated[bool, typer.Option("--strict", help="End with exit code 1 for what is only odd, too.")]


def check(
    rules: RuleFiles = None, settings: SettingsFile = DEFAULT_FILE, strict: Strict = False, as_json: AsJson = False
) -> None:
    """Check rules against the schema: mistakes (exit code 1), and rules that say something in vain.

    Without files, what the database's rules wait for is told as well.
    """
    mistakes: list[str] = []
    odd: list[Finding] = []
    policy: Policy | None = None
    try:
        configured = configuration(settings)
        gateway, policy = ruled(configured, rules)
        odd = findings(policy, gateway.supergraph, lent=configured.settings.policies.emergency.roles)
        if not rules:
            odd += [Finding("", told) for told in of_the_published(gateway)]
    except PolicyError as error:
        mistakes = list(error.mistakes)
    if as_json:
        found = [{"where": one.where, "message": one.message} for one in odd]
        print(json.dumps({"version": policy and policy.version, "mistakes": mistakes, "findings": found}, indent=2))
    else:
        _show(policy, mistakes, odd)
    if mistakes or (strict and odd):
        raise typer.Exit(1)


def _show(policy: Policy | None, mistakes: list[str], odd: list[Finding]) -> None:
    for mistake in mistakes:
        err.print(Text.assemble(("✗", "bold red"), " ", mistake))
    for finding in odd:
        out.print(Text.assemble(("!", "yellow"), " ", str(finding)))
    if policy is not None:
        count = policy.rules
        said = f" {len(count.grants)} rules, {len(policy.roles)} roles, {len(count.members)} members: policy {policy.version}"
        out.print(Text.assemble(("✓", "green"), said), highlight=False)


def ruled(configured: Configuration, files: list[Path] | None) -> tuple[Gateway, Policy]:
    """The gateway of these settings with the rules of these files, or of those that the settings name, and its policy."""
    gateway = build(configured, rules=read_rules(*(files or configured.settings.policies.paths)))
    return gateway, gateway.policy
