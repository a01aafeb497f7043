"""Puts the fragment of a plugin that can't be loaded into the schema: its fields are there, and each fails by its name.

A. choose   the types that are not there yet: what is there wins
B. expand   a field of an interface, or of a class that others extend, to each type that has it
C. check    that all of it fits, on a copy
D. move     the new types and fields from the copy to the schema's own types, which stay the same objects
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from callboard_sdk.plugin import MUTATION, SUBSCRIPTION
from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    extend_schema,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_union_type,
    is_wrapping_type,
    validate_schema,
)
from strawberry.types.base import get_object_definition

from .errors import StitchError
from .excerpt import ast_of
from .fragment import FILE, GUARDED, Fragment
from .resolution import FAILS
from .supergraph import ROOTS, Guarded


@dataclass(frozen=True)
class StandIn:
    """A fragment for a plugin that can't answer; `fail` makes the error of each of its fields."""

    fragment: Fragment
    fail: Callable[[], Exception]


@dataclass(frozen=True)
class _Added:
    """A field that a type gets, and what it needs."""

    node: FieldDefinitionNode
    guard: Guarded | None


_Definitions = dict[str, TypeDefinitionNode]
_Additions = dict[str, dict[str, _Added]]


def graft(schema: GraphQLSchema, guards: Mapping[str, Guarded], stand_in: StandIn) -> tuple[GraphQLSchema, dict[str, Guarded]]:
    """The schema with the fragment in it, and all guards. The schema that was given is not to be used any more.

    Raises StitchError when the fragment doesn't fit; nothing has changed then.
    """
    fragment = stand_in.fragment
    new = _chosen(schema, fragment)  # A
    additions = _expanded(schema, fragment, new, guards)  # B
    copy = _checked(schema, fragment, new, additions)  # C
    grown = _moved(schema, copy, new, additions, stand_in.fail)  # D
    return grown, dict(guards) | dict(_guards(grown, guards, fragment, new, additions))


# A. choose


def _chosen(schema: GraphQLSchema, fragment: Fragment) -> _Definitions:
    found: _Definitions = {node.name.value: node for node in fragment.types if node.name.value not in schema.type_map}
    for root in ROOTS.keys() & fragment.added.keys() - schema.type_map.keys():
        description = StringValueNode(value=ROOTS[root])
        found[root] = ObjectTypeDefinitionNode(name=NameNode(value=root), description=description)
    return found


# B. expand


