"""Which names a schema has, and which a text quotes: what is hidden is named by nothing that is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import GraphQLError, GraphQLSchema, is_enum_type, is_introspection_type, is_specified_scalar_type

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def names(schema: GraphQLSchema) -> set[str]:
    """The names of its types, fields, arguments, input fields, enum values, and directives with their arguments."""
    return set(_names(schema))


def _names(schema: GraphQLSchema) -> Iterator[str]:
    for kind in schema.type_map.values():
        yield kind.name
        for name, field in getattr(kind, "fields", {}).items():
            yield name
            yield from getattr(field, "args", ())
        if is_enum_type(kind):
            yield from kind.values
    for directive in schema.directives:
        yield from (directive.name, *directive.args)


def coordinates(schema: GraphQLSchema) -> set[str]:
    """`Type`, `Type.field`, `Type.field(argument:)`, `Input.field` and `Enum.VALUE` of all its own types."""
    found = set()
    for kind in schema.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        found.add(kind.name)
        for name, field in getattr(kind, "fields", {}).items():
            found.add(f"{kind.name}.{name}")
            found |= {f"{kind.name}.{name}({key}:)" for key in getattr(field, "args", ())}
        found |= {f"{kind.name}.{value}" for value in getattr(kind, "values", ())}
    return found


def words(text: str) -> set[str]:
    """All that could be a name in a text."""
    return set(_NAME.findall(text))


def quoted(errors: list[GraphQLError]) -> set[str]:
    """The names that errors quote."""
    parts = (part for error in errors for found in _QUOTED.findall(error.message) for part in found)
    return {word for part in parts for word in words(part)}
