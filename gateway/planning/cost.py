"""What an operation can cost at most, worked out from its plan and page sizes before anything runs.

The contract is GitHub's for its GraphQL API: every page has 1 to 100 items; `nodes` counts each object that the
result could hold, pages multiplied down the tree; `points` is a hundredth of the field calls that answering each
parent by itself would take, at least 1. What is denied costs nothing. Of the types that an object may have, the dearest
counts. A list without pages is taken to have LIST items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callboard_sdk.connections import MAX_PAGE
from graphql import FieldNode, IntValueNode, VariableNode
from graphql.execution import VariableValues

from schema.objects import has_function

from .limits import LimitExceeded
from .selection import Abstract, Denied, Field, Leaf, ListOf, Object, Output, Selection, Typename, below

LIST = 10
"""The items that a list without pages is taken to have."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The most that one operation can make, and ask."""

    nodes: int
    calls: int

    @property
    def points(self) -> int:
        """What it takes from a viewer's budget."""
        return max(1, round(self.calls / 100))

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.nodes + other.nodes, self.calls + other.calls)


_NOTHING = Cost(0, 0)


def paged_fields(root: Selection) -> tuple[Field, ...]:
    """The fields of a plan that take a page size, each once."""
    found: dict[Field, None] = {}
    waiting, seen = [root], {root}
    while waiting:
        for field in waiting.pop().fields:
            if "first" in field.definition.args or "last" in field.definition.args:
                found[field] = None
            fresh = [one for one in below(field.output) if one not in seen]
            seen.update(fresh)
            waiting += fresh
    return tuple(found)


def page_size(field: Field, variables: VariableValues) -> int:
    """How many items the field is asked for; the largest page when it doesn't say, for it is refused then anyway."""
    sizes = [size for size in _sizes(field.details[0].node, variables) if size is not None]
    return min(MAX_PAGE, max(0, *sizes)) if sizes else MAX_PAGE


def _sizes(node: FieldNode, variables: VariableValues) -> Iterable[int | None]:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            given = argument.value
            found = variables.coerced.get(given.name.value) if isinstance(given, VariableNode) else None
            yield int(given.value) if isinstance(given, IntValueNode) else found if isinstance(found, int) else None


def cost_of(root: Selection, pages: Mapping[Field, int]) -> Cost:
    """The cost of a plan with these page sizes."""
    return _Counting(pages).selection(root, 1, None)


class _Counting:
    def __init__(self, pages: Mapping[Field, int]) -> None:
        self._pages = pages
        self._known: dict[tuple[Selection, int, int | None], Cost] = {}

    def selection(self, selection: Selection, parents: int, page: int | None) -> Cost:
        """The cost of a selection on this many parents; `page` is the size of the page that they are connections of."""
        key = selection, parents, page
        if key not in self._known:
            self._known[key] = sum((self._field(field, parents, page) for field in selection.fields), _NOTHING)
        return self._known[key]

    def _field(self, field: Field, parents: int, page: int | None) -> Cost:
        if isinstance(field.how, Denied | Typename):
            return _NOTHING
        called = Cost(0, parents) if has_function(field.definition) else _NOTHING
        return called + self._output(field.output, parents, page, self._pages.get(field))

    def _output(self, output: Output, parents: int, page: int | None, size: int | None) -> Cost:
        match output:
            case ListOf(item):
                return self._output(item, parents * (LIST if page is None else page), None, None)
            case Object(selection=selection):
                return Cost(parents, 0) + self.selection(selection, parents, size)
            case Abstract(selections=selections):
                costs = [self.selection(one, parents, size) for one in selections.values()]
                dearest = Cost(max((c.nodes for c in costs), default=0), max((c.calls for c in costs), default=0))
                return Cost(parents, 0) + dearest
            case Leaf():
                return _NOTHING


def check_cost(cost: Cost, most: int) -> None:
    """Raise LimitExceeded when the result could hold more nodes than one may."""
    if cost.nodes > most:
        raise LimitExceeded(
            f"the result could hold {cost.nodes} objects; at most {most} are allowed: ask for smaller pages, or for less"
        )
