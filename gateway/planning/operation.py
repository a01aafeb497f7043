"""A parsed, validated document with the operation chosen for a request, and what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, ParamSpec, TypeVar

from callboard_sdk import CallboardError
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    separate_operations,
    validate,
)
from graphql.execution import VariableValues, get_variable_values
from graphql.execution.collect_fields import FragmentDetails

from gateway.request import document_hash
from resolvers.deadline import remaining
from resolvers.errors import RequestDeadline

from .coordinates import Use, collected
from .kept import Kept
from .limits import Size, count_merges, measure
from .planner import fragments_of
from .visible import Everything, Visible

P = ParamSpec("P")
R = TypeVar("R")

_NO_VARIABLES = VariableValues({}, {})
MAX_MISTAKES = 20
LONG = 2_000
"""Characters of a document that are read in a moment."""


class RequestError(CallboardError):
    """The request can't be run at all; `errors` are the GraphQL errors to answer with."""

    code = "GRAPHQL_VALIDATION_FAILED"

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.code = code

    @property
    def told(self) -> list[str]:
        """Each error as one text, with its line and column where it has a place: for where nothing else shows that."""
        return [f"{_place(one)}{one.message}" for one in self.errors]


def _place(error: GraphQLError) -> str:
    return f"{error.locations[0].line}:{error.locations[0].column}: " if error.locations else ""


@dataclass(frozen=True, eq=False)
class Document:
    """A document that was read, `valid` against the whole schema or not; a `long` one is worked on in a thread."""

    node: DocumentNode
    hash: str
    long: bool
    valid: bool


class Facts(NamedTuple):
    """What may be remembered of an operation, and told between processes: its document's hash, the fields that it selects, and
    what it asks them by.
    """

    name: str | None
    kind: str
    document: str
    coordinates: frozenset[str]
    uses: frozenset[Use] = frozenset()


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a document, and every coordinate that it may read, show or filter by, for every possible object type,
    with those of whole types. `selected` are those of the fields that it selects.

    `switches` are the variables that decide which of its fields are skipped or included.
    """

    document: Document
    definition: OperationDefinitionNode
    coordinates: frozenset[str]
    selected: frozenset[str]
    switches: tuple[str, ...] = ()
    uses: frozenset[Use] = frozenset()

    @cached_property
    def fragments(self) -> Mapping[str, FragmentDetails]:
        """The document's fragments by name."""
        return fragments_of(self.document.node.definitions)

    @cached_property
    def facts(self) -> Facts:
        """What may be remembered of it."""
        name = self.definition.name.value if self.definition.name else None
        return Facts(name, self.kind, self.document.hash, self.selected, self.uses)

    @cached_property
    def introspects(self) -> bool:
        """Whether it asks for the schema, and so for the viewer's own."""
        return any(coordinate.endswith((".__schema", ".__type")) for coordinate in self.coordinates)

    @property
    def is_query(self) -> bool:
        """Whether it only reads."""
        return self.definition.operation is OperationType.QUERY

    @property
    def kind(self) -> str:
        """query, mutation or subscription."""
        return self.definition.operation.value


