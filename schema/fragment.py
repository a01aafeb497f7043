"""What one plugin adds to the graph, as SDL: a gateway that can't load the plugin's code still knows its types.

A fragment extends types that every gateway has, and defines those that come with the plugin. Directives say what SDL has no
words for: `@permission` declares one, `@guarded` names the one that a field needs (and its action, where it isn't the usual
one), `@loaded` the one that finding the type's objects by id needs. A field that extends an interface is meant for every type
that implements it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from callboard_sdk.fields import ACTIONS
from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    GraphQLSyntaxError,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    Node,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    parse,
)

from .errors import StitchError
from .supergraph import Guarded, Permission, usual_action

FILE = "schema.graphql"
"""A fragment's name inside its plugin's package."""
PERMISSION = "permission"
GUARDED = "guarded"
LOADED = "loaded"

Fields = tuple[FieldDefinitionNode, ...]
_WithFields = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeExtensionNode


@dataclass(frozen=True)
class Fragment:
    """A fragment that was read. `added` has, by the name of a type that is there already, the fields it gets.

    `guards` maps a coordinate to the permission that it needs; every added field has one. That of a type is for its loader.
    `actions` has the action of those that need another than the usual one.
    """

    plugin: str
    permissions: Mapping[str, Permission]
    types: tuple[TypeDefinitionNode, ...]
    added: Mapping[str, Fields]
    guards: Mapping[str, str]
    actions: Mapping[str, str] = field(default_factory=dict)

    def guard(self, coordinate: str, plugin: str | None = None) -> Guarded:
        """What the coordinate needs."""
        action = self.actions.get(coordinate) or usual_action(coordinate.partition(".")[0])
        return Guarded(plugin or self.plugin, self.guards[coordinate], action)


def read_fragment(plugin: str, text: str) -> Fragment:
    """The plugin's fragment. Raises StitchError, naming the line, for what is none or leaves a field open to everyone."""
    try:
        definitions = parse(text).definitions
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise _refused(plugin, line, f"is not SDL: {error.message}") from None
    permissions: dict[str, Permission] = {}
    types: list[TypeDefinitionNode] = []
    added: dict[str, Fields] = {}
    guards: dict[str, str] = {}
    actions: dict[str, str] = {}
    for node in definitions:
        match node:
            case SchemaExtensionNode():
                permissions |= {one.name: one for one in _permissions(plugin, node)}
            case ObjectTypeExtensionNode() | InterfaceTypeExtensionNode():
                added[node.name.value] = (*added.get(node.name.value, ()), *(node.fields or ()))
            case TypeDefinitionNode():
                types.append(node)
            case _:
                raise _refused(plugin, _line(node), "defines neither a type nor fields for one")
        if isinstance(node, _WithFields):
            guards |= _loaded(plugin, node, permissions) | _guards(node.name.value, node.fields or ())
            actions |= _actions(plugin, node.name.value, node.fields or ())
    for name, fields in added.items():
        _check(plugin, name, fields, guards, permissions)
    return Fragment(plugin, permissions, tuple(types), added, guards, actions)


def _permissions(plugin: str, node: SchemaExtensionNode) -> Iterator[Permission]:
    for directive in node.directives or ():
        if directive.name.value == PERMISSION:
            said = _arguments(directive)
            name = said.get("name", "")
            if not name.startswith(f"{plugin}."):
                raise _refused(plugin, _line(directive), f"declares permission {name!r}, which doesn't start with {plugin!r}")
            yield Permission(name, plugin, said.get("description", ""))


def _loaded(plugin: str, node: _WithFields, permissions: Collection[str]) -> dict[str, str]:
    named = _permission_of(node, LOADED)
    if named is not None and named not in permissions:
        raise _refused(plugin, _line(node.name), f"doesn't guard the loader of {node.name.value} by one of its permissions")
    return {} if named is None else {node.name.value: named}


def _guards(type_name: str, fields: Fields) -> dict[str, str]:
    named = {f"{type_name}.{one.name.value}": _permission_of(one, GUARDED) for one in fields}
    return {coordinate: permission for coordinate, permission in named.items() if permission is not None}


def _actions(plugin: str, type_name: str, fields: Fields) -> dict[str, str]:
    said = {one.name: _said(one, GUARDED).get("action") for one in fields}
    for name, action in said.items():
        if action not in (None, *ACTIONS):
            raise _refused(plugin, _line(name), f"guards {type_name}.{name.value} by the action {action!r}, which there isn't")
    return {f"{type_name}.{name.value}": action for name, action in said.items() if action}


def _permission_of(node: _WithFields | FieldDefinitionNode, directive: str) -> str | None:
    there = any(d.name.value == directive for d in node.directives or ())
    return _said(node, directive).get("permission", "") if there else None


def _said(node: _WithFields | FieldDefinitionNode, directive: str) -> dict[str, str]:
    return next((_arguments(d) for d in node.directives or () if d.name.value == directive), {})


def _check(plugin: str, name: str, fields: Fields, guards: Mapping[str, str], permissions: Collection[str]) -> None:
    """What nobody can answer must be nullable, or it would take its parent away; what nobody guards, everyone could read."""
    for one in fields:
        coordinate = f"{name}.{one.name.value}"
        if isinstance(one.type, NonNullTypeNode):
            raise _refused(plugin, _line(one.name), f"says that {coordinate} is never null")
        if guards.get(coordinate) not in permissions:
            raise _refused(plugin, _line(one.name), f"doesn't guard {coordinate} by one of its permissions")


def _arguments(directive: DirectiveNode) -> dict[str, str]:
    return {a.name.value: a.value.value for a in directive.arguments or () if isinstance(a.value, StringValueNode)}


def _line(node: Node) -> int:
    return node.loc.start_token.line if node.loc else 1


def _refused(plugin: str, line: int, problem: str) -> StitchError:
    return StitchError(plugin, f"{FILE}:{line}", problem, f"Write it again: callboard plugin schema {plugin} --write.")
