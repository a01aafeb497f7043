"""One version of the rules, compiled against one supergraph: its Decisions, asked once per (role set, coordinate) and kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import cached_property

from callboard_sdk import EntityRef, Viewer
from callboard_sdk.conditions import Expression

from schema import About, Supergraph

from .authority import Authority, names_of
from .binding import Ask, bind
from .checks import checked
from .conditions import Condition
from .decisions import Decision, Decisions
from .index import Index, Line, Matched
from .rules import DENY, Rules

_MAX_ROLE_SETS = 1_000
_MAX_DECIDED = 4_000


class Policy:
    """One version of the rules; never changed, only replaced.

    Raises PolicyError, with every mistake at once, when a rule names what the schema doesn't have.
    """

    def __init__(self, rules: Rules, supergraph: Supergraph) -> None:
        self.rules = checked(rules, supergraph)
        self.version = hashlib.sha256(self.rules.canonical().encode()).hexdigest()[:12]
        self.authority = Authority(self.rules, supergraph)
        self._guards = supergraph.guards
        self._index = Index(self.authority)
        self._held: OrderedDict[frozenset[str], tuple[frozenset[str], dict[str, Decision]]] = OrderedDict()
        self._decided: OrderedDict[tuple[frozenset[str], frozenset[str]], Decisions] = OrderedDict()

    @property
    def roles(self) -> frozenset[str]:
        """Every role that has rules."""
        return self._index.roles

    def roles_of(self, viewer: Viewer, groups: Iterable[EntityRef] | None = None) -> frozenset[str]:
        """The viewer's own roles, and those that it has as a member: itself, by its subject, or by its groups.

        `groups` are all that it belongs to, those above its own among them; its own alone when left out.
        """
        names = names_of(viewer) | {str(ref) for ref in groups or ()}
        return viewer.roles | self._index.roles_of(names)

    @property
    def by_group(self) -> bool:
        """Whether any role is given to the members of a group."""
        return any(one.member.startswith("group:") for one in self.rules.members)

    @cached_property
    def asks_groups(self) -> bool:
        """Whether it may matter to a decision which groups a viewer belongs to."""
        return self.by_group or any(rule.condition is not None for rule in self.rules.grants)

    def decide(self, roles: frozenset[str], coordinates: Iterable[str]) -> Decisions:
        """The decision for each coordinate that has a guard; the others are readable with their object."""
        key = roles, frozenset(coordinates)
        if (decided := self._decided.get(key)) is not None:
            self._decided.move_to_end(key)
            return decided
        guarded = key[1] & self._guards.keys()
        held, known = self._role_set(roles)
        for coordinate in guarded - known.keys():
            known[coordinate] = self._decision(roles, held, coordinate)
        decided = self._decided[key] = Decisions({c: known[c] for c in sorted(guarded)})
        if len(self._decided) > _MAX_DECIDED:
            self._decided.popitem(last=False)
        return decided

    async def bind(self, decisions: Decisions, ask: Ask) -> Mapping[Condition, Expression]:
        """What each condition of these decisions means for one viewer; `ask` asks a predicate for it."""
        conditions = {d.condition for d in decisions.conditional.values() if d.condition is not None}
        return await bind(conditions, ask) if conditions else {}

    def held(self, roles: Iterable[str]) -> frozenset[str]:
        """These roles, and all that they inherit from."""
        return self._index.held(roles)

    def action(self, coordinate: str) -> str:
        """The action that a guarded coordinate needs."""
        return self._guards[coordinate].action

    def where(self, line: Line) -> str:
        """The file:line of a rule that an index holds; of several that say the same, the first."""
        return self._places.get(str(line), "")

    @cached_property
    def _places(self) -> Mapping[str, str]:
        return {str(rule): rule.where for rule in reversed(self.rules.grants)}

    def limited(self, to: frozenset[str], roles: frozenset[str]) -> frozenset[str]:
        """Which of `to` someone with these roles has; none at all where that would escape a denial, and so be more, not less."""
        limited = to & self.held(roles)
        return frozenset() if self.escaped(limited, roles) else limited

    def escaped(self, limited: frozenset[str], roles: frozenset[str]) -> frozenset[str]:
        """Of all that someone with these roles has, those that deny something and that `limited` doesn't have."""
        return (self.held(roles) & self._denying) - self.held(limited)

    @cached_property
    def _denying(self) -> frozenset[str]:
        return frozenset(rule.role for rule in self.rules.grants if rule.effect == DENY)

    def matched(self, roles: Iterable[str], coordinate: str) -> Matched:
        """The rules that speak of a guarded coordinate, for these roles and those that they inherit from."""
        return self._index.matched(self._index.held(roles), coordinate, self.action(coordinate))

    def _role_set(self, roles: frozenset[str]) -> tuple[frozenset[str], dict[str, Decision]]:
        if (known := self._held.get(roles)) is None:
            if len(self._held) >= _MAX_ROLE_SETS:
                self._held.popitem(last=False)
            known = self._held[roles] = self._index.held(roles), {}
        return known

    def _decision(self, roles: frozenset[str], held: frozenset[str], coordinate: str) -> Decision:
        guard = self._guards[coordinate]
        matched = self._index.matched(held, coordinate, guard.action)
        seed = f"{self.version} {','.join(sorted(roles))} {coordinate}"
        decision_id = f"d-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"
        if guard.about is About.NOTHING:
            allowed, line = matched.without_entity()
            return Decision(decision_id, coordinate, allowed, _reason(line, matched, guard.permission, roles))
        found = matched.condition()
        if isinstance(found, bool):
            reason = _reason(matched.deny or (matched.allow if found else None), matched, guard.permission, roles)
            return Decision(decision_id, coordinate, found, reason, about=guard.about)
        reason = f"rules: {'; '.join(map(str, matched.lines()))}"
        return Decision(decision_id, coordinate, allowed=True, reason=reason, condition=found, about=guard.about)


def _reason(line: Line | None, matched: Matched, permission: str, roles: frozenset[str]) -> str:
    if line is not None:
        return f"rule: {line}"
    asked = ", ".join(sorted(roles)) or "a viewer without roles"
    if conditional := next(matched.lines(), None):
        return f"nothing meets the condition of the rule: {conditional}"
    return f"no rule grants {permission} to {asked}"
