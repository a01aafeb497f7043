"""What every coordinate of the graph must be: nullable where it can be denied, described, and no `id` but a node's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    is_non_null_type,
    is_object_type,
    is_specified_scalar_type,
)

from .filtering import expanded
from .resolution import FILTERS
from .supergraph import Guarded

NODE = "Node"
"""The interface of what has an id."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A coordinate that breaks a rule of the graph, and what to write instead."""

    coordinate: str
    problem: str
    remedy: str


def lint(schema: GraphQLSchema, guards: Mapping[str, Guarded]) -> list[Mistake]:
    """Every broken rule, in the order of the schema's types."""
    kinds = [kind for kind in schema.type_map.values() if not _foreign(kind)]
    return [mistake for kind in kinds for mistake in (*_type(kind, guards), *_filters(schema, kind))]


def _foreign(kind: GraphQLNamedType) -> bool:
    return is_introspection_type(kind) or is_specified_scalar_type(kind)


def _type(kind: GraphQLNamedType, guards: Mapping[str, Guarded]) -> Iterator[Mistake]:
    if not kind.description:
        yield Mistake(kind.name, "has no description", "Write a docstring for the type.")
    if is_object_type(kind) or is_interface_type(kind):
        yield from _id(kind)
        for name, field in kind.fields.items():
            yield from _field(f"{kind.name}.{name}", field, guards)
    elif is_input_object_type(kind):
        for name, given in kind.fields.items():
            if not given.description:
                yield Mistake(f"{kind.name}.{name}", "has no description", "Write a string below the attribute.")
    elif is_enum_type(kind):
        for name, member in kind.values.items():
            if not member.description:
                yield Mistake(f"{kind.name}.{name}", "has no description", "Write a string below the member.")


def _id(kind: GraphQLObjectType | GraphQLInterfaceType) -> Iterator[Mistake]:
    node = kind.name == NODE or any(interface.name == NODE for interface in kind.interfaces)
    if "id" in kind.fields and not node:
        yield Mistake(
            f"{kind.name}.id",
            "is an id that `node(id:)` doesn't find, and clients' caches take every `id` for that of the whole object",
            "Let the class extend Node and declare a loader for it, or give the field another name.",
        )


def _filters(schema: GraphQLSchema, kind: GraphQLNamedType) -> Iterator[Mistake]:
    """What says that it filters by something that there isn't."""
    given: dict[str, Mapping[str, Any]] = {}
    if is_object_type(kind):
        given = {f"{kind.name}.{name}({key}:)": a.extensions for name, f in kind.fields.items() for key, a in f.args.items()}
    elif is_input_object_type(kind):
        given = {f"{kind.name}.{name}": field.extensions for name, field in kind.fields.items()}
    elif is_enum_type(kind):
        given = {f"{kind.name}.{name}": member.extensions for name, member in kind.values.items()}
    for place, extensions in given.items():
        for coordinate in extensions.get(FILTERS, ()):
            if not expanded(schema, coordinate):
                yield Mistake(
                    place,
                    f"filters by {coordinate!r}, which is no field of this schema",
                    'Write filters("Type.field"), the type being an object type, or an interface of types with the field.',
                )


def _field(coordinate: str, field: GraphQLField, guards: Mapping[str, Guarded]) -> Iterator[Mistake]:
    if coordinate in guards and is_non_null_type(field.type):
        yield Mistake(
            coordinate,
            f"can be denied (permission {guards[coordinate].permission!r}) and is never null",
            "Make it X | None, or declare its type with @value to guard it whole.",
        )
    if not field.description:
        yield Mistake(coordinate, "has no description", "Write a docstring, or a string below the attribute.")
    for name, argument in field.args.items():
        if not argument.description:
            yield Mistake(
                f"{coordinate}({name}:)",
                "has no description",
                'Annotated[T, strawberry.argument(description="...")] gives it one.',
            )
