"""Runs a Plan. The gateway knows only the protocol `Execute`; graphql-core's executor stands behind it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from callboard_sdk import CallboardError
from graphql import ExecutionResult, GraphQLObjectType, GraphQLSchema, execute
from graphql.execution import Executor

from gateway.planning.plan import Plan
from policies import Decision
from resolvers.batching import RequestContext


class Forbidden(CallboardError):
    """The viewer's roles don't grant this coordinate; `decisionId` is what to name when asking why."""

    code = "FORBIDDEN"

    def __init__(self, decision: Decision) -> None:
        super().__init__(
            f"You may not read {decision.coordinate}: ask for access with decision {decision.id}.",
            coordinate=decision.coordinate,
            decisionId=decision.id,
        )


class Execute(Protocol):
    """Anything that runs a plan for a request."""

    async def __call__(self, plan: Plan, variables: Mapping[str, Any], context: RequestContext) -> ExecutionResult:
        """Data and errors; never raises for what a resolver did."""
        ...


@dataclass(frozen=True)
class _Run:
    """What graphql-core hands to resolvers as context: ours, and the plan's denials for the executor."""

    context: RequestContext
    denied: Mapping[str, Decision]

    async def resolve(self, *call: Any) -> Any:
        return await self.context.resolve(*call)


class _GuardedExecutor(Executor[Any]):
    """graphql-core's executor, which leaves out the fields that the plan leaves out."""

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Any, position_context: Any
    ) -> Any:
        name = field_details_list[0].node.name.value
        decision = self.context_value.denied.get(f"{parent_type.name}.{name}")
        if decision is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        field = parent_type.fields[name]
        self.handle_field_error(Forbidden(decision), field.type, field_details_list, path)
        return None


def graphql_core(schema: GraphQLSchema) -> Execute:
    """Field-by-field execution by graphql-core (GraphQL spec, section 6)."""

    async def run(plan: Plan, variables: Mapping[str, Any], context: RequestContext) -> ExecutionResult:
        name = plan.operation.definition.name
        result = execute(
            schema,
            plan.operation.document.node,
            context_value=_Run(context, plan.denied),
            variable_values=dict(variables),
            operation_name=name.value if name else None,
            executor_class=_GuardedExecutor,
            hide_suggestions=True,
        )
        return await result if inspect.isawaitable(result) else result

    return run
