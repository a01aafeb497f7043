"""An engine that is wrong on purpose: it reports only the first error. A judge that lets it pass is no judge."""

from __future__ import annotations

import inspect
from typing import Any

from graphql.execution import ExecutionResult
from graphql.execution import execute as right
from graphql.execution import execute_subscription_event as right_event
from graphql.execution import execute_sync as right_sync


def execute(*args: Any, **kwargs: Any) -> Any:
    result = right(*args, **kwargs)
    return _later(result) if inspect.isawaitable(result) else _spoil(result)


def execute_sync(*args: Any, **kwargs: Any) -> ExecutionResult:
    return _spoil(right_sync(*args, **kwargs))


def execute_subscription_event(executor: Any) -> Any:
    result = right_event(executor)
    return _later(result) if inspect.isawaitable(result) else _spoil(result)


async def _later(result: Any) -> ExecutionResult:
    return _spoil(await result)


def _spoil(result: ExecutionResult) -> ExecutionResult:
    return ExecutionResult(result.data, result.errors[:1] if result.errors else result.errors)
