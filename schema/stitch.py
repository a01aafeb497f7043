"""Stitches every plugin's types and fields into the supergraph: conflicts, guards and lints are settled here.

A. collect   every field by the class it is added to (two for one coordinate are refused), every predicate and source
B. build     one Strawberry schema whose types carry the added fields
C. guard     which permission each coordinate needs
D. lint      what may be denied is nullable; everything is described
E. graft     fragments stand in for the plugins that can't be loaded
F. tell      objects of entity types are guarded too, and each guard knows what a condition on it is about
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry
from callboard_sdk import Plugin, RegistrationError
from callboard_sdk.connections import MAX_PAGE
from callboard_sdk.entities import ENTITY_TYPES
from callboard_sdk.fields import FieldSpec
from callboard_sdk.plugin import MUTATION, QUERY, SUBSCRIPTION
from callboard_sdk.scalars import SCALARS
from callboard_sdk.types import guard_of
from graphql import GraphQLObjectType, is_object_type
from strawberry.annotation import StrawberryAnnotation
from strawberry.exceptions import StrawberryException
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from .binding import bind
from .errors import StitchError
from .graft import StandIn, graft
from .lint import lint
from .loaders import loaders_of
from .objects import entity_types, guard_objects
from .outside import check_outside
from .predicates import predicates_of
from .supergraph import ABOUT, ROOTS, Guarded, Permission, Supergraph

_Injected = Mapping[str, frozenset[type]]


def stitch(
    plugins: Sequence[Plugin[Any]],
    injected: _Injected,
    missing: frozenset[str] = frozenset(),
    stand_ins: Sequence[StandIn] = (),
) -> Supergraph:
    """The supergraph of these plugins, and of what stands in for others.

    `injected` gives, by plugin name, the annotations that its functions are handed at run time and that are
    therefore no GraphQL arguments. Raises StitchError, naming the plugin to leave out, and the coordinate.
    """
    collected = _collect(plugins)  # A
    predicates = predicates_of(plugins, injected)
    check_outside(plugins)
    built = _build(plugins, collected, injected)  # B
    permissions = {name: Permission(name, plugin.name, text) for plugin in plugins for name, text in plugin.permissions.items()}
    fields = _coordinates(built, collected)
    bind(built, fields)
    loaders = loaders_of(plugins, injected)
    guards = _guards(built, fields, permissions, frozenset(p.name for p in plugins))  # C
    guards |= {name: Guarded(spec.plugin, spec.permission) for name, spec in loaders.items()}
    for mistake in lint(built._schema, guards):  # D
        owner = guards[mistake.coordinate].plugin if mistake.coordinate in guards else _owner(plugins, mistake.coordinate)
        raise StitchError(owner, mistake.coordinate, mistake.problem, mistake.remedy)
    for stand_in in stand_ins:  # E
        guards = built.grow(stand_in, guards)
        permissions |= stand_in.fragment.permissions
    guards = guard_objects(built._schema, guards)  # F
    standing_in = frozenset(s.fragment.plugin for s in stand_ins)
    return Supergraph(
        built._schema,
        print_schema(built),
        guards,
        permissions,
        fields,
        loaders,
        frozenset(p.name for p in plugins) | standing_in,
        missing,
        standing_in,
        entity_types(built._schema),
        predicates,
    )


# A. collect


def _collect(plugins: Sequence[Plugin[Any]]) -> dict[type | str, dict[str, FieldSpec]]:
    found: dict[type | str, dict[str, FieldSpec]] = {}
    for plugin in plugins:
        for spec in plugin.fields:
            there = found.setdefault(spec.on, {})
            if (first := there.get(spec.name)) is not None:
                on = spec.on if isinstance(spec.on, str) else spec.on.__name__
                raise StitchError(
                    plugin.name,
                    spec.where,
                    f"plugins {first.plugin!r} and {spec.plugin!r} both add {on}.{spec.name} (the first at {first.where})",
                    "Give one of them another name, or take one of the plugins out of the settings.",
                )
            there[spec.name] = spec
    return found


# B. build


class _StitchedSchema(strawberry.Schema):
    """A Strawberry schema whose types have the plugins' fields, without a copy or change of their classes."""

    def __init__(self, added: Mapping[type | str, Sequence[StrawberryField]], **options: Any) -> None:
        self._added = added
        super().__init__(**options)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        origin = type_definition.origin
        added = [field for base in origin.__mro__ for field in self._added.get(base, ())]
        added += self._added.get(type_definition.name, ()) if type_definition.name in ROOTS else ()
        return [*type_definition.fields, *added]

    def grow(self, stand_in: StandIn, guards: Mapping[str, Guarded]) -> dict[str, Guarded]:
        """Take a fragment in; all guards, its own among them."""
        self._schema, guarded = graft(self._schema, guards, stand_in)
        self._schema._strawberry_schema = self  # type: ignore[attr-defined]  # where Strawberry's Info looks for it
        return guarded


