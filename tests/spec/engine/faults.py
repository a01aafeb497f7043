"""Engines that are wrong on purpose, each in one way; the comparison must find every one of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLError, Undefined, execute
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.type import get_nullable_type

from schema.resolution import RESOLUTION, Batched


def executing(executor: type[ExecutorThrowingOnIncremental]) -> Callable[..., Any]:
    return partial(execute, executor_class=executor)


def spoiling(spoil: Callable[[ExecutionResult], ExecutionResult]) -> Callable[..., Any]:
    async def later(result: Any) -> ExecutionResult:
        return spoil(await result)

    def run(*args: Any) -> Any:
        result = execute(*args)
        return later(result) if inspect.isawaitable(result) else spoil(result)

    return run


def wrapping(middleware: Callable[..., Any]) -> Callable[..., Any]:
    return partial(execute, middleware=[middleware])


def shifted(error: GraphQLError) -> GraphQLError:
    """The error, one item further in the last list of its path."""
    path = list(error.path or ())
    for place in reversed(range(len(path))):
        if isinstance(path[place], int):
            path[place] += 1
            break
    return GraphQLError(error.message, error.nodes, path=path, extensions=error.extensions)


def with_errors(change: Callable[[list[GraphQLError]], list[GraphQLError]]) -> Callable[..., Any]:
    return spoiling(lambda result: ExecutionResult(result.data, change(result.errors) if result.errors else None))


def backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value


class NoPropagation(ExecutorThrowingOnIncremental):
    def handle_field_error(self, raw_error: Any, return_type: Any, field_details_list: Any, path: Any) -> None:
        super().handle_field_error(raw_error, get_nullable_type(return_type), field_details_list, path)


class UncheckedLeaves(ExecutorThrowingOnIncremental):
    @staticmethod
    def complete_leaf_value(return_type: Any, result: Any) -> Any:
        return result if isinstance(result, str | int | float) else return_type.coerce_output_value(result)


class ExceptionsAreNull(ExecutorThrowingOnIncremental):
    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, context: Any) -> Any:
        result = None if isinstance(result, Exception) else result
        return super().complete_value(return_type, details, info, path, result, context)


class AnyRuntimeType(ExecutorThrowingOnIncremental):
    def ensure_valid_runtime_type(self, name: Any, return_type: Any, details: Any, info: Any, result: Any) -> Any:
        found = self.schema.get_type(name) if isinstance(name, str) else None
        return (
            found if hasattr(found, "is_type_of") else super().ensure_valid_runtime_type(name, return_type, details, info, result)
        )


class FirstNodeOnly(ExecutorThrowingOnIncremental):
    def execute_field(self, parent_type: Any, source: Any, details: Any, path: Any, context: Any) -> Any:
        return super().execute_field(parent_type, source, details[:1], path, context)


class LosesAsyncItems(ExecutorThrowingOnIncremental):
    async def complete_async_iterator_value(self, *args: Any) -> Any:
        return (await super().complete_async_iterator_value(*args))[1:]


class ParallelMutations(ExecutorThrowingOnIncremental):
    def execute_fields_serially(self, *args: Any) -> Any:
        return self.execute_fields(*args)


def twice_on_error(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
    result = resolve(source, info, **arguments)
    return resolve(source, info, **arguments) if isinstance(result, Exception) else result


def one_by_one(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
    """Loads a batch field parent by parent."""
    resolution = info.parent_type.fields[info.field_name].extensions.get(RESOLUTION)
    if not isinstance(resolution, Batched):
        return resolve(source, info, **arguments)
    items = resolution.load(info.context, [source], arguments)
    return first(items) if inspect.isawaitable(items) else items[0]


async def first(items: Any) -> Any:
    return (await items)[0]


def without_nulls(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
    return resolve(source, info, **{name: value for name, value in arguments.items() if value not in (None, Undefined)})


FAULTS: dict[str, Callable[..., Any]] = {
    "a list's index in a path is one too high": with_errors(lambda errors: [shifted(error) for error in errors]),
    "errors come in the opposite order": with_errors(lambda errors: errors[::-1]),
    "only the first error is told": with_errors(lambda errors: errors[:1]),
    "errors have no extensions": with_errors(lambda errors: [GraphQLError(e.message, e.nodes, path=e.path) for e in errors]),
    "fields come in the opposite order": spoiling(lambda r: ExecutionResult(backwards(r.data), r.errors)),
    "null does not propagate": executing(NoPropagation),
    "leaves are not checked": executing(UncheckedLeaves),
    "an exception as a value is null": executing(ExceptionsAreNull),
    "any object type will do for an abstract one": executing(AnyRuntimeType),
    "fields are not merged": executing(FirstNodeOnly),
    "an async list loses its first item": executing(LosesAsyncItems),
    "mutations run in parallel": executing(ParallelMutations),
    "a resolver that gave an error is asked again": wrapping(twice_on_error),
    "a batch field is loaded parent by parent": wrapping(one_by_one),
    "an argument that is null is left out": wrapping(without_nulls),
}
