"""From what a client gives to rules, checked as a whole with the files', and from mistakes to what the graph says of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from policies import PolicyError, Rules
from policies.checks import checked
from policies.csv_form import read_csv, write_csv
from policies.rules import placed
from policies.yaml_form import read_yaml
from resolvers.policy.inputs import PolicyChangeInput, PolicyInheritanceInput, PolicyMemberInput, PolicyRuleInput
from resolvers.policy.types import PolicyMistake
from resolvers.policy.words import PolicyMistakeCode
from schema import Supergraph

MAX_TEXT = 4_000_000
"""How many characters the database's rules may have."""
MAX_CHANGES = 1_000
MAX_NOTE = 1_000
MAX_MISTAKES = 100
DRAFT = "draft"

_YAML = re.compile(r"roles\s*:|---")

_NO_RULES = (
    "there is no rule in it: published, it would take away all rules of the database, its denials too. Is the text whole? Where "
    "no rules are meant, revert to version 0"
)

T = TypeVar("T")


class Refused(Exception):
    """What a client gave can't be done; the mistakes say why."""

    def __init__(self, *mistakes: PolicyMistake) -> None:
        super().__init__("; ".join(mistake.message for mistake in mistakes))
        self.mistakes = list(mistakes)


def refused(message: str, code: PolicyMistakeCode = PolicyMistakeCode.INVALID) -> Refused:
    """A refusal for one reason."""
    return Refused(PolicyMistake(code=code, message=message))


async def checked_text(given: str | Rules, text: str, published: str, files: Rules, supergraph: Supergraph) -> str:
    """The canonical text of what is `given`, or read from it. Raises Refused with every mistake of it, beside the files' rules.

    Mistakes in the draft are told with their lines of `text`. Those of its rules that stand in what was `published` may wait
    for what isn't in the schema now. It is read in a thread: a long one takes a while.
    """
    if len(text) > MAX_TEXT:
        raise refused(f"{len(text)} characters of rules: at most {MAX_TEXT} may be", PolicyMistakeCode.TOO_MUCH)
    try:
        return await asyncio.to_thread(_checked, given, published, files, supergraph)
    except PolicyError as error:
        raise Refused(*mistakes(error, text)) from None


def not_empty(text: str) -> str:
    """The canonical text of rules that are to be published. Raises Refused for none: that is said by reverting to version 0."""
    if not text:
        raise refused(_NO_RULES)
    return text


def _checked(given: str | Rules, published: str, files: Rules, supergraph: Supergraph) -> str:
    read = _form(given)(DRAFT, given) if isinstance(given, str) else given
    rules = read.published(read_csv(DRAFT, published))
    checked(Rules.joined([files, rules]), supergraph)
    return write_csv(rules)


def _form(text: str) -> Callable[[str, str], Rules]:
    """How to read it: YAML begins with `roles:`, and CSV never does."""
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return read_yaml if _YAML.match(first) else read_csv


def changed(text: str, changes: Sequence[PolicyChangeInput]) -> Rules:
    """The rules of the text with these changes made, one after the other, and with what is wrong in each that can't be.

    Raises Refused for too many.
    """
    if len(changes) > MAX_CHANGES:
        raise refused(f"{len(changes)} changes: make at most {MAX_CHANGES} at once", PolicyMistakeCode.TOO_MUCH)
    rules = read_csv(DRAFT, text)
    for number, change in enumerate(changes):
        try:
            rules = _changed(rules, change, f"changes[{number}]")
        except PolicyError as error:
            rules = Rules.joined([rules, Rules(mistakes=error.mistakes, unread=("",))])
    return rules


def _changed(rules: Rules, change: PolicyChangeInput, where: str) -> Rules:
    gone = [_read(one, where) for one in (change.remove_rule, change.remove_inheritance, change.remove_member)]
    new = [_read(one, where) for one in (change.add_rule, change.add_inheritance, change.add_member)]
    said = Rules.joined([*gone, *new])
    if said == Rules():
        raise PolicyError(said.mistakes or [f"{where}:1: says nothing: give it what to add or to remove"])
    wrong = list(said.mistakes)
    grants = _exchanged(rules.grants, gone[0].grants, new[0].grants, where, wrong)
    inherits = _exchanged(rules.inherits, gone[1].inherits, new[1].inherits, where, wrong)
    members = _exchanged(rules.members, gone[2].members, new[2].members, where, wrong)
    return replace(
        rules, grants=grants, inherits=inherits, members=members,
        mistakes=(*rules.mistakes, *wrong), unread=(*rules.unread, *said.unread),
    )  # fmt: skip


def _exchanged(there: tuple[T, ...], gone: tuple[T, ...], new: tuple[T, ...], where: str, wrong: list[str]) -> tuple[T, ...]:
    place = len(there)
    if gone and gone[0] in there:
        place = there.index(gone[0])
        there = (*there[:place], *there[place + 1 :])
    elif gone:
        wrong.append(f"{where}:1: the draft has no such line to remove: look at its text, and name one of its lines")
    if new and new[0] in there:
        wrong.append(f"{where}:1: the draft has this line already: leave the change out")
        return there
    return (*there[:place], *new, *there[place:])


def _read(given: PolicyRuleInput | PolicyInheritanceInput | PolicyMemberInput | None, where: str) -> Rules:
    """One line's rules: the same reader takes them that takes files."""
    match given:
        case None:
            return Rules()
        case PolicyRuleInput():
            condition = [] if given.condition is None else [given.condition]
            cells = ["p", given.role, given.object, given.action.value, given.effect.value, *condition]
        case PolicyInheritanceInput():
            cells = ["g", given.role, given.parent]
        case PolicyMemberInput():
            cells = ["m", given.member, given.role]
    if not all(cell.isprintable() for cell in cells):
        raise PolicyError([f"{where}:1: has a character that can't be shown: names and conditions stand in one line"])
    return read_csv(where, ", ".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n")


def mistakes(error: PolicyError, text: str) -> list[PolicyMistake]:
    """What the graph says of the mistakes of rules; the first hundred, and how many more there are."""
    lines = text.split("\n")
    found = [_mistake(one, lines) for one in error.mistakes[:MAX_MISTAKES]]
    if (more := len(error.mistakes) - MAX_MISTAKES) > 0:
        found.append(PolicyMistake(code=PolicyMistakeCode.INVALID, message=f"and {more} more mistakes: mend these first"))
    return found


def _mistake(text: str, lines: Sequence[str]) -> PolicyMistake:
    if (place := placed(text)) is None:
        return PolicyMistake(code=PolicyMistakeCode.INVALID, message=text)
    file, line, message = place
    rule = lines[line - 1][:1_000] if file == DRAFT and line <= len(lines) else None
    return PolicyMistake(code=PolicyMistakeCode.INVALID, message=message, file=file, line=line, rule=rule)


def told(text: str, what: str, *, needed: bool = False) -> str:
    """A note or a reason as it may be stored. Raises Refused for one that is too long, or has what no text has."""
    text = text.strip()
    if needed and not text:
        raise refused(f"{what} is empty: say why")
    if len(text) > MAX_NOTE:
        raise refused(f"{what} has {len(text)} characters: at most {MAX_NOTE} may be", PolicyMistakeCode.TOO_MUCH)
    if not all(line.isprintable() for line in text.split("\n")):
        raise refused(f"{what} has a character that can't be shown: leave it out")
    return text
