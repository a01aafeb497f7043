"""Rules as YAML: each role with whose rules it inherits, its members, and what it is allowed and denied.

roles:
  developer:
    inherits: [viewer]
    members: [group:default/engineering, subject:ci-bot]
    rules:
      - allow: [permission:ci.jobs.read, permission:security.read]
      - allow: type:Component
        actions: [read, mutate]
        when: isOwner
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import yaml
from callboard_sdk.yaml import Document, Path

from .conditions import Condition, ConditionError, from_data, plain
from .rules import ACTIONS, EFFECTS, ENDS_WITHIN, Inherits, Member, Rule, Rules, member_of, role_mistake
from .yaml_documents import documents

_ROLE = ("inherits", "members", "rules")
_RULE = (*EFFECTS, "actions", "when")
_READ = ("read",)
_NUMERIC = frozenset("0123456789+-.~")
_SHORT = 90
"""Characters of a list that is written in one line."""


def read_yaml(name: str, content: str) -> Rules:
    """The rules in this text, with every mistake in it; `name` is its file's, for messages."""
    reader = _Reader(name)
    *whole, last = content.split("\n")
    if last:
        reader.lost(len(whole) + 1, "", ENDS_WITHIN)
    found = documents("\n".join([*whole, ""]), reader.lost)
    for document in found:
        reader.read(document)
    if len(found) > 1:
        reader.mistakes.append((found[1].mark.line, "the file has several documents: write one mapping `roles:`"))
    return Rules(
        tuple(reader.grants),
        tuple(reader.inherits),
        tuple(reader.members),
        mistakes=tuple(f"{name}:{line}: {text}" for line, text in sorted(reader.mistakes)),
        unread=tuple(reader.unread),
    )


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._document: Document
        self.grants: list[Rule] = []
        self.inherits: list[Inherits] = []
        self.members: list[Member] = []
        self.mistakes: list[tuple[int, str]] = []
        self.unread: list[str] = []

    def lost(self, line: int, text: str, why: str) -> None:
        """A part of the text that can't be read."""
        self.mistakes.append((line, why))
        self.unread.append(text)

    def mistake(self, place: Path, message: str) -> None:
        """Note what is wrong with the value at a place."""
        self.mistakes.append((self._document.at(place).line, message))

    def read(self, document: Document) -> None:
        """A whole document."""
        self._document = document
        for place, mark in document.duplicates:
            self.mistakes.append((mark.line, f"{'.'.join(map(str, place))} stands twice: keep one"))
            self.unread.append(".".join(map(str, place)))
        value = document.value
        if not isinstance(value, dict) or not isinstance(value.get("roles"), dict) or len(value) > 1:
            self.mistake((), "must be one mapping `roles:` with each role's name below it")
        roles = value.get("roles") if isinstance(value, dict) else None
        if not isinstance(roles, dict):
            self.unread.append("")
            return
        for role, said in roles.items():
            place = ("roles", role)
            if wrong := role_mistake(role):
                self.mistake(place, wrong)
            elif (known := self._mapping(place, said, _ROLE)) is not None:
                self._role(place, role, known)
            else:
                self.unread.append(role)

    def _role(self, place: Path, role: str, said: dict[str, Any]) -> None:
        for where, parent in self._texts((*place, "inherits"), said.get("inherits")):
            if wrong := role_mistake(parent):
                self.mistake(where, wrong)
            else:
                self.inherits.append(Inherits(role, parent, self._where(where)))
        for where, member in self._texts((*place, "members"), said.get("members")):
            self.members.append(Member(self._member(where, member), role, self._where(where)))
        rules = said.get("rules")
        if rules is not None and not isinstance(rules, list):
            self.mistake((*place, "rules"), "rules must be a list: write `- allow: OBJECT` lines below it")
            self.unread.append(role)
            return
        for number, one in enumerate(rules or ()):
            self._rule((*place, "rules", number), role, one)

    def _member(self, place: Path, given: str) -> str:
        try:
            return member_of(given)
        except ValueError as error:
            self.mistake(place, str(error))
            return given

    def _rule(self, place: Path, role: str, said: Any) -> None:
        known = self._mapping(place, said, _RULE)
        if known is None:
            self.unread.append(role)
            return
        effects = [effect for effect in EFFECTS if effect in known]
        if len(effects) != 1:
            self.mistake(place, "a rule needs either allow: or deny:, with an object or a list of them")
            self.unread.append(role)
            return
        [effect] = effects
        condition = self._condition((*place, "when"), known["when"]) if "when" in known else None
        actions = _READ if "actions" not in known else [text for _, text in self._texts((*place, "actions"), known["actions"])]
        for wrong in (action for action in actions if action not in ACTIONS):
            self.mistake((*place, "actions"), f"{wrong[:80]!r} is no action: write {', '.join(ACTIONS)}")
        objects = list(self._texts((*place, effect), known[effect]))
        if not objects or not actions:
            self.mistake(
                place, f"{effect if not objects else 'actions'} is empty, so the rule says nothing: write what it is about"
            )
            self.unread.append(role)
        for where, thing in objects:
            if not thing or not thing.isprintable():
                self.mistake(where, f"{thing[:80]!r} is no object: write a coordinate, type:T, plugin:P, permission:X or *")
                self.unread.append(role)
                continue
            self.grants += (Rule(role, thing, action, effect, self._where(where), condition) for action in actions)

    def _condition(self, place: Path, said: Any) -> Condition | None:
        try:
            return from_data(said)
        except ConditionError as error:
            for inside, what in error.mistakes:
                self.mistake((*place, *inside), f"{'.'.join(map(str, ('when', *inside)))}: {what}")
            return None

    def _mapping(self, place: Path, said: Any, keys: Iterable[str]) -> dict[str, Any] | None:
        """What is said, by its keys; what a mistyped one says is looked at as what was meant."""
        if said is None:
            said = {}
        if not isinstance(said, dict):
            self.mistake(place, f"{place[-1]} must be a mapping of {', '.join(keys)}")
            return None
        meant: dict[str, Any] = {}
        for key in said.keys() - set(keys):
            near = get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]}?" if near else f"write {', '.join(keys)}"
            self.mistake((*place, key), f"there is no {key[:80]!r} here; {hint}")
            meant |= dict.fromkeys(near, said[key])
        return meant | said

    def _texts(self, place: Path, said: Any) -> list[tuple[Path, str]]:
        """A text, or each of a list of texts, with its place."""
        items = [((*place, n), item) for n, item in enumerate(said)] if isinstance(said, list) else [(place, said)]
        if said is None:
            return []
        for where, item in items:
            if not isinstance(item, str):
                self.mistake(
                    where, f"{place[-1]} must be a text or a list of texts, in quotes where YAML takes them for something else"
                )
        return [(where, item.strip()) for where, item in items if isinstance(item, str)]

    def _where(self, place: Path) -> str:
        return f"{self._name}:{self._document.at(place).line}"


