"""What rules say in vain, or otherwise than they seem to: nothing is wrong with it, and it is seldom what was meant.

A. rules that say what another says, or that another takes back
B. conditions where nothing tells the entity, and predicates that nobody knows
C. objects that no coordinate has yet, or none with that action
D. interfaces, which stand for none of their types
E. roles that nobody can have but by a token
F. files without a rule
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from graphql import is_interface_type

from schema import About, Supergraph

from .authority import groups
from .conditions import Condition, predicates
from .policy import Policy
from .rules import ALLOW, DENY, Rule, Rules

_NAMED = 3
"""How many coordinates a message names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at: where it is written, and what is odd about it."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def findings(policy: Policy, supergraph: Supergraph, lent: Collection[str] = ()) -> list[Finding]:
    """All of them, in the order of the rules; roles that are `lent` for a while need no members."""
    linter = _Linter(policy, supergraph)
    found = [finding for rule in policy.rules.grants for finding in linter.rule(rule)]
    return [*found, *linter.roles(lent), *empty_files(policy.rules)]


def empty_files(rules: Rules) -> list[Finding]:  # F
    """Files that say nothing, perhaps because they were cut short."""
    return [Finding(name, "there is no rule in it: is the file whole? Write rules, or take it out") for name in rules.empty]


class _Linter:
    def __init__(self, policy: Policy, supergraph: Supergraph) -> None:
        self._policy = policy
        self._graph = supergraph

    @cached_property
    def _covered(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The coordinates that each object stands for, by action."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for coordinate, guard in self._graph.guards.items():
            for name in (coordinate, *groups(coordinate, guard.plugin, guard.permission)):
                found[name, guard.action].add(coordinate)
        return {key: frozenset(coordinates) for key, coordinates in found.items()}

    @cached_property
    def _about(self) -> Mapping[tuple[str, str, str], list[Rule]]:
        """The rules of each role that speak of a coordinate, by effect."""
        found: dict[tuple[str, str, str], list[Rule]] = defaultdict(list)
        for rule in self._policy.rules.grants:
            for coordinate in self._covered.get((rule.object, rule.action), ()):
                found[rule.role, coordinate, rule.effect].append(rule)
        return found

    @cached_property
    def _order(self) -> Mapping[int, int]:
        return {id(rule): number for number, rule in enumerate(self._policy.rules.grants)}

    def rule(self, rule: Rule) -> Iterator[Finding]:
        """What is odd about one rule."""
        covered = self._covered.get((rule.object, rule.action), frozenset())
        if not covered:  # C
            if (what := self._empty(rule)) is not None:
                yield Finding(rule.where, what)
            return
        first = min(covered)
        if (other := next(self._wider(rule, covered, first, rule.effect), None)) is not None:  # A
            yield Finding(rule.where, f"says nothing that {_named(other)} doesn't say: take it out")
        elif rule.effect == ALLOW and (other := next(self._wider(rule, covered, first, DENY), None)) is not None:
            yield Finding(rule.where, f"allows nothing, for {_named(other)} denies all of it: take one of them out")
        if types := self._types_of(rule):  # D
            yield Finding(
                rule.where, f"{rule.object} is about loading by id alone: to {rule.effect} what is seen, name {_some(types)}"
            )
        if rule.condition is not None:  # B
            yield from self._condition(rule, rule.condition, covered)

    def _wider(self, rule: Rule, covered: frozenset[str], first: str, effect: str) -> Iterator[Rule]:
        """Other rules of the same role, or of one that it inherits from, which apply wherever this one does."""
        for role in sorted(self._policy.held([rule.role])):
            for other in self._about.get((role, first, effect), ()):
                theirs = self._covered[other.object, other.action]
                applies = other.condition is None or (other.condition == rule.condition and effect == rule.effect)
                if other is rule or not applies or not covered <= theirs:
                    continue
                same = effect == rule.effect and covered == theirs and (other.condition is None) == (rule.condition is None)
                if not same or self._order[id(other)] < self._order[id(rule)]:
                    yield other

    def _condition(self, rule: Rule, condition: Condition, covered: frozenset[str]) -> Iterator[Finding]:
        untold = sorted(coordinate for coordinate in covered if self._graph.guards[coordinate].about is About.NOTHING)
        if untold:
            does = "allows nothing" if rule.effect == ALLOW else "always denies"
            yield Finding(rule.where, f"nothing tells the entity of {_some(untold)}: there this rule {does}")
        for name in sorted({one.name for one in predicates(condition)} - self._graph.predicates.keys()):
            yield Finding(
                rule.where,
                f"nobody knows the predicate {name}, for plugin {name.partition('.')[0]!r} isn't loaded: it never holds",
            )

    def _empty(self, rule: Rule) -> str | None:
        actions = sorted(action for name, action in self._covered if name == rule.object)
        if actions:
            return (
                None
                if rule.object == "*"
                else f"nothing of {rule.object} has the action {rule.action}: write {' or '.join(actions)}"
            )
        if rule.object.removeprefix("permission:") in self._graph.permissions:
            return f"no coordinate needs {rule.object.partition(':')[2]} yet"
        return f"{rule.object} waits for a plugin that isn't loaded"

    def _types_of(self, rule: Rule) -> list[str]:
        """What rules are to name in the place of an interface."""
        schema = self._graph.schema
        prefix = "type:" if rule.object.startswith("type:") else ""
        kind = schema.type_map.get(rule.object.removeprefix(prefix))
        return sorted(prefix + one.name for one in schema.get_possible_types(kind)) if is_interface_type(kind) else []

    def roles(self, lent: Collection[str]) -> Iterator[Finding]:  # E
        """What is odd about roles."""
        rules = self._policy.rules
        if not rules.members:
            return
        given = {one.role for one in rules.members}
        inherited = {one.parent for one in rules.inherits}
        for role in sorted(self._policy.roles - given - inherited - frozenset(lent)):
            where = next((rule.where for rule in rules.grants if rule.role == role), "")
            yield Finding(where, f"nobody is a member of {role!r}, and no role inherits it: only a token can bring it")


def _named(rule: Rule) -> str:
    return f"{rule.where} ({rule})" if rule.where else f"({rule})"


def _some(coordinates: Iterable[str]) -> str:
    names = list(coordinates)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
