"""The rules that Casbin holds, laid out so that deciding a coordinate takes a few look-ups, however many rules there are.

A. inherit   each role with all roles that it has the rules of
B. name      each coordinate with the names that rules may call it by
C. lay out   each role's rules by the name and action that they speak of
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from .authority import Authority
from .conditions import All, Any, Condition, Negated, from_text, simplest
from .rules import ALLOW


@dataclass(frozen=True, slots=True)
class Line:
    """A rule that Casbin holds; `condition` is its text, empty where there is none."""

    role: str
    object: str
    action: str
    effect: str
    condition: str

    def __str__(self) -> str:
        said = f"{self.role}, {self.object}, {self.action}, {self.effect}"
        return f"{said}, {self.condition}" if self.condition else said


@dataclass(slots=True)
class Matched:
    """The rules that speak of one coordinate for one role set, by what they do; each condition once."""

    allow: Line | None = None
    deny: Line | None = None
    allow_if: dict[str, Line] = field(default_factory=dict)
    deny_if: dict[str, Line] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Take a rule in."""
        if line.condition:
            (self.allow_if if line.effect == ALLOW else self.deny_if).setdefault(line.condition, line)
        elif line.effect == ALLOW:
            self.allow = self.allow or line
        else:
            self.deny = self.deny or line

    def take(self, other: Matched, *, denials: bool = True) -> None:
        """Take in what other rules say, or only what they allow."""
        self.allow = self.allow or other.allow
        self.allow_if = {**other.allow_if, **self.allow_if}
        if denials:
            self.deny = self.deny or other.deny
            self.deny_if = {**other.deny_if, **self.deny_if}

    def lines(self) -> Iterator[Line]:
        """Every rule, those without a condition first."""
        yield from (line for line in (self.deny, self.allow) if line is not None)
        yield from self.deny_if.values()
        yield from self.allow_if.values()

    def without_entity(self) -> tuple[bool, Line | None]:
        """Whether it is allowed where nothing tells the entity, and the rule that says so."""
        denied = self.deny or next(iter(self.deny_if.values()), None)
        return (False, denied) if denied else (self.allow is not None, self.allow)

    def condition(self) -> Condition | bool:
        """When it is allowed: always, never, or on a condition."""
        if self.deny is not None:
            return False
        allowing = frozenset() if self.allow else self.allow_if.keys() - self.deny_if.keys()
        if self.allow is None and not allowing:
            return False
        return _together(frozenset(allowing), frozenset(self.deny_if)) if allowing or self.deny_if else True


@lru_cache(maxsize=4_096)
def _together(allowing: frozenset[str], denying: frozenset[str]) -> Condition:
    """The condition under which one of these allows and none of those denies; few combinations serve many coordinates."""
    parts: list[Condition] = [Any(tuple(map(from_text, sorted(allowing))))] if allowing else []
    if denying:
        parts.append(Negated(Any(tuple(map(from_text, sorted(denying))))))
    return simplest(All(tuple(parts)))


class Index:
    """What one policy version says, by role and name. Made once, from Casbin alone."""

    def __init__(self, authority: Authority) -> None:
        self._above = _closed(authority)  # A
        self._groups: dict[str, list[str]] = defaultdict(list)  # B
        for coordinate, group in authority.links("g2"):
            self._groups[coordinate].append(group)
        self._inside: dict[str, list[str]] = defaultdict(list)
        for kind, coordinate in authority.links("g3"):
            self._inside[coordinate].append(kind)
        self._members: dict[str, set[str]] = defaultdict(set)
        for name, role in authority.links("g"):
            if not name.startswith("role:"):
                self._members[name].add(role.removeprefix("role:"))
        self._rules: dict[str, dict[tuple[str, str], Matched]] = defaultdict(dict)  # C
        self._objects: dict[str, dict[tuple[str, str], Matched]] = defaultdict(dict)
        for said in authority.rules():
            self._lay(Line(*said))

    def _lay(self, line: Line) -> None:
        key = line.object, line.action
        self._rules[line.role].setdefault(key, Matched()).add(line)
        if line.effect == ALLOW:
            for kind in self._inside.get(line.object, ()):
                self._objects[line.role].setdefault((kind, line.action), Matched()).add(line)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every role that rules are about, or that inherits some."""
        return frozenset(self._rules) | frozenset(self._above)

    def held(self, roles: Iterable[str]) -> frozenset[str]:
        """These roles and all that they inherit from."""
        return frozenset().union(*(self._above.get(role, (role,)) for role in roles))

    def roles_of(self, names: Iterable[str]) -> frozenset[str]:
        """The roles that members with these names are given."""
        return frozenset().union(*(self._members[name] for name in names if name in self._members))

    def matched(self, held: Iterable[str], coordinate: str, action: str) -> Matched:
        """The rules about a coordinate, of roles as `held` gives them."""
        keys = [(name, action) for name in (coordinate, *self._groups.get(coordinate, ()))]
        found = Matched()
        for role in held:
            if (rules := self._rules.get(role)) is not None:
                for key in keys:
                    if (there := rules.get(key)) is not None:
                        found.take(there)
            if (objects := self._objects.get(role)) is not None and (there := objects.get(keys[0])) is not None:
                found.take(there, denials=False)
        return found


def _closed(authority: Authority) -> Mapping[str, frozenset[str]]:
    parents: dict[str, set[str]] = defaultdict(set)
    for name, role in authority.links("g"):
        if name.startswith("role:"):
            parents[name.removeprefix("role:")].add(role.removeprefix("role:"))
    closed: dict[str, frozenset[str]] = {}
    for role in parents:
        seen = {role}
        more = [role]
        while more:
            new = parents.get(more.pop(), set()) - seen
            seen |= new
            more += new
        closed[role] = frozenset(seen)
    return closed
