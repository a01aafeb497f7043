"""The engine behind graphql-core's own signatures: any schema, any document, planned for this one run.

The gateway keeps plans and runs them itself; this is for what speaks graphql-core: conformance tests, schemas made
by Strawberry alone, tools.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, OperationDefinitionNode, assert_valid_schema
from graphql.execution import Executor, VariableValues

from gateway.planning.plan import Plan
from gateway.planning.planner import Deferred, Planner
from gateway.planning.reach import Reach
from gateway.planning.ruling import Ruling

from .executor import Execution
from .tasks import abandon, resume


def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    field_resolver: Callable[..., Any] | None = None,
    type_resolver: Callable[..., Any] | None = None,
    *,
    is_awaitable: Callable[[Any], Any] | None = None,
    is_async_iterable: Callable[[Any], Any] | None = None,
    max_coercion_errors: int = 50,
    hide_suggestions: bool = False,
    **options: Any,
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """The result, or an awaitable of it when something in it had to be awaited (GraphQL spec, section 6.1).

    Raises TypeError for an option of graphql-core's that would change how things run there (middleware, hooks, an
    executor class): the engine has none of these.
    """
    _refuse(options)
    built = Executor.build(
        schema,
        document,
        raw_variable_values=dict(variable_values or {}),
        operation_name=operation_name,
        max_coercion_errors=max_coercion_errors,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(built, list):
        return ExecutionResult(None, built)
    try:
        plan = plan_for(schema, built, field_resolver, hide_suggestions=hide_suggestions)
    except Deferred:
        raise
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    execution = Execution(
        plan,
        built.variable_values,
        context_value,
        root_value,
        type_resolver=type_resolver,
        is_awaitable=is_awaitable,
        is_async_iterable=is_async_iterable,
        hide_suggestions=hide_suggestions,
    )
    return start(execution.run())


def execute_subscription_event(executor: Executor[Any]) -> ExecutionResult | Awaitable[ExecutionResult]:
    """The result for one event, which is the root value (GraphQL spec, section 6.2.3.2).

    It is what graphql-core's `map_source_to_response_event` takes as `root_selection_set_executor`.
    """
    try:
        plan = plan_for(executor.schema, executor, executor.field_resolver, hide_suggestions=executor.hide_suggestions)
    except Deferred:
        raise
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    execution = Execution(
        plan,
        executor.variable_values,
        executor.context_value,
        executor.root_value,
        type_resolver=executor.type_resolver,
        is_awaitable=executor.is_awaitable,
        is_async_iterable=executor.is_async_iterable,
        hide_suggestions=executor.hide_suggestions,
    )
    return start(execution.run())


def execute_sync(
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    field_resolver: Callable[..., Any] | None = None,
    type_resolver: Callable[..., Any] | None = None,
    *,
    check_sync: bool | Callable[[Any], Any] = False,
    max_coercion_errors: int = 50,
    hide_suggestions: bool = False,
    **options: Any,
) -> ExecutionResult:
    """The result at once. Raises RuntimeError when something had to be awaited, which is looked for with `check_sync`."""
    told = check_sync if callable(check_sync) else None if check_sync else _never
    with suppress(Deferred):
        result = execute(
            schema,
            document,
            root_value,
            context_value,
            variable_values,
            operation_name,
            field_resolver,
            type_resolver,
            is_awaitable=told,
            is_async_iterable=None if check_sync else _never,
            max_coercion_errors=max_coercion_errors,
            hide_suggestions=hide_suggestions,
            **options,
        )
        if isinstance(result, ExecutionResult):
            return result
        abandon([result])
    raise RuntimeError("GraphQL execution failed to complete synchronously.")


def plan_for(
    schema: GraphQLSchema,
    built: Executor[Any],
    field_resolver: Callable[..., Any] | None = None,
    *,
    hide_suggestions: bool = False,
) -> Plan:
    """The plan of an operation that graphql-core has chosen, with its variables, without any decisions."""
    operation: OperationDefinitionNode = built.operation
    variables: VariableValues = built.variable_values
    assert_valid_schema(schema)
    planner = Planner(
        schema,
        operation,
        built.fragments,
        variables,
        Ruling(schema, {}, Reach(schema)),
        field_resolver=field_resolver,
        hide_suggestions=hide_suggestions,
    )
    return Plan(schema, schema, operation, built.fragment_definitions, planner.root())


def start(run: Coroutine[Any, Any, ExecutionResult]) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Step a run once: most runs without asynchronous resolvers are over then."""
    try:
        waiting_for = run.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    return _go_on(run, waiting_for)


async def _go_on(run: Coroutine[Any, Any, ExecutionResult], waiting_for: Any) -> ExecutionResult:
    return await resume(run, waiting_for)


def _refuse(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if value:
            raise TypeError(f"the engine has no {name}: leave it out")


def _never(_value: Any) -> bool:
    return False
