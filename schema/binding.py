"""Tells the engine how each field of the stitched schema is got, by `schema.resolution`.

A plugin's field is one call for all parents; a method that computes from its object alone is called as it is; what
a type stores is read as an attribute. Whatever Strawberry does more than that for a field (permission classes, field
extensions, an `info` parameter, an asynchronous method) stays an ordinary resolver.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, get_type_hints

import strawberry
from callboard_sdk import Access, Catalog, Readable
from callboard_sdk.connections import Page
from callboard_sdk.fields import FieldSpec
from callboard_sdk.filtering import filters_of, member_filters
from callboard_sdk.streams import StreamSpec
from callboard_sdk.types import hints, is_typed
from graphql import GraphQLField, GraphQLSchema, is_enum_type, is_input_object_type, is_object_type
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryContainer, StrawberryMaybe
from strawberry.types.field import StrawberryField

from .resolution import FILTERS, RESOLUTION, TYPED, Attribute, Batched, Method, Resolution, Streamed

PAGING = ("first", "after", "last", "before")
"""The arguments that say which page of a list is asked for."""
_Convert = Callable[[Mapping[str, Any]], dict[str, Any]]


class FieldLoader(Protocol):
    """What a request's context offers the schema: calling one plugin field for all its parents."""

    access: Access

    def load(self, spec: FieldSpec, parents: Sequence[Any], arguments: Mapping[str, Any]) -> Awaitable[Sequence[Any]]:
        """The field's value for each parent, in their order; an item that is an exception fails alone."""
        ...


def bind(built: strawberry.Schema, fields: Mapping[str, FieldSpec]) -> None:
    """Give each field of the schema its resolution, and each input what it filters by. `fields` are the plugins' own, by
    coordinate.
    """
    _tell_filters(built._schema)
    for kind in built._schema.type_map.values():
        if not is_object_type(kind) or kind.name.startswith("__"):
            continue
        origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
        if origin is not None and is_typed(origin):
            kind.extensions[TYPED] = True
        for name, field in kind.fields.items():
            declared = field.extensions.get("strawberry-definition")
            if isinstance(declared, StrawberryField):
                spec = fields.get(f"{kind.name}.{name}")
                _set(field, _resolution(built, origin, declared, spec))
                _tell_arguments(field, spec, declared)


def _set(field: GraphQLField, resolution: Resolution | None) -> None:
    if resolution is not None:
        field.extensions[RESOLUTION] = resolution


def _tell_arguments(field: GraphQLField, spec: FieldSpec | None, declared: StrawberryField) -> None:
    if spec is not None:
        annotations = {name: argument.annotation for name, argument in spec.parameters.items()}
        if spec.paged:
            annotations |= dict.fromkeys(PAGING, annotations[spec.paged])  # its cursors hold what the list is ordered by
    else:
        resolver = declared.base_resolver
        annotations = hints(resolver.wrapped_func) if resolver is not None and callable(resolver.wrapped_func) else {}
    for argument in field.args.values():
        python_name = getattr(argument.extensions.get("strawberry-definition"), "python_name", "")
        if found := filters_of(annotations.get(python_name)):
            argument.extensions[FILTERS] = found


def _tell_filters(schema: GraphQLSchema) -> None:
    """Of each input type's fields, and of each enum's values, what they filter by."""
    for kind in schema.type_map.values():
        definition = kind.extensions.get("strawberry-definition")
        if definition is None:
            continue
        if is_input_object_type(kind):
            annotations = get_type_hints(definition.origin, include_extras=True)
            for given in kind.fields.values():
                declared = given.extensions["strawberry-definition"]
                if found := filters_of(annotations.get(declared.python_name)):
                    given.extensions[FILTERS] = found
        elif is_enum_type(kind):
            for name, value in kind.values.items():
                if found := member_filters(definition.wrapped_cls, name):
                    value.extensions[FILTERS] = found


def _resolution(
    built: strawberry.Schema, origin: type | None, field: StrawberryField, spec: FieldSpec | None
) -> Resolution | None:
    convert = _converter(built, field)
    if isinstance(spec, StreamSpec):
        return Streamed(spec, convert)
    if spec is not None:
        asked = {argument.annotation for argument in spec.parameters.values() if isinstance(argument.annotation, type)}
        filtered = not asked.isdisjoint({Access, Catalog})
        load, name = _plugin_field(spec, convert), f"{spec.plugin}.{spec.name}"
        return Batched(load, name, spec.asks, filtered, spec.paged is not None, Readable in asked)
    if field.is_basic_field:
        return _stored(origin, field.python_name)
    return _computed(field, convert)


def _plugin_field(spec: FieldSpec, convert: _Convert) -> Callable[[FieldLoader, Sequence[Any], Mapping[str, Any]], Any]:
    def load(
        context: FieldLoader, parents: Sequence[Any], arguments: Mapping[str, Any], *, counted: bool = True
    ) -> Awaitable[Sequence[Any]]:
        given = convert(arguments)
        if spec.paged:
            first, after, last, before = (given.pop(name, None) for name in PAGING)
            given[spec.paged] = Page.checked(first, after, last, before, context.access, counted=counted)
        return context.load(spec, parents, given)

    return load


def _stored(origin: type | None, name: str) -> Resolution:
    found = inspect.getattr_static(origin, name, None)
    if hasattr(type(found), "__get__") and not inspect.ismemberdescriptor(found):  # a property, or the like of it
        return Method(lambda parent: getattr(parent, name))
    return Attribute(name)


def _computed(field: StrawberryField, convert: _Convert) -> Resolution | None:
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.is_async or resolver.info_parameter or not resolver.self_parameter:
        return None
    function = resolver.wrapped_func
    assert callable(function)
    if not field.arguments:
        return Method(function)

    def load(_context: Any, parents: Sequence[Any], arguments: Mapping[str, Any]) -> Sequence[Any]:
        given = convert(arguments)
        return [_item(function, parent, given) for parent in parents]

    return Batched(load)


def _item(function: Callable[..., Any], parent: Any, given: Mapping[str, Any]) -> Any:
    try:
        return function(parent, **given)
    except Exception as error:
        return error


def _converter(built: strawberry.Schema, field: StrawberryField) -> _Convert:
    """From coerced GraphQL arguments to what Python functions take: their names, and input types as their classes."""
    converter = built.schema_converter
    name_of = converter.config.name_converter.from_argument

    @cache
    def renamed() -> Mapping[str, str] | None:
        """The Python name of each argument, when a name is all that changes."""
        plain = all(_unchanged(argument.type) for argument in field.arguments)
        return {name_of(argument): argument.python_name for argument in field.arguments} if plain else None

    def convert(arguments: Mapping[str, Any]) -> dict[str, Any]:
        if (names := renamed()) is not None:
            return {names[name]: _own(value) for name, value in arguments.items()}
        return convert_arguments(dict(arguments), field.arguments, converter.scalar_registry, converter.config)

    return convert


def _own(value: Any) -> Any:
    """The value, its lists made anew: what one call does to them is no other's business."""
    return [_own(item) for item in value] if isinstance(value, list) else value


def _unchanged(kind: Any) -> bool:
    """Whether values of this argument type are handed on as GraphQL coerced them."""
    while isinstance(kind, StrawberryContainer) and not isinstance(kind, StrawberryMaybe):
        kind = kind.of_type
    return kind in (str, int, float, bool, strawberry.ID)
