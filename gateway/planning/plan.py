"""The Plan: one operation for one set of decisions. What is denied is not part of what runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies import Decision

from .operation import Operation


@dataclass(frozen=True)
class Plan:
    """What to run, and which coordinates answer FORBIDDEN instead: those cause no call of any resolver."""

    operation: Operation
    denied: Mapping[str, Decision]
    policy_version: str

    def __str__(self) -> str:
        name = self.operation.definition.name
        lines = [f"{self.operation.kind} {name.value if name else '(anonymous)'} under policy {self.policy_version}"]
        for coordinate in sorted(self.operation.coordinates):
            denied = self.denied.get(coordinate)
            lines.append(f"  {'deny ' if denied else 'allow'} {coordinate}" + (f"  ({denied.reason})" if denied else ""))
        return "\n".join(lines)


def make_plan(operation: Operation, decisions: Mapping[str, Decision], policy_version: str) -> Plan:
    """The plan of this operation under these decisions."""
    return Plan(operation, {c: d for c, d in decisions.items() if not d.allowed}, policy_version)
