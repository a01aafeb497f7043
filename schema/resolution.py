"""How a field's value is got, as the engine needs to know it: declared by the stitching, read when a plan is made.

A field without one of these is an ordinary resolver, called once for each parent (GraphQL spec, section 6.4.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callboard_sdk import Access, Catalog, Readable
from callboard_sdk.streams import StreamSpec

RESOLUTION = "callboard-resolution"
"""The key of a GraphQLField's `extensions` that holds its resolution."""

FILTERS = "callboard-filters"
"""The key of the `extensions` of an argument, an input type's field or an enum's value: the coordinates that it filters by."""

FAILS = "callboard-fails"
"""The key of a GraphQLField's `extensions` that says that it never has a value: its plugin could not be loaded."""

TYPED = "callboard-typed"
"""The key of a GraphQLObjectType's `extensions` that says that its objects come from typed sources."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """The parent's attribute of this name: stored, never computed, so that reading it again is free of effects."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """A synchronous function of the parent alone."""

    call: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Batched:
    """One call for all parents at once: `load(context, parents, arguments)`.

    `arguments` are coerced, by their GraphQL names (`out_name` where one is set). The results stand in the order of the
    parents, as many as there are parents; an item that is an exception fails for its parent alone, and what `load` raises
    fails for every parent.
    """

    load: Callable[..., Awaitable[Sequence[Any]] | Sequence[Any]]
    name: str = ""
    """What is called, for people: `plugin.field`; empty for what computes from its parents alone."""
    asks: str = ""
    """What its plugin says the call asks of upstreams, such as "one list per (cluster, kind, namespace)"."""
    filtered: bool = False
    """Whether it leaves out what its viewer may not see: it asks for `Access`, or for the `Catalog`, which is filtered."""
    paged: bool = False
    """Whether it takes a `Page`, which leaves out the entities of a connection that may not be seen. `load` is then told by
    `counted` whether the connection's total is asked for.
    """
    shows: bool = False
    """Whether its value may show what other fields of its object do, or, in a root, fields of entities: it asks for `Readable`,
    which knows who may read those.
    """


@dataclass(frozen=True, slots=True)
class Streamed:
    """A field of Subscription: its value is the event that the stream `spec` gave (GraphQL spec, section 6.2.3.2).

    `given` makes what Python functions take of coerced GraphQL arguments.
    """

    spec: StreamSpec
    given: Callable[[Mapping[str, Any]], dict[str, Any]]

    @property
    def filtered(self) -> bool:
        """Whether what shows its events leaves out what the viewer may not see."""
        return self._asks(Access, Catalog)

    @property
    def shows(self) -> bool:
        """As for `Batched`: its events may show what fields of entities do."""
        return self._asks(Readable)

    def _asks(self, *kinds: type) -> bool:
        shown = self.spec.shown
        return shown is not None and any(argument.annotation in kinds for argument in shown.parameters.values())


Resolution = Attribute | Method | Batched | Streamed
