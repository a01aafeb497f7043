"""What random operations are given: arguments that mean something, mostly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from callboard_sdk import EntityRef, encode_cursor, encode_id
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNamedType,
)


from .world import LABELS, LIFECYCLES, NAMES, NAMESPACES, NOTES, REGIONS, TAGS, TYPES, WORDS, Maker

_CURSOR = re.compile(rb'"(?:cursor|startCursor|endCursor)":"([^"]+)"')
_FILTERED: Mapping[str, tuple[str, ...]] = {
    "text": ("title", "description"), "tag": ("tags",), "label": ("labels",), "kinds": (), "namespace": (), "type": ("type",),
    "lifecycle": ("lifecycle",), "ownedBy": ("owner",), "partOf": ("system", "subcomponentOf"), "title": ("title",),
    "description": ("description",), "types": ("type",), "lifecycles": ("lifecycle",), "tags": ("tags",), "name": (),
    "annotation": ("annotations",), "spec": ("specValues", "region"), "owner": ("owner",), "whole": ("system", "domain"),
    "relatedTo": ("relations",), "created": ("createdAt",), "changed": ("changedAt",), "namespaces": (),
}  # fmt: skip
"""The fields that each filter asks about."""
_ODD_KEYS = ("", "=", "\0", "tier=", "=1", "%", "_", "*", ":")
_RULES = ("catalog.dangling-reference", "catalog.tags", "catalog.required", "catalog.duplicate")


@dataclass
class Asked:
    """What was asked before: the cursors of its answers."""

    cursors: list[str] = field(default_factory=list)

    def hear(self, body: bytes) -> None:
        """Take an answer's cursors in."""
        self.cursors += (found.decode() for found in _CURSOR.findall(body))


