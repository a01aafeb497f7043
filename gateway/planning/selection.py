"""What a plan is made of: selections of fields, each field with how its value is got and what it must become.

All of it is immutable, and shared: the same selected fields on the same type are one Selection wherever they occur.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    is_introspection_type,
)
from graphql.execution.collect_fields import FieldDetails

from policies import Decision
from policies.conditions import Condition
from schema.resolution import TYPED, Attribute, Batched, Method, Streamed

MAX_HEIGHT = 12
"""How deep one row loop nests: Python refuses code that nests much deeper. What is deeper has a loop of its own."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """A resolver in graphql-core's form, called once for each parent: `resolve(parent, info, **arguments)`."""

    resolve: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Typename:
    """`__typename`: known when the plan is made, for a selection belongs to one object type."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Left out by a decision: null with FORBIDDEN at each place, and nothing is called."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Conditional:
    """Got as `how` says for the parents for which the decision's condition holds; null with FORBIDDEN for the others."""

    decision: Decision
    how: How


How = Attribute | Method | Batched | Streamed | Ordinary | Typename | Denied | Conditional


@dataclass(frozen=True, slots=True)
class Look:
    """Entities in this place are looked at before they are read: what may not be seen is null here.

    `within` is what they must be beside what their types' decisions ask.
    """

    within: Condition | None


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar or enum. Values of exactly a type in `sure` are legal as they stand; others are coerced one by one."""

    type: GraphQLLeafType
    nullable: bool
    sure: frozenset[builtins.type]
    names: Mapping[Any, str] | None = None
    plain = True
    height = 0


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """An object of a known type. `by_class` says that whether a value is of the type depends on its class alone."""

    type: GraphQLObjectType
    nullable: bool
    selection: Selection
    by_class: bool
    look: Look | None = None

    @property
    def plain(self) -> bool:
        """Whether the whole subtree can be read off its object without a call."""
        return self.look is None and self.selection.plain and (self.type.is_type_of is None or self.by_class)

    @property
    def height(self) -> int:
        """How many levels of the result it holds."""
        return 1 + self.selection.height


@dataclass(frozen=True, slots=True, eq=False)
class Abstract:
    """An object of one of several types, found for each value. `by_class` says that its class alone decides."""

    type: GraphQLAbstractType
    nullable: bool
    selections: Mapping[str, Selection]
    by_class: bool
    look: Look | None = None
    plain = False
    height = 0


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """A list."""

    item: Output
    nullable: bool

    @property
    def plain(self) -> bool:
        """Whether its items are."""
        return self.item.plain

    @property
    def height(self) -> int:
        """How many levels of the result it holds."""
        return 1 + self.item.height


Output = Leaf | Object | Abstract | ListOf


@dataclass(frozen=True, eq=False)
class Field:
    """One response key of a selection: GraphQL's field set entry, with everything that running it needs to know."""

    key: str
    parent: GraphQLObjectType
    definition: GraphQLField
    details: Sequence[FieldDetails]
    how: How
    output: Output
    within: Condition | None = None
    """What its function is told, beside its viewer's own access, that entities must be."""
    refused: Mapping[str, Decision] = field(default_factory=dict)
    """The decisions against filtering by coordinates that its arguments declare."""

    @property
    def call(self) -> How:
        """How its value is got where it is."""
        return self.how.how if isinstance(self.how, Conditional) else self.how

    @cached_property
    def nodes(self) -> list[FieldNode]:
        """Where the document asks for it."""
        return [detail.node for detail in self.details]

    @property
    def name(self) -> str:
        """The field's own name."""
        return self.details[0].node.name.value

    @property
    def coordinate(self) -> str:
        """`Type.field`."""
        return f"{self.parent.name}.{self.name}"

    @property
    def introspects(self) -> bool:
        """Whether it is about the schema (GraphQL spec, section 4)."""
        return self.name.startswith("__") or is_introspection_type(self.parent)

    @property
    def typed(self) -> bool:
        """Whether its type's objects hold what their annotations say, by its plugin's word."""
        return bool(self.parent.extensions.get(TYPED))

    @cached_property
    def plain(self) -> bool:
        """Whether the row loop reads it by itself: no call, no choice of type, a name that is safe as code."""
        match self.how:
            case Typename() | Denied():
                return True
            case Attribute(name):
                legal = name.isidentifier() and not keyword.iskeyword(name)
                return legal and self.output.plain and self.output.height <= MAX_HEIGHT
        return False

    @cached_property
    def counted(self) -> bool:
        """Whether the total of the connection that it gives is asked for (GraphQL Cursor Connections, and our `totalCount`)."""
        return not isinstance(self.output, Object) or any(one.name == "totalCount" for one in self.output.selection.fields)

    @cached_property
    def handed_on(self) -> bool:
        """Whether its column goes into the row loop as it was given: what is below it can be read there, without a call.

        A list gets a row loop of its own, which gives the event loop away between its items.
        """
        fits = (
            not isinstance(self.output, ListOf)
            and self.output.plain
            and self.output.nullable
            and self.output.height <= MAX_HEIGHT
        )
        return isinstance(self.how, Batched | Method) and fits

    @cached_property
    def needs_paths(self) -> bool:
        """Whether something in it is told the path of its value: an ordinary resolver, or a function that tells types."""
        return isinstance(self.call, Ordinary) or _output_needs_paths(self.output)


