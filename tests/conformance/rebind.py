"""A pytest plugin that puts the engine under judgement in the place of graphql-core's, before the tests import anything.

What it counts for each test: operations run by the engine, operations that graphql-core ran inside of those (fallbacks),
and operations that graphql-core ran by another door (none of our business: incremental delivery). The count is taken from
graphql-core's own Executor, not from what the engine says of itself.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import graphql
import graphql.execution
import pytest
from graphql.execution import Executor
from graphql.harness import default_harness

judged = importlib.import_module(os.environ["CALLBOARD_ENGINE"])
inside: ContextVar[bool] = ContextVar("inside", default=False)
seen: dict[str, dict[str, int]] = defaultdict(lambda: {"engine": 0, "fallbacks": 0, "elsewhere": 0})
running = "import"


def judge(ours: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    """`ours`, counted, with positional arguments given their names by `theirs`'s signature."""
    signature = inspect.signature(theirs)

    @functools.wraps(theirs)
    def run(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs).arguments
        bound |= bound.pop("custom_context_args", {})
        seen[running]["engine"] += 1
        with _inside():
            result = ours(**bound)
        return _finish(result) if inspect.isawaitable(result) else result

    return run


async def _finish(result: Any) -> Any:
    with _inside():
        return await result


@contextmanager
def _inside() -> Iterator[None]:
    token = inside.set(True)
    try:
        yield
    finally:
        inside.reset(token)


def counted(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        seen[running]["fallbacks" if inside.get() else "elsewhere"] += 1
        return method(*args, **kwargs)

    return run


def rebind() -> None:
    """From here on, `graphql.execute` and its relatives are the engine's wherever a test imports them from."""
    execute = judge(judged.execute, graphql.execution.execute)
    execute_sync = judge(judged.execute_sync, graphql.execution.execute_sync)
    harness = default_harness._replace(execute=execute)
    doors = {
        "execute": execute,
        "execute_sync": execute_sync,
        "graphql": functools.partial(graphql.graphql, harness=harness),
        "graphql_sync": functools.partial(graphql.graphql_sync, harness=harness),
    }
    for module in (graphql, graphql.execution):
        for name, door in doors.items():
            if hasattr(module, name):
                setattr(module, name, door)
    event = judge(judged.execute_subscription_event, graphql.execution.execute_subscription_event)
    mapped = functools.partial(graphql.execution.map_source_to_response_event, root_selection_set_executor=event)
    sys.modules["graphql.execution.execute"].map_source_to_response_event = mapped  # where `subscribe` looks for it
    Executor.execute_operation = counted(Executor.execute_operation)  # type: ignore[method-assign]


rebind()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    global running
    running = item.nodeid
    seen[running]
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    outcomes = seen[report.nodeid].setdefault("outcomes", [])  # type: ignore[arg-type]
    outcomes.append(report.outcome)  # type: ignore[attr-defined]


def pytest_sessionfinish() -> None:
    Path(os.environ["CONFORMANCE_REPORT"]).write_text(json.dumps({k: v for k, v in seen.items() if "outcomes" in v}))
