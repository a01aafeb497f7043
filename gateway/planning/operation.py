"""A parsed, validated document with the operation chosen for a request, and what it asks for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from callboard_sdk import CallboardError
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
    validate,
    visit,
)

K = TypeVar("K")
V = TypeVar("V")

MAX_VALIDATION_ERRORS = 20


class RequestError(CallboardError):
    """The request can't be run at all; `errors` are the GraphQL errors to answer with."""

    code = "GRAPHQL_VALIDATION_FAILED"

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.code = code


@dataclass(frozen=True)
class Document:
    """A valid document, with the sizes that the limits look at."""

    node: DocumentNode
    hash: str


@dataclass(frozen=True)
class Operation:
    """One operation of a document, and every coordinate that it may read, for every possible object type."""

    document: Document
    definition: OperationDefinitionNode
    coordinates: frozenset[str]

    @property
    def is_query(self) -> bool:
        """Whether it only reads."""
        return self.definition.operation is OperationType.QUERY

    @property
    def kind(self) -> str:
        """query, mutation or subscription."""
        return self.definition.operation.value


class Documents:
    """Parses, validates and keeps documents by their hash: the same text is read once. Bounded, oldest out first."""

    def __init__(self, schema: GraphQLSchema, *, max_tokens: int, kept: int = 1_000) -> None:
        self._schema = schema
        self._max_tokens = max_tokens
        self._kept = kept
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._operations: OrderedDict[tuple[str, str | None], Operation] = OrderedDict()

    def read(self, source: str) -> Document:
        """The document of this text. Raises RequestError when it doesn't parse or isn't valid."""
        key = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        if (known := self._documents.get(key)) is not None:
            self._documents.move_to_end(key)
            return known
        document = Document(self._parse(source), key)
        self._validate(document.node)
        _keep(self._documents, key, document, self._kept)
        return document

    def choose(self, document: Document, name: str | None) -> Operation:
        """The operation to run. Raises RequestError when the name fits none, or is needed and missing."""
        key = (document.hash, name)
        if (known := self._operations.get(key)) is not None:
            self._operations.move_to_end(key)
            return known
        definition = _chosen(document.node, name)
        operation = Operation(document, definition, self._coordinates(document.node))
        _keep(self._operations, key, operation, self._kept)
        return operation

    def _parse(self, source: str) -> DocumentNode:
        try:
            return parse(source, max_tokens=self._max_tokens)
        except GraphQLSyntaxError as error:
            raise RequestError([error], "GRAPHQL_PARSE_FAILED") from None
        except RecursionError:
            raise RequestError([GraphQLError("The document nests too deep to be read.")], "GRAPHQL_PARSE_FAILED") from None

    def _validate(self, document: DocumentNode) -> None:
        try:
            errors = validate(self._schema, document, max_errors=MAX_VALIDATION_ERRORS, hide_suggestions=True)
        except RecursionError:
            errors = [GraphQLError("The document nests too deep to be checked.")]
        if errors:
            raise RequestError(errors, "GRAPHQL_VALIDATION_FAILED")

    def _coordinates(self, document: DocumentNode) -> frozenset[str]:
        collector = _Coordinates(self._schema)
        visit(document, TypeInfoVisitor(collector.types, collector))
        return frozenset(collector.found)


class _Coordinates(Visitor):
    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.types = TypeInfo(schema)
        self.found: set[str] = set()
        self._schema = schema

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        parent = self.types.get_parent_type()
        kinds = self._schema.get_possible_types(parent) if parent and is_abstract_type(parent) else [parent]
        for kind in kinds:
            named = get_named_type(kind) if kind else None
            if named is not None and is_object_type(named):
                self.found.add(f"{named.name}.{node.name.value}")


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


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)
