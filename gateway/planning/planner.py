"""Operation and decisions to a Plan.

A. collect    the fields selected on a type, fragments and directives applied, merged by response key
B. resolve    how each field's value is got; what is denied is not got at all
C. output     what a value must become: leaf, object, abstract, list
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution import VariableValues
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.executor import default_field_resolver

from policies.conditions import Condition
from schema.resolution import RESOLUTION

from .ruling import Ruling
from .selection import Abstract, Denied, Field, How, Leaf, ListOf, Object, Ordinary, Output, Selection, Typename

_SURE: Mapping[GraphQLLeafType, frozenset[type]] = {
    GraphQLString: frozenset({str}),
    GraphQLID: frozenset({str}),
    GraphQLBoolean: frozenset({bool}),
}


class Deferred(GraphQLError):
    """The operation wants its result in several pieces, which the engine doesn't do; validation refuses it before."""

    def __init__(self) -> None:
        super().__init__("A result comes in one piece here: ask without @defer and @stream.")


class Planner:
    """Plans one operation for one set of decisions and of values for `@skip` and `@include`."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDetails],
        variables: VariableValues,
        ruling: Ruling,
        *,
        field_resolver: Callable[..., Any] | None = None,
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = dict(fragments)
        self._variables = variables
        self._ruling = ruling
        self._default = field_resolver or default_field_resolver
        self._hide_suggestions = hide_suggestions
        self._known: dict[tuple[Any, ...], Selection] = {}
        self._names: dict[GraphQLEnumType, Mapping[Any, str]] = {}

    def root(self) -> Selection:
        """The selection on the root type. Raises GraphQLError when the schema has no such root."""
        operation = self._operation
        root_type = self._schema.get_root_type(operation.operation)
        if root_type is None:
            raise GraphQLError(f"Schema is not configured to execute {operation.operation.value} operation.", operation)
        found = collect_fields(self._schema, self._fragments, self._variables, root_type, operation, self._hide_suggestions)
        return self._selection(root_type, found, None)

    # A. collect

    def _sub_selection(self, parent: GraphQLObjectType, details: list[FieldDetails], within: Condition | None) -> Selection:
        key = (parent.name, within, *((id(d.node), id(d.fragment_variable_values)) for d in details))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._collected(parent, details, within)
        return known

    def _collected(self, parent: GraphQLObjectType, details: list[FieldDetails], within: Condition | None) -> Selection:
        try:
            found = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, parent, details, self._hide_suggestions
            )
        except GraphQLError as error:
            return Selection(parent, (), error)
        return self._selection(parent, found, within)

    def _selection(self, parent: GraphQLObjectType, found: CollectedFields, within: Condition | None) -> Selection:
        if found.new_defer_usages:
            raise Deferred
        fields = (self._field(parent, key, details, within) for key, details in found.grouped_field_set.items())
        return Selection(parent, tuple(f for f in fields if f is not None))

    def _field(self, parent: GraphQLObjectType, key: str, details: list[FieldDetails], within: Condition | None) -> Field | None:
        name = details[0].node.name.value
        definition = self._schema.get_field(parent, name)
        if definition is None:
            return None  # GraphQL spec, section 6.3: a field that validation would have refused is left out
        how = self._ruling.how(parent, name, definition, self._how(name, definition))
        narrowed = self._ruling.within(parent, name, definition)
        below = narrowed or self._ruling.inherited(parent, definition, within)
        refused = {} if isinstance(how, Denied) else self._ruling.refused(definition)
        return Field(key, parent, definition, details, how, self._output(definition.type, details, below), narrowed, refused)

    # B. resolve

    def _how(self, name: str, definition: GraphQLField) -> How:
        if name == "__typename":
            return Typename()
        declared: How | None = definition.extensions.get(RESOLUTION)
        return declared or Ordinary(definition.resolve or self._default)

    # C. output

    def _output(
        self, kind: GraphQLOutputType, details: list[FieldDetails], within: Condition | None, *, nullable: bool = True
    ) -> Output:
        if is_non_null_type(kind):
            return self._output(kind.of_type, details, within, nullable=False)
        if is_list_type(kind):
            return ListOf(self._output(kind.of_type, details, within), nullable)
        if is_leaf_type(kind):
            return self._leaf(kind, nullable)
        if is_object_type(kind):
            look = self._ruling.look(kind, within)
            return Object(kind, nullable, self._sub_selection(kind, details, within), told_by_class(kind.is_type_of), look)
        assert is_abstract_type(kind)
        possible = self._schema.get_possible_types(kind)
        selections = {one.name: self._sub_selection(one, details, within) for one in possible}
        by_class = told_by_class(kind.resolve_type) and all(
            one.is_type_of is None or told_by_class(one.is_type_of) for one in possible
        )
        return Abstract(kind, nullable, selections, by_class, self._ruling.look(kind, within))

    def _leaf(self, kind: GraphQLLeafType, nullable: bool) -> Leaf:
        names = self._enum_names(kind) if isinstance(kind, GraphQLEnumType) else None
        sure = _SURE.get(kind, frozenset()) if isinstance(kind, GraphQLScalarType) else frozenset()
        return Leaf(kind, nullable, sure, names)

    def _enum_names(self, kind: GraphQLEnumType) -> Mapping[Any, str]:
        if kind not in self._names:
            self._names[kind] = enum_names(kind)
        return self._names[kind]


def enum_names(kind: GraphQLEnumType) -> Mapping[Any, str]:
    """What each internal value that the type knows is called, for those that can be a key; coercion knows the rest."""
    python_enum = getattr(kind, "wrapped_cls", None)
    values = list(python_enum) if python_enum else [value.value for value in kind.values.values()]
    found: dict[Any, str] = {}
    for value in values:
        try:
            found[value] = kind.coerce_output_value(value)
        except (TypeError, ValueError, GraphQLError):
            continue
    return found


def told_by_class(function: Any) -> bool:
    """Whether a type function is Strawberry's own, which looks at a value's class and at nothing else of it."""
    return getattr(function, "__module__", None) == "strawberry.schema.schema_converter"


def fragments_of(definitions: Any) -> dict[str, FragmentDetails]:
    """The document's fragments as field collection takes them."""
    return {d.name.value: FragmentDetails(d) for d in definitions if isinstance(d, FragmentDefinitionNode)}
