"""The path of a request, on one screen: eight calls in this order, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callboard_sdk import CallboardError, Viewer

from gateway.auth import Identify, KeysUnavailable, Unauthenticated, challenge
from gateway.execution.executor import execute
from gateway.execution.shape import Response, shape_errors, shape_result
from gateway.planning.limits import check_limits
from gateway.planning.operation import Documents, Operation, RequestError
from gateway.planning.plans import Plans
from gateway.record import Record
from gateway.settings import LimitSettings
from policies import Policy
from resolvers.batching import RequestContext
from resolvers.deadline import set_deadline
from resolvers.plugins import Plugins


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request as it came, whatever carried it. `authorization` has every Authorization header's value."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    authorization: Sequence[str] = ()
    reads_only: bool = False


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

    async def answer(self, request: GraphQLRequest) -> Response:
        """The response to one request; whatever goes wrong is in it, nothing is raised for bad input."""
        started = time.perf_counter()
        set_deadline(self.limits.seconds)
        viewer: Viewer | None = None
        operation: Operation | None = None
        try:
            viewer = await self.identify(request.authorization)
            operation = self.documents.choose(self.documents.read(request.query), request.operation_name)
            _check_method(operation, request)
            check_limits(operation.size, depth=self.limits.depth, fields=self.limits.fields, aliases=self.limits.aliases)
            decisions = self.policy.decide(viewer.roles, operation.coordinates)
            variables = self.documents.coerce(operation, request.variables)
            plan = self.plans.plan(operation, decisions, self.policy.version, variables)
            result = await execute(plan, variables, RequestContext(self.plugins, viewer))
            response = shape_result(result)
        except RequestError as error:
            response = shape_errors(error.errors, error.code)
        except MutationNotAllowed as error:
            response = shape_errors([error], error.code, 405, allow="POST")
        except CallboardError as error:
            response = _refused(error)
        self.record.request(viewer, operation, response, time.perf_counter() - started)
        return response


def _check_method(operation: Operation, request: GraphQLRequest) -> None:
    if request.reads_only and not operation.is_query:
        raise MutationNotAllowed(f"GET can't run a {operation.kind}: send it by POST")
    if operation.kind == "subscription":
        raise MutationNotAllowed("this gateway has no subscriptions yet: send a query or mutation")


def _refused(error: CallboardError) -> Response:
    if isinstance(error, Unauthenticated):
        return shape_errors([error], error.code, 401, **{"www-authenticate": challenge(error)})
    return shape_errors([error], error.code, 503 if isinstance(error, KeysUnavailable) else None)
