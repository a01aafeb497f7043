"""The rules of one policy version, as data: what roles may do, which role has the rules of which, and who has which role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from callboard_sdk.fields import ACTIONS
from callboard_sdk.ref import EntityRef, InvalidRef

from .conditions import Condition, text

ALLOW = "allow"
DENY = "deny"
EFFECTS = (ALLOW, DENY)
ENDS_WITHIN = "the file ends within a line: is it whole? End its last line with a line break"
MAX_NAME = 200
"""How long a role's name and a member may be."""

__all__ = ["ACTIONS", "ALLOW", "DENY", "EFFECTS", "Inherits", "Member", "PolicyError", "Rule", "Rules"]


_PLACE = re.compile(r"([^:\n]+):(\d+): (.*)", re.DOTALL)


class PolicyError(Exception):
    """The rules are refused as a whole; `mistakes` has each of them as `file:line: what is wrong and what to write`."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def placed(mistake: str) -> tuple[str, int, str] | None:
    """The file, the line and the rest of one of a PolicyError's mistakes; None for one that is about no line."""
    match = _PLACE.fullmatch(mistake)
    return (match[1], int(match[2]), match[3]) if match else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A role may (or may not) do an action on an object, always or on a condition. `where` is its file:line.

    One that was `published` fitted the schema then: if what it names is gone since, it waits for that.
    """

    role: str
    object: str
    action: str
    effect: str
    where: str = field(default="", compare=False)
    condition: Condition | None = None
    published: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        said = f"{self.role}, {self.object}, {self.action}, {self.effect}"
        return f"{said}, {text(self.condition)}" if self.condition else said


@dataclass(frozen=True, slots=True)
class Inherits:
    """A role has all rules of its parent."""

    role: str
    parent: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """Who has a role: `user:namespace/name`, `group:namespace/name`, or `subject:` and what a token says its subject is."""

    member: str
    role: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of one policy version, or of one text of such."""

    grants: tuple[Rule, ...] = ()
    inherits: tuple[Inherits, ...] = ()
    members: tuple[Member, ...] = ()
    empty: tuple[str, ...] = field(default=(), compare=False)
    """The files that say nothing."""
    mistakes: tuple[str, ...] = field(default=(), compare=False)
    """What is wrong with what was read, as in a PolicyError. With any, the rest is there to be looked at, and never in force."""
    unread: tuple[str, ...] = field(default=(), compare=False)
    """The texts that couldn't be read, in which more rules may stand; an empty one for what nothing is known of."""

    def canonical(self) -> str:
        """The rules as sorted text: equal for equal rules, whatever their order or file."""
        grants = {f"p,{rule}" for rule in self.grants}
        inherits = {f"g,{one.role},{one.parent}" for one in self.inherits}
        return "\n".join([*sorted(grants), *sorted(inherits), *sorted({f"m,{one.member},{one.role}" for one in self.members})])

    @property
    def roles(self) -> frozenset[str]:
        """Every role that a rule names."""
        inherited = {role for one in self.inherits for role in (one.role, one.parent)}
        return frozenset({rule.role for rule in self.grants} | inherited | {one.role for one in self.members})

    def whole(self) -> Rules:
        """The same. Raises PolicyError where anything in them couldn't be read."""
        if self.mistakes:
            raise PolicyError(self.mistakes)
        return self

    def published(self, before: Rules) -> Rules:
        """The same, with those of its rules marked as published that stand in rules which were published before."""
        known = frozenset(before.grants)
        return replace(self, grants=tuple(replace(rule, published=rule in known) for rule in self.grants))

    @classmethod
    def joined(cls, parts: Iterable[Rules]) -> Rules:
        """All of these as one."""
        every = list(parts)
        return cls(
            tuple(rule for part in every for rule in part.grants),
            tuple(one for part in every for one in part.inherits),
            tuple(one for part in every for one in part.members),
            tuple(name for part in every for name in part.empty),
            tuple(mistake for part in every for mistake in part.mistakes),
            tuple(text for part in every for text in part.unread),
        )


def role_mistake(name: str) -> str | None:
    """What is wrong with a role's name."""
    if not name or len(name) > MAX_NAME or not name.isprintable() or name != name.strip():
        return f"{name[:80]!r} is no role: write a name of at most {MAX_NAME} printable characters"
    return None


def member_of(given: str) -> str:
    """A member in its full form. Raises ValueError, saying what to write, for what is none."""
    kind, colon, rest = given.partition(":")
    if colon and kind == "subject" and rest.strip() == rest and rest.isprintable() and 0 < len(rest) <= MAX_NAME:
        return given
    if colon and kind.lower() in ("user", "group") and len(given) <= MAX_NAME and given.isprintable():
        try:
            return str(EntityRef.parse(given))
        except InvalidRef as error:
            raise ValueError(error.message) from None
    raise ValueError(f"{given[:80]!r} is no member: write user:NAMESPACE/NAME, group:NAMESPACE/NAME or subject:SUBJECT")
