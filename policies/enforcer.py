"""Turns Casbin's rules into Decisions, asked once per (role set, coordinate) and kept for the policy's lifetime.

Casbin's `enforce` costs time linear in the rules; a request pays a set look-up instead.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import casbin
from casbin.model import Model

from schema import Supergraph

from .conditions import Condition
from .rules import Rules, check

_MODEL = Path(__file__).with_name("model.conf")
_MAX_ROLE_SETS = 1_000
_MAX_DECIDED = 4_000

READ = "read"
MUTATE = "mutate"


@dataclass(frozen=True, slots=True)
class Decision:
    """May these roles use this coordinate, and why. `id` is stable for one policy version, roles and coordinate.

    With a `condition` it is allowed where that holds, and nowhere else.
    """

    id: str
    coordinate: str
    allowed: bool
    reason: str
    condition: Condition | None = None


class Decisions(dict[str, Decision]):
    """The decision for each guarded coordinate of one operation, for one role set under one policy version.

    The same object is handed out again for the same question, so that what is made of it can be kept by it.
    """

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    @cached_property
    def denied(self) -> Mapping[str, Decision]:
        """Those that are not allowed."""
        return {coordinate: decision for coordinate, decision in self.items() if not decision.allowed}

    @cached_property
    def conditional(self) -> Mapping[str, Decision]:
        """Those that are allowed on a condition."""
        return {coordinate: decision for coordinate, decision in self.items() if decision.condition is not None}


class Policy:
    """One version of the rules, compiled against one supergraph; never changed, only replaced.

    Raises PolicyError, with every mistake at once, when a rule names what the schema doesn't have.
    """

    def __init__(self, rules: Rules, supergraph: Supergraph) -> None:
        check(rules, supergraph)
        self.version = hashlib.sha256(rules.canonical().encode()).hexdigest()[:12]
        self._guards = supergraph.guards
        self._known: dict[frozenset[str], dict[str, Decision]] = {}
        self._decided: OrderedDict[tuple[frozenset[str], frozenset[str]], Decisions] = OrderedDict()
        self._enforcer = _enforcer(rules, supergraph)

    def decide(self, roles: frozenset[str], coordinates: Iterable[str]) -> Decisions:
        """The decision for each coordinate that has a guard; the others are readable with their object."""
        key = roles, frozenset(coordinates)
        if (decided := self._decided.get(key)) is not None:
            self._decided.move_to_end(key)
            return decided
        known = self._role_set(roles)
        for coordinate in key[1] & self._guards.keys() - known.keys():
            known[coordinate] = self._ask(roles, coordinate)
        decided = self._decided[key] = Decisions({c: known[c] for c in sorted(key[1] & self._guards.keys())})
        if len(self._decided) > _MAX_DECIDED:
            self._decided.popitem(last=False)
        return decided

    def _role_set(self, roles: frozenset[str]) -> dict[str, Decision]:
        known = self._known.get(roles)
        if known is None:
            if len(self._known) >= _MAX_ROLE_SETS:
                self._known.pop(next(iter(self._known)))
            known = self._known[roles] = {}
            subject = _subject(roles)
            for role in sorted(roles):
                self._enforcer.add_named_grouping_policy("g", subject, f"role:{role}")
        return known

    def _ask(self, roles: frozenset[str], coordinate: str) -> Decision:
        action = MUTATE if coordinate.startswith("Mutation.") else READ
        allowed, rule = self._enforcer.enforce_ex(_subject(roles), coordinate, action)
        permission = self._guards[coordinate].permission
        if rule:
            reason = f"rule: {', '.join(part.removeprefix('role:') for part in rule)}"
        else:
            reason = f"no rule grants {permission} to {', '.join(sorted(roles)) or 'a viewer without roles'}"
        seed = f"{self.version} {','.join(sorted(roles))} {coordinate}"
        return Decision(f"d-{hashlib.sha256(seed.encode()).hexdigest()[:12]}", coordinate, allowed, reason)


def _subject(roles: frozenset[str]) -> str:
    return "roles:" + "+".join(sorted(roles))


def _enforcer(rules: Rules, supergraph: Supergraph) -> casbin.Enforcer:
    model = Model()
    model.load_model(str(_MODEL))
    enforcer = casbin.Enforcer(model)
    enforcer.add_named_policies("p", [[f"role:{r.role}", r.object, r.action, r.effect] for r in rules.grants])
    enforcer.add_named_grouping_policies("g", [[f"role:{role}", f"role:{parent}"] for role, parent in rules.inherits])
    named = {rule.object for rule in rules.grants}
    links = [
        [coordinate, group]
        for coordinate, guard in supergraph.guards.items()
        for group in groups(coordinate, guard.plugin, guard.permission)
        if group in named
    ]
    enforcer.add_named_grouping_policies("g2", links)
    return enforcer


def groups(coordinate: str, plugin: str, permission: str) -> tuple[str, ...]:
    """The names under which rules may speak of this coordinate, beside its own."""
    return (f"type:{coordinate.partition('.')[0]}", f"plugin:{plugin}", f"permission:{permission}", "*")
