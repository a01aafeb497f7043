"""Random operations over the whole schema: what may be read and what may not, valid mostly, with arguments that mean something.

Cursors come from earlier answers, or are guessed; ids and refs are of visible, hidden and absent entities alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from callboard_sdk import EntityRef, encode_cursor, encode_id
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_union_type,
)

from schema import Supergraph

from .world import LABELS, LIFECYCLES, NAMES, NAMESPACES, NOTES, REGIONS, TAGS, TYPES, WORDS, Maker

_ROOTS = (
    ("entities", "components") * 5
    + ("search", "entityFacets") * 4
    + ("entitiesByRef",) * 2
    + ("entity", "node", "nodes", "problems", "problemCounts") * 2
)
_OTHERS = ("node", "nodes", "viewer", "rateLimit", "plugins", "everyone", "measured", "catalogStatus", "catalogStatus")
_CHANGES = ("touch", "touch", "touchAll")
_COSTS = ("cost", "costShares", "costShares", "unattributedCost")
_LEFT_OUT = frozenset({"resetAt", "entityAt", "entityDifferences", "origin"})
"""The clock's; and the past, which here is that of other worlds, and the names of items, which here count all things: `past` asks those."""
_CURSOR = re.compile(rb'"(?:cursor|startCursor|endCursor)":"([^"]+)"')
_INTROSPECTION = (
    '{ __type(name: "Component") { fields { name } } }',
    '{ __type(name: "Entity") { possibleTypes { name } fields { name type { name } } } }',
    "{ __schema { queryType { fields { name args { name } } } } }",
)
_FILTERED: Mapping[str, tuple[str, ...]] = {
    "text": ("title", "description"), "tag": ("tags",), "label": ("labels",), "kinds": (), "namespace": (), "type": ("type",),
    "lifecycle": ("lifecycle",), "ownedBy": ("owner",), "partOf": ("system", "subcomponentOf"), "title": ("title",),
    "description": ("description",), "types": ("type",), "lifecycles": ("lifecycle",), "tags": ("tags",), "name": (),
    "annotation": ("annotations",), "spec": ("specValues", "region"), "owner": ("owner",), "whole": ("system", "domain"),
    "relatedTo": ("relations",), "created": ("createdAt",), "changed": ("changedAt",), "namespaces": (),
}  # fmt: skip
"""The fields that each filter asks about."""
_PLUMBING = (
    "totalCount",
    "nodes",
    "edges",
    "pageInfo",
    "node",
    "entity",
    "cursor",
    "hasNextPage",
    "hasPreviousPage",
    "endCursor",
)
_TYPOS = ("titel", "lifecycl", "scor", "moods", "ownr", "dependson", "componentz", "catalogstatus")
_ODD_KEYS = ("", "=", "\0", "tier=", "=1", "%", "_", "*", ":")
_RULES = ("catalog.dangling-reference", "catalog.tags", "catalog.required", "catalog.duplicate")


@dataclass(frozen=True)
class Operation:
    """One request: of GraphQL, or to another address, with what is sent there in place of the query."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    cost: bool = False
    address: str = "/graphql"
    parameters: str = ""
    method: str = "POST"

    def body(self) -> bytes:
        """The request's body."""
        if self.address != "/graphql":
            return self.query.encode()
        extensions = {"extensions": {"cost": True}} if self.cost else {}
        return json.dumps({"query": self.query, "variables": self.variables, **extensions}).encode()


@dataclass
class Asked:
    """What was asked before: the cursors of its answers."""

    cursors: list[str] = field(default_factory=list)

    def hear(self, body: bytes) -> None:
        """Take an answer's cursors in."""
        self.cursors += (found.decode() for found in _CURSOR.findall(body))


class Writer:
    """Writes operations by chance; `refs` are what is there in the worlds that they are for, `telling` fields that are asked for
    more often than others.
    """

    def __init__(self, dice: Random, graph: Supergraph, refs: Iterable[EntityRef], telling: Sequence[str]) -> None:
        self._dice = dice
        self._telling = telling
        self._graph = graph
        self._refs = sorted(refs)

    def operation(self, asked: Asked) -> Operation:
        """One operation, after what was asked before."""
        if self._dice.random() < 0.04:
            return Operation(self._dice.choice(_INTROSPECTION))
        return Draft(self._dice, self._graph, self._refs, self._telling, asked).operation()


