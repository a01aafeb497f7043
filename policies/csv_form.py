"""Rules as lines of CSV: `p, ROLE, OBJECT, ACTION, allow|deny[, CONDITION]`, `g, ROLE, PARENT` and `m, MEMBER, ROLE`."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from .conditions import Condition, ConditionError, from_text, text
from .rules import ACTIONS, EFFECTS, ENDS_WITHIN, Inherits, Member, Rule, Rules, member_of, role_mistake

_FORM = f"write `p, ROLE, OBJECT, {'|'.join(ACTIONS)}, allow|deny[, CONDITION]`, `g, ROLE, PARENT` or `m, MEMBER, ROLE`"


def read_csv(name: str, content: str) -> Rules:
    """The rules in this text, with every line that is none among the mistakes; `name` is its file's, for messages."""
    reader = _Reader()
    lines = content.split("\n")
    for number, line in enumerate(lines, start=1):
        if number == len(lines) and line:
            reader.lost(f"{name}:{number}", "", ENDS_WITHIN)  # nobody knows what would have followed
        elif line.strip() and not line.lstrip().startswith("#"):
            reader.line(f"{name}:{number}", line.rstrip("\r"))
    return Rules(
        tuple(reader.grants),
        tuple(reader.inherits),
        tuple(reader.members),
        mistakes=tuple(reader.mistakes),
        unread=tuple(reader.unread),
    )


def write_csv(rules: Rules) -> str:
    """The rules as `read_csv` reads them again."""
    lines = [
        *(("p", r.role, r.object, r.action, r.effect, *([text(r.condition)] if r.condition else [])) for r in rules.grants),
        *(("g", one.role, one.parent) for one in rules.inherits),
        *(("m", one.member, one.role) for one in rules.members),
    ]
    return "".join(f"{', '.join(map(_cell, line))}\n" for line in lines)


def _cell(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in ',"') else value


class _Reader:
    def __init__(self) -> None:
        self.grants: list[Rule] = []
        self.inherits: list[Inherits] = []
        self.members: list[Member] = []
        self.mistakes: list[str] = []
        self.unread: list[str] = []

    def lost(self, where: str, line: str, why: str) -> None:
        """A line that can't be read."""
        self.mistakes.append(f"{where}: {why}")
        self.unread.append(line)

    def line(self, where: str, line: str) -> None:
        """One line. What is right in a rule that has a mistake is kept, so that the rest of it can be looked at, too."""
        try:
            cells = _cells(line)
        except csv.Error as error:
            self.lost(where, line, f"is not CSV ({error}): is the line whole? {_FORM}")
            return
        no_rule = f"{', '.join(cells)[:200]!r} is no rule: {_FORM}"
        match cells:
            case ["p", role, thing, action, effect, *rest] if thing.isprintable() and thing and len(rest) < 2:
                if action not in ACTIONS or effect not in EFFECTS:
                    self.mistakes.append(f"{where}: {no_rule}")
                self._roles(where, role)
                condition = self._condition(where, rest[0]) if rest else None
                self.grants.append(Rule(role, thing, action, effect, where, condition))
            case ["g", role, parent]:
                if self._roles(where, role, parent):
                    self.inherits.append(Inherits(role, parent, where))
            case ["m", member, role]:
                if self._roles(where, role):
                    self.members.append(Member(self._member(where, member), role, where))
            case _:
                self.lost(where, line, no_rule)

    def _roles(self, where: str, *names: str) -> bool:
        """Whether these are names of roles."""
        wrong = [f"{where}: {mistake}" for name in names if (mistake := role_mistake(name))]
        self.mistakes += wrong
        return not wrong

    def _member(self, where: str, given: str) -> str:
        try:
            return member_of(given)
        except ValueError as error:
            self.mistakes.append(f"{where}: {error}")
            return given

    def _condition(self, where: str, given: str) -> Condition | None:
        """A cell that is there says a condition: an empty one would allow more than was meant."""
        try:
            return from_text(given)
        except ConditionError as error:
            self.mistakes += [f"{where}: {'.'.join(map(str, ('condition', *place)))}: {what}" for place, what in error.mistakes]
            return None


def _cells(line: str) -> list[str]:
    """The line's cells. A condition may stand as it is, from its `{` to the line's end, or quoted as CSV has it."""
    head, brace, tail = line.partition("{")
    within_quotes = head.count('"') % 2
    if brace and not within_quotes and head.rstrip().endswith(",") and len(cells := list(_read(head))) == 6:
        return [*cells[:5], (brace + tail).strip()]
    return list(_read(line))


def _read(line: str) -> Iterator[str]:
    for cells in csv.reader([line], skipinitialspace=True, strict=True):
        yield from (cell.strip() for cell in cells)
