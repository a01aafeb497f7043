"""Which fields an operation narrows or orders lists by: an argument says so in the SDK, wherever its value comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from graphql import (
    EnumValueNode,
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_input_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from .resolution import FILTERS

_Given = GraphQLArgument | GraphQLInputField


def declared(field: GraphQLField) -> frozenset[str]:
    """Every coordinate that one of the field's arguments can filter by, at whatever depth, as it was declared."""
    return frozenset(name for _, filtered in places("", field) for name in filtered)


def places(coordinate: str, field: GraphQLField) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What filters in a field's arguments: they, input fields and enum values, by their coordinates, with what they filter by."""
    yield from _places([(f"{coordinate}({name}:)", argument) for name, argument in field.args.items()])


def _places(waiting: list[tuple[str, _Given]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    seen: set[str] = set()
    while waiting:
        place, given = waiting.pop()
        if filtered := given.extensions.get(FILTERS):
            yield place, tuple(filtered)
        kind = get_named_type(given.type)
        if kind.name in seen:
            continue
        seen.add(kind.name)
        if is_input_object_type(kind):
            waiting += ((f"{kind.name}.{name}", one) for name, one in kind.fields.items())
        elif is_enum_type(kind):
            of_values = ((name, tuple(value.extensions.get(FILTERS, ()))) for name, value in kind.values.items())
            yield from ((f"{kind.name}.{name}", filtered) for name, filtered in of_values if filtered)


def expanded(schema: GraphQLSchema, coordinate: str, kinds: frozenset[str] | None = None) -> frozenset[str]:
    """The coordinates of object types that a declared one stands for; of an interface's types only those among `kinds`."""
    type_name, _, field = coordinate.partition(".")
    kind = schema.type_map.get(type_name)
    if not is_interface_type(kind):
        return frozenset({coordinate}) if is_object_type(kind) and field in kind.fields else frozenset()
    possible = [one for one in schema.get_possible_types(kind) if field in one.fields]
    return frozenset(f"{one.name}.{field}" for one in possible if kinds is None or one.name in kinds)


def uses(field: GraphQLField, values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The places among coerced arguments, such as `filter.lifecycle`, whose values filter; with the coordinates as declared.

    Null asks for nothing, whether it was given or is a default.
    """
    for name, argument in field.args.items():
        yield from _given(argument, values, name, name)


def written(field: GraphQLField, node: FieldNode) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """The same of arguments as a document has them, and whether it is sure: a variable may hold whatever its place takes."""
    literals = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, argument in field.args.items():
        yield from _written(argument, literals.get(name), name)


def _written(given: _Given, value: ValueNode | None, place: str) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    if value is None:
        holder = {given.out_name or "": coerce_default_value(given)}
        yield from ((inner, found, True) for inner, found in _given(given, holder, "", place))
    elif isinstance(value, VariableNode):
        yield from ((place, found, False) for _, found in _places([("", given)]))
    elif not isinstance(value, NullValueNode):
        if (found := given.extensions.get(FILTERS)) is not None:
            yield place, found, True
        yield from _within(get_named_type(given.type), value, place)


def _within(kind: GraphQLNamedType, value: ValueNode, place: str) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    match value:
        case ListValueNode():
            for item in value.values:
                yield from _within(kind, item, place)
        case ObjectValueNode() if is_input_object_type(kind):
            literals = {one.name.value: one.value for one in value.fields}
            for name, field in kind.fields.items():
                yield from _written(field, literals.get(name), f"{place}.{name}")
        case EnumValueNode() if is_enum_type(kind) and (member := kind.values.get(value.value)) is not None:
            yield place, tuple(member.extensions.get(FILTERS, ())), True
        case VariableNode() if is_input_type(kind):
            yield from ((place, found, False) for _, found in _places([("", GraphQLArgument(kind))]))


def _given(given: _Given, holder: Mapping[str, Any], name: str, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    value = holder.get(given.out_name or name)
    if value is not None and value is not Undefined:
        if (found := given.extensions.get(FILTERS)) is not None:
            yield place, found
        yield from _inside(given.type, value, place)


def _inside(kind: GraphQLInputType, value: Any, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if is_non_null_type(kind):
        yield from _inside(kind.of_type, value, place)
    elif is_list_type(kind):
        for item in value if isinstance(value, list | tuple) else ():
            if item is not None:
                yield from _inside(kind.of_type, item, place)
    elif is_input_object_type(kind) and isinstance(value, Mapping):
        for name, field in kind.fields.items():
            yield from _given(field, value, name, f"{place}.{name}")
    elif is_enum_type(kind):
        for member in kind.values.values():
            if member.value in (value, value.value if isinstance(value, Enum) else value):
                yield place, tuple(member.extensions.get(FILTERS, ()))