def _expanded(schema: GraphQLSchema, fragment: Fragment, new: _Definitions, guards: Mapping[str, Guarded]) -> _Additions:
    found: _Additions = {name: _inherited(schema, node, guards) for name, node in new.items()}
    for name, fields in fragment.added.items():
        if name not in schema.type_map and not isinstance(new.get(name), ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            raise _misfit(fragment, f"it extends {name}, which this gateway doesn't have")
        for heir in [name, *(other for other, kind in schema.type_map.items() if name in _lineage(kind))]:
            known = getattr(schema.type_map.get(heir), "fields", ())
            more = {node.name.value: node for node in fields if node.name.value not in known}
            found.setdefault(heir, {}).update({key: _Added(node, fragment.guard(f"{name}.{key}")) for key, node in more.items()})
    return found


def _lineage(kind: GraphQLNamedType) -> set[str]:
    """The names of the types whose fields this one has too: its interfaces, and what its class extends."""
    origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
    bases = origin.__mro__[1:] if isinstance(origin, type) else ()
    inherited = {definition.name for base in bases if (definition := get_object_definition(base))}
    return inherited | {interface.name for interface in getattr(kind, "interfaces", ())}


def _inherited(schema: GraphQLSchema, node: TypeDefinitionNode, guards: Mapping[str, Guarded]) -> dict[str, _Added]:
    """What other plugins have added to the interfaces of a new type since its fragment was written."""
    own = {field.name.value for field in getattr(node, "fields", None) or ()}
    found: dict[str, _Added] = {}
    for name in getattr(node, "interfaces", None) or ():
        interface = schema.type_map.get(name.name.value)
        if interface is None or not is_interface_type(interface):
            continue
        likes = schema.get_possible_types(interface)
        for field in getattr(ast_of(interface), "fields", ()):
            key = field.name.value
            guard = next((guards[at] for like in likes if (at := f"{like.name}.{key}") in guards), None)
            if key not in own:
                found[key] = _Added(field, guard)
    return found


# C. check


def _checked(schema: GraphQLSchema, fragment: Fragment, new: _Definitions, additions: _Additions) -> GraphQLSchema:
    definitions = [*_definitions(new, additions), *_extensions(schema, additions)]
    try:
        copy = extend_schema(schema, DocumentNode(definitions=tuple(definitions)))
        errors = validate_schema(copy)
    except (GraphQLError, TypeError) as error:
        raise _misfit(fragment, str(error).partition("\n")[0]) from None
    if errors:
        raise _misfit(fragment, errors[0].message)
    return copy


def _definitions(new: _Definitions, additions: _Additions) -> Iterator[TypeDefinitionNode]:
    for name, node in new.items():
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            fields = _bare([*(node.fields or ()), *(added.node for added in additions[name].values())])
            yield replace(node, directives=(), fields=fields)
        else:
            yield node


def _extensions(schema: GraphQLSchema, additions: _Additions) -> Iterator[ObjectTypeExtensionNode | InterfaceTypeExtensionNode]:
    for name, fields in additions.items():
        if fields and (kind := schema.type_map.get(name)):
            made = InterfaceTypeExtensionNode if is_interface_type(kind) else ObjectTypeExtensionNode
            yield made(name=NameNode(value=name), fields=_bare([added.node for added in fields.values()]))


def _bare(fields: list[FieldDefinitionNode]) -> tuple[FieldDefinitionNode, ...]:
    """Without `@guarded`, which is no part of what clients see."""
    return tuple(replace(f, directives=tuple(d for d in f.directives or () if d.name.value != GUARDED)) for f in fields)


def _misfit(fragment: Fragment, problem: str) -> StitchError:
    remedy = f"With this version of Callboard, write it again: callboard plugin schema {fragment.plugin} --write."
    return StitchError(fragment.plugin, FILE, f"doesn't fit into the schema: {problem}", remedy)


# D. move


def _moved(
    schema: GraphQLSchema, copy: GraphQLSchema, new: _Definitions, additions: _Additions, fail: Callable[[], Exception]
) -> GraphQLSchema:
    types: dict[str, Any] = {**schema.type_map, **{name: copy.type_map[name] for name in new}}
    for name, fields in additions.items():
        made: Mapping[str, GraphQLField] = copy.type_map[name].fields if fields else {}  # type: ignore[attr-defined]
        for key in fields:
            made[key].resolve = _failing(fail)
            made[key].extensions[FAILS] = True
            if name not in new:
                types[name].fields[key] = _relinked(made[key], types)
    for name in new:
        _relink(types[name], types)
    given = schema.to_kwargs()
    given["types"] = tuple(types.values())
    given["mutation"], given["subscription"] = types.get(MUTATION), types.get(SUBSCRIPTION)
    return GraphQLSchema(**given)


def _failing(fail: Callable[[], Exception]) -> Callable[..., NoReturn]:
    def resolve(_parent: object, _info: object, **_arguments: object) -> NoReturn:
        raise fail()

    return resolve


def _relink(kind: Any, types: Mapping[str, Any]) -> None:
    """Let a type of the copy refer to the schema's own types instead of their copies."""
    if is_object_type(kind) or is_interface_type(kind):
        kind.interfaces = tuple(types[interface.name] for interface in kind.interfaces)
        for field in kind.fields.values():
            _relinked(field, types)
    elif is_input_object_type(kind):
        for given in kind.fields.values():
            given.type = _own(given.type, types)
    elif is_union_type(kind):
        kind.types = tuple(types[member.name] for member in kind.types)


def _relinked(field: GraphQLField, types: Mapping[str, Any]) -> GraphQLField:
    field.type = _own(field.type, types)
    for argument in field.args.values():
        argument.type = _own(argument.type, types)
    return field


def _own(kind: Any, types: Mapping[str, Any]) -> Any:
    return type(kind)(_own(kind.of_type, types)) if is_wrapping_type(kind) else types.get(kind.name, kind)


def _guards(
    schema: GraphQLSchema, guards: Mapping[str, Guarded], fragment: Fragment, new: _Definitions, additions: _Additions
) -> Iterator[tuple[str, Guarded]]:
    for name, fields in additions.items():
        if is_object_type(schema.type_map[name]):
            yield from ((f"{name}.{key}", added.guard) for key, added in fields.items() if added.guard)
    for coordinate, permission in fragment.guards.items():
        kind, _, field = coordinate.partition(".")
        if kind in new or (not field and kind not in guards):
            yield coordinate, fragment.guard(coordinate, permission.partition(".")[0])
