"""Random requests to the portal's addresses: of what may be read and what may not, with filters, facets and cursors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from callboard_sdk import EntityRef, encode_id

from schema import Supergraph

from .arguments import Asked
from .operations import Operation
from .world import LABELS, LIFECYCLES, NAMES, NAMESPACES, TAGS, TYPES, Maker

_ROOT = "/api/catalog"
_CURSOR = re.compile(rb'"(?:nextCursor|prevCursor)":"([^"]+)"')
_FIELDS = (
    "kind", "metadata.name", "metadata", "metadata.etag", "metadata.uid", "spec", "spec.type", "spec.owner", "spec.profile",
    "relations", "metadata.description", "metadata.labels", "metadata.tags",
)  # fmt: skip
_FACETS = (
    "kind", "metadata.namespace", "metadata.tags", "spec.type", "spec.lifecycle", "relations.ownedBy", "metadata.labels.tier",
    "metadata.annotations.note", "spec.region",
)  # fmt: skip
_ORDERS = ("metadata.name", "kind", "metadata.namespace", "metadata.title", "spec.type")


class PortalAsked(Asked):
    """What was asked before: the cursors of the portal's answers."""

    def hear(self, body: bytes) -> None:
        """Take an answer's cursors in."""
        self.cursors += (found.decode() for found in _CURSOR.findall(body))


class PortalWriter:
    """Writes requests by chance; `refs` are what is there in the worlds that they are for."""

    def __init__(self, dice: Random, _graph: Supergraph, refs: Iterable[EntityRef], _telling: Sequence[str]) -> None:
        self._dice = dice
        self._refs = sorted(refs)
        self._maker = Maker(dice)

    def operation(self, asked: Asked) -> Operation:
        """One request, after what was asked before."""
        make = self._dice.choice((self._array, self._page, self._page, self._one, self._refs_of, self._facets, self._location))
        return make(asked)

    def _array(self, _asked: Asked) -> Operation:
        given = self._filters() + self._cut()
        if self._dice.random() < 0.3:
            given.append(("order", f"{self._dice.choice(('asc', 'desc'))}:{self._dice.choice(_ORDERS)}"))
        return _get("/entities", given + self._some_of(("limit", "offset"), (1, 2, 50)))

    def _page(self, asked: Asked) -> Operation:
        dice = self._dice
        given = self._cut() + self._some_of(("limit",), (0, 1, 2, 5))
        if asked.cursors and dice.random() < 0.4:
            return _get("/entities/by-query", [("cursor", dice.choice(asked.cursors)), *given])
        if dice.random() < 0.3:
            return _post("/entities/by-query", {"query": self._predicate(2), "limit": dice.choice((1, 3))})
        given += self._filters()
        if dice.random() < 0.3:
            given.append(("orderField", f"{dice.choice(_ORDERS)},{dice.choice(('asc', 'desc'))}"))
        if dice.random() < 0.3:
            given.append(("fullTextFilterTerm", dice.choice(("a", "alpha", "BETA", "more"))))
        return _get("/entities/by-query", given)

    def _one(self, _asked: Asked) -> Operation:
        ref, dice = self._ref(), self._dice
        path = dice.choice(("by-name/{}", "by-name/{}/ancestry", "by-uid/{}"))
        named = encode_id("Entity", str(ref)) if "uid" in path else f"{ref.kind}/{ref.namespace}/{quote(ref.name)}"
        return _get(f"/entities/{path.format(named)}", [] if path.endswith("ancestry") else self._cut())

    def _refs_of(self, _asked: Asked) -> Operation:
        body: dict[str, Any] = {"entityRefs": [str(self._ref()) for _ in range(self._dice.randrange(1, 5))]}
        if self._dice.random() < 0.3:
            body["query"] = self._predicate(2)
        return _post(
            "/entities/by-refs", body | ({"fields": list(dict(self._cut()).values())} if self._dice.random() < 0.3 else {})
        )

    def _facets(self, _asked: Asked) -> Operation:
        named = self._dice.sample(_FACETS, self._dice.choice((1, 2, 3)))
        return _get("/entity-facets", [*(("facet", one) for one in named), *self._filters()])

    def _location(self, _asked: Asked) -> Operation:
        ref = self._ref()
        named = f"{ref.kind}/{ref.namespace}/{quote(ref.name)}"
        path = self._dice.choice(("", f"/{encode_id('Entity', str(ref))}.0", f"/by-entity/{named}"))
        return _get(f"/locations{path}", [])

    def _ref(self) -> EntityRef:
        return self._dice.choice(self._refs) if self._refs and self._dice.random() < 0.7 else self._maker.ref()

    def _some_of(self, names: Sequence[str], values: Sequence[int]) -> list[tuple[str, str]]:
        return [(name, str(self._dice.choice(values))) for name in names if self._dice.random() < 0.3]

    def _cut(self) -> list[tuple[str, str]]:
        if self._dice.random() < 0.5:
            return []
        return [("fields", ",".join(self._dice.sample(_FIELDS, self._dice.choice((1, 2, 3)))))]

    def _filters(self) -> list[tuple[str, str]]:
        made = []
        for _ in range(self._dice.choice((0, 1, 1, 2))):
            parts = [self._condition() for _ in range(self._dice.choice((1, 1, 2)))]
            made.append(("filter", ",".join(key if value is None else f"{key}={value}" for key, value in parts)))
        return made

    def _condition(self) -> tuple[str, str | None]:
        dice = self._dice
        label = dice.choice(list(LABELS))
        group = f"group:{dice.choice(NAMESPACES)}/{dice.choice(NAMES)}"
        key, value = dice.choice((
            ("kind", dice.choice(("component", "API", "group"))), ("metadata.name", dice.choice(NAMES)),
            ("metadata.namespace", dice.choice(NAMESPACES)), ("metadata.title", "Alpha and more"),
            ("metadata.tags", dice.choice(TAGS)), (f"metadata.labels.{label}", dice.choice(LABELS[label])),
            ("metadata.annotations.note", "x"), ("spec.type", dice.choice(TYPES)), ("spec.lifecycle", dice.choice(LIFECYCLES)),
            ("spec.owner", group), ("relations.ownedBy", group), ("relations.dependsOn", str(self._ref())),
            ("spec.region", "a"), ("metadata.uid", encode_id("Entity", str(self._ref()))), ("nothing", "a"),
        ))  # fmt: skip
        return key, None if dice.random() < 0.15 else value

    def _predicate(self, depth: int) -> dict[str, Any]:
        dice = self._dice
        if depth and dice.random() < 0.5:
            made = [self._predicate(depth - 1) for _ in range(dice.choice((1, 2)))]
            return dice.choice(({"$all": made}, {"$any": made}, {"$not": made[0]}))
        key, value = self._condition()
        return {key: {"$exists": dice.random() < 0.5} if value is None else value}


def _get(path: str, given: Sequence[tuple[str, str]]) -> Operation:
    return Operation("", address=f"{_ROOT}{path}", parameters=urlencode(given), method="GET")


def _post(path: str, body: Any) -> Operation:
    return Operation(json.dumps(body), address=f"{_ROOT}{path}")
