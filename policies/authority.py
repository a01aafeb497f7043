"""Casbin with the rules of one policy version: what every Decision is compiled from, and held to by the tests.

`ask` takes time linear in the rules, so a request never does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import casbin
from callboard_sdk import EntityRef, Viewer
from casbin.model import Model
from casbin.persist import Adapter
from casbin.rbac.default_role_manager import RoleManager

from schema import Supergraph

from .checks import MAX_LEVELS
from .conditions import text
from .rules import ALLOW, DENY, Rules

_MODEL = Path(__file__).with_name("model.conf")
_ASKING = "asking"

Holds = Callable[[str], bool]
"""Whether a condition, as its text, holds for the entity that is asked about."""


class Authority:
    """Casbin's enforcer. Roles have the names `role:R`; members are as rules write them; coordinates and groups too."""

    def __init__(self, rules: Rules, supergraph: Supergraph) -> None:
        model = _Model()
        model.load_model(str(_MODEL))
        self._enforcer = casbin.Enforcer(model)
        self._enforcer.set_named_role_manager("g", RoleManager(MAX_LEVELS + 4))
        self._enforcer.add_function("applies", _applies)
        self._enforcer.set_adapter(_Lines(rules, supergraph))
        self._enforcer.load_policy()
        self._subjects: frozenset[str] = frozenset()

    def rules(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Role, object, action, effect and condition (or nothing) of every rule that Casbin holds."""
        for role, thing, action, effect, condition in self._enforcer.get_named_policy("p"):
            yield role.removeprefix("role:"), thing, action, effect, condition

    def links(self, kind: str) -> Iterator[tuple[str, str]]:
        """What Casbin holds to be in what: `g` members and roles in roles, `g2` coordinates in groups, `g3` types and fields."""
        return map(tuple, self._enforcer.get_named_grouping_policy(kind))

    def ask(self, subjects: Iterable[str], coordinate: str, action: str, holds: Holds | None) -> tuple[bool, list[str]]:
        """Casbin's own answer for who has these names at once, and the rule that decided.

        `holds` is None where nothing tells the entity.
        """
        self._be(frozenset(subjects))
        allowed, rule = self._enforcer.enforce_ex(_ASKING, coordinate, action, holds)
        return bool(allowed), list(rule)

    def _be(self, subjects: frozenset[str]) -> None:
        links = self._enforcer.get_named_role_manager("g")
        for name in self._subjects - subjects:
            links.delete_link(_ASKING, name)
        for name in subjects - self._subjects:
            links.add_link(_ASKING, name)
        self._subjects = subjects


def names_of(viewer: Viewer) -> frozenset[str]:
    """What rules may call this viewer: its roles, itself, its groups, and its token's subject."""
    refs = {str(ref) for ref in (viewer.entity, *viewer.groups) if isinstance(ref, EntityRef)}
    return frozenset({f"role:{role}" for role in viewer.roles} | refs | {f"subject:{viewer.subject}"})


def groups(coordinate: str, plugin: str, permission: str) -> tuple[str, ...]:
    """The names under which rules may speak of this coordinate, beside its own."""
    return (f"type:{coordinate.partition('.')[0]}", f"plugin:{plugin}", f"permission:{permission}", "*")


def _applies(holds: Holds | None, condition: str, effect: str) -> bool:
    if not condition:
        return True
    return effect == DENY if holds is None else holds(condition)


class _Model(Model):  # type: ignore[misc]  # pycasbin has no types
    """Tells the log nothing: Casbin writes all rules out for it, whether or not it is read, in one long breath."""

    def print_policy(self) -> None:
        """Casbin's call."""


class _Lines(Adapter):  # type: ignore[misc]  # pycasbin has no types
    """Loads all rules at once: what Casbin adds one by one it looks for among all others first."""

    def __init__(self, rules: Rules, supergraph: Supergraph) -> None:
        self._rules = rules
        self._supergraph = supergraph

    def load_policy(self, model: Model) -> None:
        """Casbin's call."""
        rules = self._rules
        grants = {
            (f"role:{r.role}", r.object, r.action, r.effect, text(r.condition) if r.condition else ""): None for r in rules.grants
        }
        inherits = {(f"role:{one.role}", f"role:{one.parent}"): None for one in rules.inherits}
        members = {(one.member, f"role:{one.role}"): None for one in rules.members}
        named = {rule.object for rule in rules.grants}
        allowed = {rule.object for rule in rules.grants if rule.effect == ALLOW}
        model["p"]["p"].policy.extend(map(list, grants))
        model["g"]["g"].policy.extend(map(list, {**inherits, **members}))
        model["g"]["g2"].policy.extend(link for link in self._groups() if link[1] in named)
        model["g"]["g3"].policy.extend(link for link in self._fields() if link[1] in allowed)

    def _groups(self) -> Iterator[list[str]]:
        for coordinate, guard in self._supergraph.guards.items():
            yield from ([coordinate, group] for group in groups(coordinate, guard.plugin, guard.permission))

    def _fields(self) -> Iterator[list[str]]:
        for coordinate in self._supergraph.guards:
            kind, dot, _ = coordinate.partition(".")
            if dot and kind in self._supergraph.entities:
                yield [kind, coordinate]
