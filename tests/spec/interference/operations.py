"""Random operations over the whole schema: what may be read and what may not, valid mostly, with arguments that mean something.

Cursors come from earlier answers, or are guessed; ids and refs are of visible, hidden and absent entities alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from callboard_sdk import EntityRef
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_union_type,
)

from schema import Supergraph

from .arguments import Arguments, Asked

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
_INTROSPECTION = (
    '{ __type(name: "Component") { fields { name } } }',
    '{ __type(name: "Entity") { possibleTypes { name } fields { name type { name } } } }',
    "{ __schema { queryType { fields { name args { name } } } } }",
)
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


class Draft(Arguments):
    """One operation as it is written."""

    left_out = _LEFT_OUT
    """Fields that it never has."""
    typos = 0.03
    """How likely a selection has a name that there isn't."""

    def __init__(self, dice: Random, graph: Supergraph, refs: Sequence[EntityRef], telling: Sequence[str], asked: Asked) -> None:
        super().__init__(dice, refs, telling, asked)
        self._graph = graph
        self._schema = graph.schema
        self._aliases = 0
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


class Writer:
    """Writes operations by chance; `refs` are what is there in the worlds that they are for, `telling` fields that are asked for
    more often than others.
    """

    draft: type[Draft] = Draft
    """What one is written as."""
    introspects = 0.04
    """How likely one asks for the schema."""

    def __init__(self, dice: Random, graph: Supergraph, refs: Iterable[EntityRef], telling: Sequence[str]) -> None:
        self._dice = dice
        self._telling = telling
        self._graph = graph
        self._refs = sorted(refs)

    def operation(self, asked: Asked) -> Operation:
        """One operation, after what was asked before."""
        if self.introspects and self._dice.random() < self.introspects:
            return Operation(self._dice.choice(_INTROSPECTION))
        return self.draft(self._dice, self._graph, self._refs, self._telling, asked).operation()
