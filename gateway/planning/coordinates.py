"""The coordinates that a document asks for, as far as it can be told before it is planned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_object_type,
    visit,
)
from graphql.execution import VariableValues, get_argument_values

from schema.filtering import declared, expanded, uses, written
from schema.objects import ENTITY
from schema.resolution import RESOLUTION, Batched, Streamed


class Use(NamedTuple):
    """An argument of a `field` that filters or orders `by` a coordinate, as it was declared.

    It is `sure` where the document says so, and not where a variable may hold it.
    """

    field: str
    place: str
    by: str
    sure: bool


def collected(document: DocumentNode, schema: GraphQLSchema, variables: VariableValues | None = None) -> Coordinates:
    """What the document asks for; with the values of its variables, all that it asks by is sure."""
    found = Coordinates(schema, variables)
    visit(document, TypeInfoVisitor(found.types, found))
    return found


class Coordinates(Visitor):
    """What a document selects, filters by, and what its variables switch on and off; of every possible object type."""

    def __init__(self, schema: GraphQLSchema, variables: VariableValues | None = None) -> None:
        super().__init__()
        self.types = TypeInfo(schema)
        self._variables = variables
        self.selected: set[str] = set()
        self.filtered: set[str] = set()
        self.uses: set[Use] = set()
        self.switches: set[str] = set()
        self._schema = schema

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        """The variables of switches."""
        if node.name.value in ("skip", "include"):
            self.switches |= {a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode)}

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """A field, of each type that its parent may be."""
        parent = self.types.get_parent_type()
        kinds = self._schema.get_possible_types(parent) if parent and is_abstract_type(parent) else [parent]
        for kind in kinds:
            named = get_named_type(kind) if kind else None
            if named is not None and is_object_type(named):
                coordinate = f"{named.name}.{node.name.value}"
                self.selected.add(coordinate)
                if (field := named.fields.get(node.name.value)) is not None:
                    self.filtered.update(*(expanded(self._schema, name) for name in declared(field)))
                    self.uses.update(
                        Use(coordinate, place, by, sure) for place, filtered, sure in self._used(field, node) for by in filtered
                    )
                    if isinstance(how := field.extensions.get(RESOLUTION), Batched | Streamed) and how.shows:
                        self.filtered.update(self._told(named, node.name.value))

    def _used(self, field: GraphQLField, node: FieldNode) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        if self._variables is None:
            return written(field, node)
        values = get_argument_values(field, node, self._variables, hide_suggestions=True)
        return ((place, filtered, True) for place, filtered in uses(field, values))

    def _told(self, kind: GraphQLObjectType, field: str) -> Iterator[str]:
        """The fields that this field of a type may show: its siblings, and its namesakes of other entities; of a root all that
        entities have.
        """
        roots = (self._schema.query_type, self._schema.mutation_type, self._schema.subscription_type)
        entity = self._schema.type_map.get(ENTITY)
        entities = self._schema.get_possible_types(entity) if is_interface_type(entity) else []
        if kind in roots:
            yield from (f"{one.name}.{name}" for one in entities for name in one.fields)
        else:
            yield from (f"{kind.name}.{name}" for name in kind.fields)
            yield from (f"{one.name}.{field}" for one in entities if field in one.fields)