class Documents:
    """Parses, measures, validates and keeps documents by their hash: the same text is read once. Bounded, oldest out first.

    `check` refuses what is too large by raising, before validation, whose time grows faster than a document does.
    `types` are the coordinates of whole types: what an operation gives depends on them all, for what functions count and
    look up may be of any.
    A long document is read in a thread, one at a time, so that the others' requests go on.

    What is wrong with a document, or with variables, is told by the schema that the viewer may use, which is part of the
    whole one: whatever the whole refuses, the part refuses. With `hide` the part refuses all that it doesn't have.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        max_tokens: int,
        check: Callable[[Size], None] = lambda size: None,
        types: frozenset[str] = frozenset(),
        hide: bool = False,
        kept: int = 1_000,
    ) -> None:
        self._schema = schema
        self._max_tokens = max_tokens
        self._check = check
        self._types = types
        self._hide = hide
        self._one_long = asyncio.Semaphore()
        self._valid: Kept[str, Document] = Kept(kept)
        self._invalid: Kept[str, Document] = Kept(kept // 10)
        self._mistakes: Kept[tuple[Document, GraphQLSchema], Sequence[GraphQLError]] = Kept(kept if hide else kept // 10)
        self._operations: Kept[tuple[str, str | None], Operation] = Kept(kept)

    def knows(self, source: str) -> bool:
        """Whether the document has been read already."""
        key = document_hash(source)
        return (self._valid.get(key) or self._invalid.get(key)) is not None

    async def read(self, source: str, visible: Visible | Everything, *, own: bool = False) -> Document:
        """The document of this text. Raises RequestError when it doesn't parse or isn't valid, LimitExceeded for its size.

        One of our `own` is not refused for what its viewer may not use.
        """
        key = document_hash(source)
        document = self._valid.get(key) or self._invalid.get(key)
        if document is None:
            long = len(source) > LONG
            document = await self._work(long, self._read, source, key, long)
            (self._valid if document.valid else self._invalid).keep(key, document)
        if (self._hide and not own) or not document.valid:
            await self._refuse(document, visible.schema)
        return document

    async def _refuse(self, document: Document, schema: GraphQLSchema) -> None:
        mistakes = self._mistakes.get((document, schema))
        if mistakes is None:
            mistakes = await self._work(document.long, _mistakes, schema, document.node)
            self._mistakes.keep((document, schema), mistakes)
        assert mistakes or document.valid, "what is valid in a visible schema is valid in the whole"
        if mistakes:
            raise RequestError(list(mistakes), "GRAPHQL_VALIDATION_FAILED")

    async def _work(self, long: bool, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if not long:
            return function(*args, **kwargs)
        try:
            async with asyncio.timeout(remaining()), self._one_long:
                return await asyncio.to_thread(function, *args, **kwargs)
        except TimeoutError:
            raise RequestDeadline from None

    def _read(self, source: str, key: str, long: bool) -> Document:
        document = self._parse(source)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                size = measure(document, definition)
                self._check(size)
                count_merges(document, definition, size)
                self._check(size)
        return Document(document, key, long, valid=not _mistakes(self._schema, document, most=1))

    def choose(self, document: Document, name: str | None) -> Operation:
        """The operation to run. Raises RequestError when the name fits none, or is needed and missing."""
        key = (document.hash, name)
        if (known := self._operations.get(key)) is not None:
            return known
        definition = _chosen(document.node, name)
        collector = collected(_own(document.node, definition), self._schema)
        switches = tuple(sorted(collector.switches))
        coordinates = self._types | collector.selected | collector.filtered
        selected, used = frozenset(collector.selected), frozenset(collector.uses)
        return self._operations.keep(key, Operation(document, definition, coordinates, selected, switches, used))

    async def coerce(
        self, operation: Operation, given: Mapping[str, Any], visible: Visible | Everything, *, own: bool = False
    ) -> VariableValues:
        """The variables' values, defaults filled in. Raises RequestError with everything that doesn't fit.

        Where the document uses what the viewer may not, it is that which doesn't fit, as in any other document. With `hide` a
        value that uses it doesn't fit either, but in one of our `own`.
        """
        definitions = operation.definition.variable_definitions
        if not definitions:
            return _NO_VARIABLES
        schema = visible.schema if self._hide and not own else self._schema
        values = get_variable_values(schema, definitions, dict(given), max_errors=1, hide_suggestions=True)
        if not isinstance(values, list):
            return values
        await self._refuse(operation.document, visible.schema)
        mistakes = get_variable_values(visible.schema, definitions, dict(given), max_errors=MAX_MISTAKES)
        assert isinstance(mistakes, list), "what fits a visible schema fits the whole"
        raise RequestError(mistakes, "BAD_USER_INPUT")

    def used(self, operation: Operation, variables: VariableValues) -> frozenset[Use]:
        """What the operation filters and orders by with these variables: all of it is sure. Raises RequestError."""
        try:
            return frozenset(collected(_own(operation.document.node, operation.definition), self._schema, variables).uses)
        except GraphQLError as error:  # an argument takes no null, which its variable may be
            raise RequestError([error], "BAD_USER_INPUT") from None

    def _parse(self, source: str) -> DocumentNode:
        try:
            return parse(source, max_tokens=self._max_tokens)
        except GraphQLSyntaxError as error:
            raise RequestError([error], "GRAPHQL_PARSE_FAILED") from None
        except RecursionError:
            raise RequestError([GraphQLError("The document nests too deep to be read.")], "GRAPHQL_PARSE_FAILED") from None


def _mistakes(schema: GraphQLSchema, document: DocumentNode, most: int = MAX_MISTAKES) -> Sequence[GraphQLError]:
    """What is wrong with a document (GraphQL spec, section 5). Raises RequestError when that can't be told."""
    try:
        return validate(schema, document, max_errors=most, hide_suggestions=most == 1)
    except RecursionError:
        error = GraphQLError("The document nests too deep to be checked.")
        raise RequestError([error], "GRAPHQL_VALIDATION_FAILED") from None


def _own(document: DocumentNode, definition: OperationDefinitionNode) -> DocumentNode:
    """The document with this operation alone, and the fragments that it has."""
    if sum(isinstance(one, OperationDefinitionNode) for one in document.definitions) == 1:
        return document
    return separate_operations(document)[definition.name.value if definition.name else ""]


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    definitions = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    named = [d for d in definitions if name is None or (d.name and d.name.value == name)]
    if len(named) == 1:
        return named[0]
    if name is None:
        text = (
            "The document has several operations: say which one to run in `operationName`."
            if named
            else "The document has no operation."
        )
    else:
        text = f"The document has no operation named {name[:80]!r}."
    raise RequestError([GraphQLError(text)], "OPERATION_RESOLUTION_FAILURE")