class Draft:
    """One operation as it is written."""

    left_out = _LEFT_OUT
    """Fields that it never has."""
    typos = 0.03
    """How likely a selection has a name that there isn't."""
    filtered = 0.8
    """How likely a list is filtered."""
    odd = 0.25
    """How likely a key is one that nothing can have."""

    def __init__(self, dice: Random, graph: Supergraph, refs: Sequence[EntityRef], telling: Sequence[str], asked: Asked) -> None:
        self._dice = dice
        self._graph = graph
        self._schema = graph.schema
        self._refs = refs
        self._telling = telling
        self._maker = Maker(dice)
        self._asked = asked
        self._aliases = 0
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: list[str] = []
        self._left = dice.choice((8, 12, 20))

    def operation(self) -> Operation:
        query, mutation = self._schema.query_type, self._schema.mutation_type
        assert query is not None
        assert mutation is not None
        changes = self._dice.random() < 0.08
        count = range(self._dice.choice((1, 1, 2)))
        if changes:
            parts = [self._field(mutation, self._dice.choice(_CHANGES), 3) for _ in count]
        else:
            parts = [self._field(query, self.root(query), 4) for _ in count]
        if self._dice.random() < 0.05:
            parts.append(self._dice.choice(_TYPOS))
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        text = f"{'mutation' if changes else 'query'} {f'({declared}) ' if declared else ''}{{ {' '.join(parts)} }}"
        values = {name: value for name, (_, value) in self._variables.items()}
        return Operation(" ".join([text, *self._fragments]), values, self._dice.random() < 0.1)

    def root(self, query: GraphQLObjectType) -> str:
        """The field of the query that it begins with."""
        guards = self._graph.guards
        lists = [
            name
            for name in sorted(query.fields.keys() - self.left_out)
            if (one := guards.get(f"Query.{name}")) and one.plugin == "catalog"
        ]
        costs = [name for name in _COSTS if name in query.fields] * 2
        return self._dice.choice(_ROOTS if self._dice.random() < 0.7 else (*_OTHERS, *costs, *lists))

    def _field(self, kind: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> str:
        definition = kind.fields[name]
        written = name
        if definition.args or self._dice.random() < 0.05:
            self._aliases += 1
            written = f"a{self._aliases}: {name}"
        if definition.args:
            written += self._arguments(kind, name, definition)
        if self._dice.random() < 0.06:
            flag = self._variable("Boolean!", self._dice.random() < 0.6)
            written += f" @{self._dice.choice(('include', 'skip'))}(if: ${flag})"
        below = get_named_type(definition.type)
        return written if is_leaf_type(below) else f"{written} {self._selection(below, depth - 1)}"

    def _selection(self, kind: GraphQLNamedType, depth: int) -> str:
        if is_union_type(kind):
            return "{ __typename }"
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        names = [name for name, one in kind.fields.items() if name not in self.left_out and self._fits(one, depth)]
        plumbing = [name for name in _PLUMBING if name in names]
        wanted = dict.fromkeys(self._dice.sample(names, min(len(names), self._dice.choice((1, 2, 3, 4)))))
        wanted |= dict.fromkeys(one for one in plumbing if self._dice.random() < 0.6)
        wanted |= dict.fromkeys(one for one in self._telling if one in names and self._dice.random() < 0.4)
        self._left -= len(wanted)
        parts = [self._field(kind, name, depth) for name in wanted]
        if isinstance(kind, GraphQLInterfaceType):
            parts += self._inside(kind, depth)
        if not parts or self._dice.random() < 0.15:
            parts.append("__typename")
        if self._dice.random() < self.typos:
            parts.append(self._dice.choice(_TYPOS))
        return f"{{ {' '.join(parts)} }}"

    def _fits(self, definition: GraphQLField, depth: int) -> bool:
        return is_leaf_type(get_named_type(definition.type)) or (depth > 0 and self._left > 0)

    def _inside(self, kind: GraphQLInterfaceType, depth: int) -> Iterator[str]:
        """Fragments on what implements it, or on another interface that those implement."""
        possible = [one.name for one in self._schema.get_possible_types(kind)]
        for _ in range(self._dice.choice((0, 1, 1, 2)) if self._left > 0 else 0):
            name = self._dice.choice([*possible, "Component", "Component", "Entity", "Node"])
            selected = self._selection(self._schema.type_map[name], depth)
            if self._dice.random() < 0.3:
                self._fragments.append(f"fragment f{len(self._fragments)} on {name} {selected}")
                yield f"...f{len(self._fragments) - 1}"
            else:
                yield f"... on {name} {selected}"

    # arguments

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