def write_yaml(rules: Rules) -> str:
    """The rules as `read_yaml` reads them again."""
    roles = {role: _written(rules, role) for role in sorted(rules.roles)}
    return yaml.dump({"roles": roles}, sort_keys=False, allow_unicode=True, width=10_000, Dumper=_Dumper)


def _written(rules: Rules, role: str) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if parents := _distinct(one.parent for one in rules.inherits if one.role == role):
        written["inherits"] = parents
    if members := _distinct(one.member for one in rules.members if one.role == role):
        written["members"] = members
    if grants := [rule for rule in rules.grants if rule.role == role]:
        written["rules"] = list(_grouped(grants))
    return written


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _grouped(grants: Iterable[Rule]) -> Iterable[dict[str, Any]]:
    """Rules that differ only in their action, and then those that differ only in their object, are written as one."""
    actions: dict[tuple[str, str, Condition | None], list[str]] = {}
    for rule in grants:
        actions.setdefault((rule.effect, rule.object, rule.condition), []).append(rule.action)
    objects: dict[tuple[str, tuple[str, ...], Condition | None], list[str]] = {}
    for (effect, thing, condition), said in actions.items():
        ordered = tuple(action for action in ACTIONS if action in said)
        objects.setdefault((effect, ordered, condition), []).append(thing)
    for (effect, ordered, condition), things in objects.items():
        written: dict[str, Any] = {effect: things[0] if len(things) == 1 else things}
        if ordered != _READ:
            written["actions"] = list(ordered)
        if condition is not None:
            written["when"] = plain(condition)
        yield written


class _Dumper(yaml.SafeDumper):
    """Without anchors; what the reader, of YAML 1.2, might take for a number is in quotes, and short lists stand in one line."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Nothing stands for another."""
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        """A text."""
        style = '"' if not value.isprintable() else "'" if value[:1] in _NUMERIC else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    def texts(self, value: list[Any]) -> yaml.SequenceNode:
        """A list."""
        short = all(isinstance(item, str) for item in value) and sum(map(len, value)) < _SHORT
        return self.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short)


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(list, _Dumper.texts)
