"""Writes a plugin's fragment: what the graph with it has more than the graph without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from callboard_sdk import Plugin
from callboard_sdk.entities import ENTITY_TYPES
from callboard_sdk.fields import READ
from graphql import (
    ConstArgumentNode,
    ConstDirectiveNode,
    FieldDefinitionNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    is_interface_type,
    is_introspection_type,
    is_specified_scalar_type,
    parse,
    print_ast,
    print_type,
)
from strawberry.types.base import get_object_definition

from .fragment import GUARDED, LOADED, PERMISSION
from .supergraph import ROOTS, Guarded, Supergraph, usual_action

_HEADER = """\
# What the plugin {name!r} adds to the graph. Where its code can't be loaded, this is read instead: its fields answer null,
# with an error that says why. Written by: callboard plugin schema {name} --write
"""


def excerpt(plugin: Plugin[Any], base: Supergraph, whole: Supergraph) -> str:
    """The plugin's fragment as text: the same for the same plugin, whatever else is installed and the core itself needs.

    `base` is the graph of the core alone, `whole` that of the core and this plugin.
    """
    brought = _brought(plugin, base, whole)
    declared = [_permission(name, text) for name, text in sorted(plugin.permissions.items())]
    touched = _added(plugin).keys() | {spec.name for spec in plugin.loaders}
    extended = [_extension(plugin, whole, name) for name in sorted(touched - brought.keys())]
    defined = [_definition(whole, kind) for _, kind in sorted(brought.items())]
    return "\n\n".join([_HEADER.format(name=plugin.name).rstrip(), *map(print_ast, [*declared, *extended, *defined])]) + "\n"


def _brought(plugin: Plugin[Any], base: Supergraph, whole: Supergraph) -> dict[str, GraphQLNamedType]:
    """The types that the plugin's fields need and no gateway has by itself: all but what the shared entity types need."""
    own = [kind for name, kind in whole.schema.type_map.items() if name not in {*base.schema.type_map, *ROOTS}]
    needed = _closure(whole, own, {name: list(added) for name, added in _added(plugin).items()})
    shared = _closure(base, [base.schema.type_map[_name(kind)] for kind in ENTITY_TYPES], {})
    return {name: kind for name, kind in needed.items() if name not in shared and not is_specified_scalar_type(kind)}


def _closure(
    graph: Supergraph, kinds: Sequence[GraphQLNamedType], fields: Mapping[str, Sequence[str]]
) -> dict[str, GraphQLNamedType]:
    """These types, and all that they and these fields refer to."""
    there: Any = graph.schema.type_map
    found = {f"{on}_{name}": there[on].fields[name] for on, names in fields.items() for name in names}
    closed = GraphQLSchema(types=[*kinds, GraphQLObjectType("Fields", found)]).type_map
    return {name: kind for name, kind in closed.items() if name != "Fields" and not is_introspection_type(kind)}


def _added(plugin: Plugin[Any]) -> Mapping[str, Mapping[str, Guarded]]:
    """By the type that the plugin names in its code, the fields it adds there and what they need."""
    found: dict[str, dict[str, Guarded]] = defaultdict(dict)
    for spec in plugin.fields:
        found[spec.on if isinstance(spec.on, str) else _name(spec.on)][spec.name] = Guarded(
            plugin.name, spec.permission, spec.action
        )
    return found


def _name(kind: type) -> str:
    return get_object_definition(kind, strict=True).name


def _permission(name: str, description: str) -> SchemaExtensionNode:
    return SchemaExtensionNode(directives=(_directive(PERMISSION, name=name, description=description),))


def _extension(plugin: Plugin[Any], whole: Supergraph, name: str) -> ObjectTypeExtensionNode | InterfaceTypeExtensionNode:
    kind = whole.schema.type_map[name]
    node, added = ast_of(kind), _added(plugin).get(name, {})
    assert isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
    fields = tuple(_guarded(f, added[f.name.value], usual_action(name)) for f in node.fields or () if f.name.value in added)
    made = InterfaceTypeExtensionNode if is_interface_type(kind) else ObjectTypeExtensionNode
    return made(
        name=node.name, directives=_loaded(whole, name, plugin.name), fields=tuple(sorted(fields, key=lambda f: f.name.value))
    )


def _definition(whole: Supergraph, kind: GraphQLNamedType) -> TypeDefinitionNode:
    node = ast_of(kind)
    if not isinstance(node, ObjectTypeDefinitionNode):
        return node
    fields = tuple(_guarded(f, whole.guards.get(f"{kind.name}.{f.name.value}"), READ) for f in node.fields or ())
    return replace(node, directives=_loaded(whole, kind.name), fields=fields)


def ast_of(kind: GraphQLNamedType) -> TypeDefinitionNode:
    """A type's definition, as SDL would write it."""
    node = parse(print_type(kind), no_location=True).definitions[0]
    assert isinstance(node, TypeDefinitionNode)
    return node


def _guarded(field: FieldDefinitionNode, guard: Guarded | None, usual: str) -> FieldDefinitionNode:
    if guard is None:
        return field
    unusual = {} if guard.action == usual else {"action": guard.action}
    return replace(field, directives=(*(field.directives or ()), _directive(GUARDED, permission=guard.permission, **unusual)))


def _loaded(whole: Supergraph, name: str, plugin: str | None = None) -> tuple[ConstDirectiveNode, ...]:
    spec = whole.loaders.get(name)
    return (_directive(LOADED, permission=spec.permission),) if spec and plugin in (None, spec.plugin) else ()


def _directive(directive: str, **arguments: str) -> ConstDirectiveNode:
    given = (ConstArgumentNode(name=NameNode(value=key), value=StringValueNode(value=text)) for key, text in arguments.items())
    return ConstDirectiveNode(name=NameNode(value=directive), arguments=tuple(given))