class Arguments:
    """Writes the arguments of one operation, and the variables that it has for them."""

    filtered = 0.8
    """How likely a list is filtered."""
    odd = 0.25
    """How likely a key is one that nothing can have."""

    def __init__(self, dice: Random, refs: Sequence[EntityRef], telling: Sequence[str], asked: Asked) -> None:
        self._dice = dice
        self._refs = refs
        self._telling = telling
        self._maker = Maker(dice)
        self._asked = asked
        self._variables: dict[str, tuple[str, Any]] = {}

    def _variable(self, kind: str, value: Any) -> str:
        name = f"v{len(self._variables)}"
        self._variables[name] = kind, value
        return name

    def _arguments(self, kind: GraphQLNamedType, name: str, definition: GraphQLField) -> str:
        given: dict[str, str] = {}
        if "last" in definition.args:
            given = self._page(definition.args)
        for argument, one in definition.args.items():
            if argument in ("first", "after", "last", "before") and "last" in definition.args:
                continue
            if str(one.type).endswith("!") or self._dice.random() < (self.filtered if argument == "filter" else 0.5):
                given[argument] = self._value(argument, one)
        return f"({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""

    def _page(self, args: Mapping[str, GraphQLArgument]) -> dict[str, str]:
        dice = self._dice
        given = {dice.choice(("first", "first", "last")): str(dice.choice((1, 2, 3, 5, 50)))}
        if dice.random() < 0.03:
            given[dice.choice(("first", "last"))] = str(dice.choice((0, 2, 101)))
        for name in ("after", "before"):
            if dice.random() < 0.25:
                given[name] = (
                    f"${self._variable('String', self._cursor())}" if dice.random() < 0.5 else json.dumps(self._cursor())
                )
        return given

    def _ref(self) -> EntityRef:
        """The name of something that is there in one of the worlds, seen or not, mostly."""
        return self._dice.choice(self._refs) if self._dice.random() < 0.7 else self._maker.ref()

    def _cursor(self) -> str:
        """One of an earlier answer, or one that somebody makes up for an entity, seen or not."""
        if self._asked.cursors and self._dice.random() < 0.6:
            return self._dice.choice(self._asked.cursors)
        ref = self._ref()
        return self._dice.choice(
            (*[encode_cursor(f"{ref.name} {ref.kind} {ref.namespace}")] * 2, encode_cursor("b"), "no cursor")
        )

    def _value(self, name: str, argument: GraphQLArgument) -> str:
        text = str(argument.type).rstrip("!")
        value = self._written(name, text)
        return f"${self._variable(str(argument.type), value)}" if self._dice.random() < 0.3 else _literal(value)

    def _written(self, name: str, kind: str) -> Any:
        dice = self._dice
        makers: Mapping[str, Callable[[], Any]] = {
            "EntityFilter": lambda: self._filter(2),
            "EntityOrder": self._order,
            "text": lambda: dice.choice(("alph", "the beta", "zeta", "more", "a", "red")),
            "in": lambda: [_Bare(one) for one in dice.sample(("NAME", "TITLE", "TAGS", "DESCRIPTION"), dice.randrange(1, 5))],
            "by": lambda: [self._facet() for _ in range(dice.choice((1, 1, 1, 2, 3)))],
            "refs": lambda: [str(self._ref()) for _ in range(dice.randrange(1, 5))],
            "depth": lambda: dice.randrange(1, 4),
            "first": lambda: dice.choice((1, 2, 50)),
            "paths": lambda: dice.sample(("region", "absent"), 1),
            "ProblemFilter": self._problems,
            "ProblemField": lambda: _Bare(dice.choice(("OWNER", "OWNER", "SOURCE", "KIND", "RULE", "SEVERITY"))),
            "CostPeriod": lambda: _Bare(dice.choice(("LAST_7_DAYS", "LAST_30_DAYS", "THIS_MONTH"))),
            "CostGrouping": lambda: _Bare(dice.choice(("ENTITY", "SYSTEM", "OWNER"))),
            "CostDays": lambda: {"from": "2024-10-01", "to": "2024-10-15"},
            "top": lambda: dice.choice((1, 3, 20)),
            "currency": lambda: dice.choice(("EUR", "EUR", "USD")),
            "TouchInput": lambda: {"ref": str(self._ref())},
            "ref": lambda: str(self._ref()),
            "JSON": lambda: dice.choice(({}, [], {"apiVersion": "a/v1", "kind": "API", "metadata": {"name": self._ref().name}})),
            "id": self._id,
            "ids": lambda: [self._id() for _ in range(dice.randrange(1, 4))],
            "types": lambda: dice.sample(("ownedBy", "ownerOf", "dependsOn", "dependencyOf", "partOf", "hasPart"), 2),
            "coordinates": lambda: dice.sample(("Component.title", "Query.users", "Group", "Component.titel"), 2),
            "keys": lambda: dice.sample([*LABELS, "note", "absent"], 2),
            "lifecycle": lambda: dice.choice(LIFECYCLES),
            "name": lambda: dice.choice(("Component", "Entity", "Probe")),
            "includeDeprecated": lambda: True,
        }
        if (make := makers.get(kind) or makers.get(name)) is None:
            raise ValueError(f"no operation is made with an argument {name}: {kind}: write what it may be given")
        return make()

    def _id(self) -> str:
        kind = self._dice.choice(("Entity",) * 6 + ("Component", "Nothing"))
        return encode_id(kind, str(self._ref())) if self._dice.random() < 0.95 else "no id"

    def _order(self) -> dict[str, Any]:
        fields = ("NAME", "KIND", "NAMESPACE", "TITLE", "CREATED", "CHANGED")
        return {"field": _Bare(self._dice.choice(fields)), "direction": _Bare(self._dice.choice(("ASC", "DESC")))}

    def _facet(self) -> dict[str, Any]:
        keys = {"LABEL": "tier", "ANNOTATION": "note", "SPEC": "region"}
        name = self._dice.choice(("KIND", "NAMESPACE", "TYPE", "LIFECYCLE", "TAG", "OWNER", *keys, *keys))
        return {"field": _Bare(name)} | ({"key": self._key(keys[name])} if name in keys else {})

    def _key(self, key: str) -> str:
        """The key, or now and then one that nothing can have."""
        return self._dice.choice(_ODD_KEYS) if self._dice.random() < self.odd else key

    def _words(self, values: Sequence[str], *more: str) -> dict[str, Any]:
        """What a value must be, in one of the ways to say it."""
        dice, value = self._dice, self._dice.choice(values)
        every: Mapping[str, Any] = {
            "eq": value, "value": value, "in": [value, "more"], "prefix": value[: dice.randrange(3)], "contains": value[:3],
            "exists": dice.random() < 0.5,
        }  # fmt: skip
        name = dice.choice(("in", "prefix", *more))
        return {name: every[name]}

    def _instant(self) -> dict[str, Any]:
        return {self._dice.choice(("after", "before")): f"2026-01-0{self._dice.randrange(1, 8)}T00:00:00Z"}

    def _filter(self, depth: int) -> dict[str, Any]:
        dice = self._dice
        if depth and dice.random() < 0.25:
            below = [self._filter(depth - 1) for _ in range(2)]
            return dice.choice(({"and": below}, {"or": below}, {"not": below[0]}))
        note = dice.choice(list(NOTES))
        label = dice.choice(list(LABELS))
        every: Mapping[str, Any] = {
            "text": dice.choice(("a", "alpha", "BETA", "zeta", "more")), "tag": dice.choice(TAGS),
            "label": {"key": self._key(label), "value": dice.choice(LABELS[label])},
            "kinds": dice.sample(("component", "API", "group", "System"), 2), "namespace": dice.choice(NAMESPACES),
            "type": dice.choice(TYPES), "lifecycle": dice.choice(LIFECYCLES),
            "ownedBy": f"group:{dice.choice(NAMESPACES)}/{dice.choice(NAMES)}", "partOf": f"system:default/{dice.choice(NAMES)}",
            "title": self._words([one for one in WORDS if one], "eq", "contains", "exists"),
            "description": {"contains": dice.choice(("a", "beta", "quiet"))}, "name": self._words(NAMES, "eq", "contains"),
            "types": self._words(TYPES, "eq", "exists"), "lifecycles": self._words(LIFECYCLES, "eq", "exists"),
            "tags": self._words(TAGS, "eq", "exists"), "namespaces": self._words(NAMESPACES, "eq"),
            "annotation": {"key": self._key(note), **self._words(NOTES[note], "value", "exists")},
            "spec": {"path": "region", **self._words(REGIONS, "eq", "exists")},
            "owner": {"exists": dice.random() < 0.5}, "whole": {"in": [f"system:default/{dice.choice(NAMES)}"]},
            "relatedTo": {
                "type": dice.choice(("ownedBy", "ownerOf", "dependsOn", "dependencyOf", "partOf", "hasPart")),
                "refs": [str(self._ref()), str(self._ref())],
            },
            "created": self._instant(), "changed": self._instant(),
        }  # fmt: skip
        likely = [name for name in every for field in self._telling if field in _FILTERED[name]]
        if likely and dice.random() < 0.5:
            name = dice.choice(likely)
            return {name: every[name]}
        return {name: every[name] for name in dice.sample(list(every), dice.choice((1, 1, 1, 2)))}

    def _problems(self) -> dict[str, Any]:
        dice = self._dice
        every: Mapping[str, Any] = {
            "severities": [_Bare(one) for one in dice.sample(("LOW", "MEDIUM", "HIGH"), 2)], "rule": dice.choice(_RULES),
            "entity": str(self._ref()), "kinds": dice.sample(("component", "API", "group"), 2),
            "ownedBy": f"group:{dice.choice(NAMESPACES)}/{dice.choice(NAMES)}", "source": dice.choice(("ours", "theirs")),
        }  # fmt: skip
        return {name: every[name] for name in dice.sample(list(every), dice.choice((0, 1, 2)))}


class _Bare(str):
    """An enum's value."""

    __slots__ = ()


def _literal(value: Any) -> str:
    """The value as a document has it (GraphQL specification, section 2.9)."""
    match value:
        case _Bare():
            return value
        case dict():
            return f"{{{', '.join(f'{key}: {_literal(one)}' for key, one in value.items())}}}"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value)
