"""Schemas for tests of execution: SDL, with how each field's value is got, run by the engine and by graphql-core."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLObjectType, GraphQLSchema, build_schema, execute, parse
from graphql.pyutils import is_awaitable

from gateway.execution import graphql as engine
from schema.resolution import RESOLUTION, Attribute, Batched, Method, Resolution

How = Resolution | Callable[..., Any]
"""How a field's value is got: a resolution, or an ordinary resolver."""


def schema_of(sdl: str, how: Mapping[str, How] | None = None) -> GraphQLSchema:
    """A schema whose fields are got as `how` says by coordinate; the others are attributes of their parents.

    Each resolution comes with the ordinary resolver that does the same value by value, for graphql-core.
    """
    schema = build_schema(sdl)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                given = (how or {}).get(f"{kind.name}.{name}", Attribute(name))
                if isinstance(given, Attribute | Method | Batched):
                    field.extensions[RESOLUTION] = given
                    field.resolve = resolver_of(given)
                else:
                    field.resolve = given
    return schema


def resolver_of(resolution: Resolution) -> Callable[..., Any]:
    """An ordinary resolver that gives what the resolution does."""
    match resolution:
        case Attribute(name):
            return lambda parent, info: getattr(parent, name)
        case Method(call):
            return lambda parent, info: call(parent)
        case Batched(load):

            def resolve(parent: Any, info: Any, **arguments: Any) -> Any:
                values = load(info.context, [parent], arguments)
                return first(values) if is_awaitable(values) else values[0]

            return resolve


async def first(values: Any) -> Any:
    return (await values)[0]


parsed = functools.cache(parse)


async def by_engine(schema: GraphQLSchema, document: str, root: Any = None, **options: Any) -> ExecutionResult:
    """The engine's result."""
    result = engine.execute(schema, parsed(document), root, **options)
    return await result if inspect.isawaitable(result) else result


async def by_graphql_core(schema: GraphQLSchema, document: str, root: Any = None, **options: Any) -> ExecutionResult:
    """graphql-core's result."""
    result = execute(schema, parsed(document), root, **options)
    return await result if inspect.isawaitable(result) else result  # type: ignore[return-value]


def shown(result: ExecutionResult) -> dict[str, Any]:
    """The result with the class of each value, so that 1, 1.0 and True are told apart."""
    return {"data": classes(result.data), "errors": [error_shown(error) for error in result.errors or ()]}


def classes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: classes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [classes(item) for item in value]
    return f"{type(value).__qualname__} {value!r}"


def error_shown(error: GraphQLError) -> Any:
    original = error.original_error
    if type(original) is TypeError and isinstance(original.__cause__, GraphQLError):
        original = original.__cause__  # the engine tells by the class whose fault it is, and has graphql-core's own as its cause
    return {**error.formatted, "original": repr(original)}