@dataclass(frozen=True, eq=False)
class Selection:
    """The fields selected on one object type, in response order; None of a cycle, for a document is finite."""

    type: GraphQLObjectType
    fields: Sequence[Field] = field(default_factory=tuple)
    broken: GraphQLError | None = None
    """Why its fields can't be told: a `@skip` or `@include` without a value. It fails where it is reached."""

    @cached_property
    def plain(self) -> bool:
        """Whether one row loop reads the whole subtree."""
        return self.broken is None and all(f.plain for f in self.fields)

    @cached_property
    def height(self) -> int:
        """How many levels its row loop builds below its own."""
        return max((f.output.height for f in self.fields if f.plain or f.handed_on), default=0)

    @cached_property
    def called(self) -> tuple[Field, ...]:
        """The fields that come as a column, in order."""
        return tuple(f for f in self.fields if not f.plain)

    @cached_property
    def denied(self) -> tuple[Field, ...]:
        """The fields that a decision leaves out of the rows: its own, and those of objects read in the same loop."""
        found: dict[Field, None] = {}
        for f in self.fields:
            if isinstance(f.how, Denied):
                found[f] = None
            elif (f.plain or f.handed_on) and (below := read_with(f.output)) is not None:
                found |= dict.fromkeys(below.denied)
        return tuple(found)

    @cached_property
    def needs_paths(self) -> bool:
        """Whether a field in it does."""
        return any(f.needs_paths for f in self.fields)


def read_with(output: Output) -> Selection | None:
    """What is selected on an object of a known type, or on the items of a list of such."""
    if isinstance(output, ListOf):
        return read_with(output.item)
    return output.selection if isinstance(output, Object) else None


def _output_needs_paths(output: Output) -> bool:
    match output:
        case ListOf():
            return _output_needs_paths(output.item)
        case Object():
            return output.selection.needs_paths or not (output.by_class or output.type.is_type_of is None)
        case Abstract():
            return not output.by_class or any(s.needs_paths for s in output.selections.values())
    return False


def below(output: Output) -> Iterable[Selection]:
    """The selections that values of this output are made by."""
    match output:
        case ListOf(item):
            return below(item)
        case Object(selection=selection):
            return (selection,)
        case Abstract(selections=several):
            return several.values()
        case Leaf():
            return ()


def selections(root: Selection) -> Iterable[Selection]:
    """Every selection that has a row loop of its own, each once, from the root down."""
    found = {root: None}
    waiting = [root]
    while waiting:
        own = [field for field in waiting.pop().called if not field.handed_on]
        fresh = [one for field in own for one in below(field.output) if one not in found]
        found |= dict.fromkeys(fresh)
        waiting += fresh
    return found