def _build(
    plugins: Sequence[Plugin[Any]], collected: Mapping[type | str, Mapping[str, FieldSpec]], injected: _Injected
) -> _StitchedSchema:
    added = {
        on: [_field(spec, injected.get(spec.plugin, frozenset())) for spec in specs.values()] for on, specs in collected.items()
    }
    mutation, subscription = (_root(name) if name in collected else None for name in (MUTATION, SUBSCRIPTION))
    kinds = [kind for plugin in plugins for kind in plugin.kinds]
    types = [kind for plugin in plugins for kind in plugin.types]
    try:
        return _StitchedSchema(
            added,
            query=_root(QUERY),
            mutation=mutation,
            subscription=subscription,
            types=[*ENTITY_TYPES, *kinds, *types],
            config=StrawberryConfig(scalar_map=SCALARS),
        )
    except StrawberryException as error:
        raise _translated(error, plugins) from error
    except TypeError as error:  # graphql-core's own words for a broken definition
        raise StitchError(plugins[-1].name, "the stitched schema", str(error), "See the type that it names.") from error


def _root(name: str) -> type:
    own = {"about": strawberry.field(_about, description=_ABOUT)} if name == QUERY else {}
    return strawberry.type(type(name, (), {"__doc__": ROOTS[name], **own}), name=name, description=ROOTS[name])


_ABOUT = "What this graph is, and how to see more of it; open to everybody."


def _about(self: object) -> str:  # a method in Strawberry's sense: computed from its object alone, which the root has none of
    return ABOUT


def _field(spec: FieldSpec, injected: frozenset[type]) -> StrawberryField:
    try:
        returns = spec.returns
        arguments = spec.arguments(injected)
        description = spec.description
    except RegistrationError as error:
        raise StitchError(spec.plugin, error.where, error.problem, error.remedy) from None

    def resolve(*_args: Any, **_given: Any) -> Any:
        raise AssertionError(f"{spec.on}.{spec.name} is run by the engine, for all parents at once")

    parameters = [
        inspect.Parameter(a.name, inspect.Parameter.KEYWORD_ONLY, default=a.default, annotation=a.annotation) for a in arguments
    ]
    positional = [
        inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info),
    ]
    paging = list(_PAGING) if spec.paged else []
    resolve.__signature__ = inspect.Signature([*positional, *parameters, *paging], return_annotation=returns)  # type: ignore[attr-defined]
    resolve.__module__ = spec.function.__module__
    return StrawberryField(
        python_name=spec.function.__name__,
        graphql_name=spec.name,
        type_annotation=StrawberryAnnotation(returns),
        description=description,
        base_resolver=StrawberryResolver(resolve),
    )


