"""The path of a request, on one screen: eight calls in this order, and nothing else."""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callboard_sdk import CallboardError, Viewer

from gateway.auth import Identify, KeysUnavailable, Unauthenticated, challenge
from gateway.execution.executor import execute
from gateway.execution.shape import Response, shape_errors, shape_result
from gateway.execution.turns import Turns
from gateway.planning.cost import Cost, check_cost
from gateway.planning.operation import Documents, Operation, RequestError
from gateway.planning.plans import Plans
from gateway.record import Record
from gateway.settings import LimitSettings
from policies import Policy
from resolvers.batching import RequestContext
from resolvers.deadline import set_deadline
from resolvers.errors import RequestDeadline
from resolvers.plugins import Plugins
from resolvers.usage import Budgets, RateLimited, Usage


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request as it came, whatever carried it. `authorization` has every Authorization header's value."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    authorization: Sequence[str] = ()
    reads_only: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)


class MutationNotAllowed(CallboardError):
    """A mutation came by a method that only reads."""

    code = "METHOD_NOT_ALLOWED"


@dataclass(frozen=True)
class Pipeline:
    """Everything a request passes, made once by the composition root."""

    identify: Identify
    documents: Documents
    plans: Plans
    limits: LimitSettings
    policy: Policy
    plugins: Plugins
    record: Record
    budgets: Budgets
    turns: Turns

    async def answer(self, request: GraphQLRequest) -> Response:
        """The response to one request; whatever goes wrong is in it, nothing is raised for bad input."""
        started = time.perf_counter()
        set_deadline(self.limits.seconds)
        viewer: Viewer | None = None
        operation: Operation | None = None
        try:
            with self.turns.one() as turn:
                viewer = await self.identify(request.authorization)
                operation = self.documents.choose(await self.documents.read(request.query), request.operation_name)
                variables = self.documents.coerce(operation, _allowed(operation, request).variables)
                decisions = self.policy.decide(viewer.roles, operation.coordinates)
                plan = await self.plans.plan(operation, decisions, self.policy.version, variables)
                usage = self.limit(viewer, plan.cost(variables))
                context = RequestContext(self.plugins, viewer, usage, turn.share)
                result = await execute(plan, variables, context, turn, max_nodes=self.limits.nodes)
                response = await shape_result(result, turn, usage.told(request.extensions), max_bytes=self.limits.response_bytes)
        except RequestError as error:
            response = shape_errors(error.errors, error.code)
        except CallboardError as error:
            response = shape_errors([error], error.code, *_status(error))
        except CancelledError:
            self.record.gone(viewer, operation, time.perf_counter() - started)
            raise
        self.record.request(viewer, operation, response, time.perf_counter() - started)
        return response

    def limit(self, viewer: Viewer, cost: Cost) -> Usage:
        """Take what this costs from the viewer's points. Raises LimitExceeded or RateLimited when it is too much."""
        check_cost(cost, self.limits.nodes)
        return self.budgets.spend(viewer.subject, cost.points, cost.nodes)


def _allowed(operation: Operation, request: GraphQLRequest) -> GraphQLRequest:
    if request.reads_only and not operation.is_query:
        raise MutationNotAllowed(f"GET can't run a {operation.kind}: send it by POST")
    if operation.kind == "subscription":
        raise MutationNotAllowed("this gateway has no subscriptions yet: send a query or mutation")
    return request


def _status(error: CallboardError) -> tuple[int | None, Mapping[str, str]]:
    """The HTTP status that says more than the media type's own, and its headers."""
    match error:
        case MutationNotAllowed():
            return 405, {"allow": "POST"}
        case Unauthenticated():
            return 401, {"www-authenticate": challenge(error)}
        case RateLimited(seconds=seconds):
            return 429, {"retry-after": str(seconds)}
        case KeysUnavailable() | RequestDeadline():
            return 503, {}
    return None, {}