def _page_argument(name: str, kind: Any, description: str) -> inspect.Parameter:
    annotation = Annotated[kind, strawberry.argument(description=description)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


_PAGING = (
    _page_argument("first", int | None, f"How many items from the start, 1 to {MAX_PAGE}; give this or `last`."),
    _page_argument("after", str | None, "A cursor: only items after it."),
    _page_argument("last", int | None, f"How many items from the end, 1 to {MAX_PAGE}; give this or `first`."),
    _page_argument("before", str | None, "A cursor: only items before it."),
)


def _translated(error: StrawberryException, plugins: Sequence[Plugin[Any]]) -> StitchError:
    second = getattr(error, "second_cls", None)
    first = getattr(error, "first_cls", None)
    if second is None or first is None:
        return StitchError(plugins[-1].name, "the stitched schema", str(error), "See the type that it names.")
    owners = [_plugin_of_module(cls.__module__, plugins) for cls in (first, second)]
    return StitchError(
        owners[1],
        f"{second.__module__}.{second.__qualname__}",
        f"plugins {owners[0]!r} and {owners[1]!r} both declare a type {error.duplicated_type_name!r}",  # type: ignore[attr-defined]
        "Rename one of them: a type name stands for one thing in the whole graph.",
    )


def _plugin_of_module(module: str, plugins: Sequence[Plugin[Any]]) -> str:
    top = module.partition(".")[0]
    owners = (p for p in reversed(plugins) if any(f.function.__module__.partition(".")[0] == top for f in p.fields))
    return next(owners, plugins[-1]).name


# C. guard


def _coordinates(built: _StitchedSchema, collected: Mapping[type | str, Mapping[str, FieldSpec]]) -> dict[str, FieldSpec]:
    found: dict[str, FieldSpec] = {}
    for kind in _object_types(built):
        origin = _origin(kind)
        bases: list[type | str] = [kind.name] if kind.name in ROOTS else list(origin.__mro__ if origin else ())
        for base in bases:
            found |= {f"{kind.name}.{name}": spec for name, spec in collected.get(base, {}).items()}
    return found


def _guards(
    built: _StitchedSchema, fields: Mapping[str, FieldSpec], permissions: Mapping[str, Permission], loaded: frozenset[str]
) -> dict[str, Guarded]:
    found: dict[str, Guarded] = {}
    for kind in _object_types(built):
        origin = _origin(kind)
        guard = guard_of(origin) if origin else None
        own = {
            built.config.name_converter.from_field(field): field
            for field in (origin.__strawberry_definition__.fields if origin else ())  # type: ignore[attr-defined]
        }
        for name in kind.fields:
            coordinate = f"{kind.name}.{name}"
            if (spec := fields.get(coordinate)) is not None:
                found[coordinate] = Guarded(spec.plugin, spec.permission, spec.action)
            elif guard and guard.permission and name in own and own[name].python_name not in guard.open_fields:
                permission = own[name].metadata.get("permission") or guard.permission
                found[coordinate] = Guarded(_declarer(coordinate, permission, permissions, loaded), permission)
    return found


def _declarer(coordinate: str, permission: str, permissions: Mapping[str, Permission], loaded: frozenset[str]) -> str:
    plugin = permission.partition(".")[0]
    if permission not in permissions and plugin in loaded:
        raise StitchError(plugin, coordinate, f"needs permission {permission!r}, which {plugin!r} doesn't declare", "Declare it.")
    return plugin  # a shared type's plugin may be absent: nobody is granted its permission then


def _object_types(built: _StitchedSchema) -> list[GraphQLObjectType]:
    return [t for t in built._schema.type_map.values() if is_object_type(t) and not t.name.startswith("__")]


def _origin(kind: GraphQLObjectType) -> type | None:
    definition = kind.extensions.get("strawberry-definition")
    return getattr(definition, "origin", None)


def _owner(plugins: Sequence[Plugin[Any]], coordinate: str) -> str:
    name = coordinate.partition(".")[0]
    for plugin in plugins:
        if any(getattr(t, "__name__", "") == name for t in (*plugin.types, *plugin.kinds)):
            return plugin.name
    return plugins[-1].name
