"""The path of a request, on one screen: eight calls in this order. What is large goes to the lane, which makes the same calls."""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callboard_sdk import CallboardError, EntityRef, Viewer
from graphql.execution import VariableValues

from gateway.administration import Office
from gateway.auth import Identify, KeysUnavailable, OperationNotAllowed, Permit, Unauthenticated, challenge
from gateway.execution.executor import execute
from gateway.execution.refused import NOTHING_REFUSED, Refused, refused
from gateway.execution.shape import Response, shape_errors, shape_result
from gateway.execution.sight import Sight, sight_of
from gateway.execution.turns import Turn, Turns
from gateway.lane.ask import Lane
from gateway.lane.frames import Asked
from gateway.logs import request_id
from gateway.notes import Notes
from gateway.planning.cost import Cost, check_cost
from gateway.planning.operation import Documents, Facts, Operation, RequestError
from gateway.planning.plan import Plan
from gateway.planning.plans import Plans
from gateway.planning.visible import Visible, VisibleSchemas
from gateway.record import Record
from gateway.request import GraphQLRequest
from gateway.settings import LimitSettings
from policies import Policies, Policy
from resolvers.asking import asking, groups_above
from resolvers.batching import RequestContext
from resolvers.deadline import remaining, set_deadline
from resolvers.errors import RequestDeadline, RolesUnknown
from resolvers.plugins import Plugins
from resolvers.usage import Budgets, RateLimited, Usage
from schema import KnownPredicate


class MutationNotAllowed(CallboardError):
    """A mutation came by a method that only reads."""

    code = "METHOD_NOT_ALLOWED"


class StreamNeeded(CallboardError):
    """A subscription came by a way that takes one response."""

    code = "STREAM_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "a subscription has many responses: send it with `Accept: text/event-stream`, or by websocket with the subprotocol"
            " graphql-transport-ws"
        )


Charge = Callable[[Viewer, Cost], Usage]
"""Takes what an operation costs from the viewer's points."""


@dataclass(slots=True)
class Seen:
    """What is known of a request so far, for the record."""

    viewer: Viewer | None = None
    operation: Operation | None = None
    decided: Facts | None = None
    policy: Policy | None = None
    refused: Refused = NOTHING_REFUSED


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation that is planned for its viewer under one version of the rules, and not run yet."""

    viewer: Viewer
    rules: Office
    operation: Operation
    variables: VariableValues
    plan: Plan


@dataclass(frozen=True)
class Pipeline:
    """Everything a request passes, made once by the composition root."""

    identify: Identify
    permit: Permit
    documents: Documents
    schemas: VisibleSchemas
    plans: Plans
    limits: LimitSettings
    policies: Policies
    office: Office
    predicates: Mapping[str, KnownPredicate]
    plugins: Plugins
    record: Record
    notes: Notes
    budgets: Budgets
    turns: Turns
    lane: Lane

    async def answer(self, request: GraphQLRequest) -> Response:
        """The response to one request; whatever goes wrong is in it, nothing is raised for bad input."""
        started = time.perf_counter()
        set_deadline(self.limits.seconds)
        seen = Seen()
        try:
            response = await shaped(self._answer(request, seen))
        except CancelledError:
            self.note(seen)
            self.record.gone(seen.viewer, seen.operation, time.perf_counter() - started)
            raise
        self.note(seen)
        self.record.request(seen.viewer, seen.operation, response, time.perf_counter() - started)
        return response

    async def admit(self, viewer: Viewer, policy: Policy) -> Viewer:
        """The viewer with all its groups and roles, those as a member among them; of a token, what it may have of its owner's."""
        who = viewer.token.owner if viewer.token else viewer
        groups = await self._groups(who, policy)
        roles = policy.roles_of(who, groups)
        if viewer.token is not None:
            roles = policy.limited(viewer.token.roles, roles)
        return viewer if (roles, groups) == (viewer.roles, viewer.groups) else replace(viewer, roles=roles, groups=groups)

    async def _groups(self, viewer: Viewer, policy: Policy) -> frozenset[EntityRef]:
        try:
            return await groups_above(self.plugins, viewer)
        except RolesUnknown:
            if policy.asks_groups:
                raise
            return viewer.groups

    async def _answer(self, request: GraphQLRequest, seen: Seen) -> Response:
        rules = self.rules()
        policy = seen.policy = rules.policy
        viewer = seen.viewer = await self.admit(await self.identify(request.authorization, request.session), policy)
        self.permit(viewer, request.query)
        if self.lane.takes_text(request.query) and not self.documents.knows(request.query):
            asked = _asked(request, viewer, policy, self.budgets.left(viewer), paid=False)
            if (told := await self.lane.answer(asked)) is not None:
                self.budgets.book(viewer, told.points)
                seen.decided, seen.refused = told.decided, told.refused
                return told.response
        return await self.run(viewer, rules, request, self.charge, seen)

    def rules(self) -> Office:
        """The version of the rules in force now, which a request keeps to its end, and what tells of it."""
        return self.office.under(self.policies.current)

    async def run(self, viewer: Viewer, rules: Office, request: GraphQLRequest, charge: Charge, seen: Seen) -> Response:
        """From document to response under one version of the rules. Raises CallboardError for what can't be run at all."""
        policy = rules.policy
        with self.turns.one() as turn:
            ready = await self.ready(viewer, rules, request, seen)
            if ready.operation.kind == "subscription":
                raise StreamNeeded
            usage = charge(viewer, ready.plan.cost(ready.variables))
            if ready.operation.is_query and self.lane.takes(usage.nodes):
                told = await self.lane.answer(_asked(request, viewer, policy, usage, paid=True))
                if told is not None:
                    seen.refused = told.refused
                    return told.response
            sight = await self.sight(policy, viewer, ready.plan)
            return await self.executed(ready, self.context(ready, usage, turn, sight), turn, sight, request, seen)

    async def ready(self, viewer: Viewer, rules: Office, request: GraphQLRequest, seen: Seen) -> Ready:
        """From document to plan. Raises CallboardError for what can't be run at all."""
        policy = rules.policy
        visible = self.visible(policy, viewer.roles)
        document = await self.documents.read(request.query, visible, own=request.own)
        operation = self.documents.choose(document, request.operation_name)
        seen.operation = operation
        variables = await self.documents.coerce(operation, _allowed(operation, request).variables, visible, own=request.own)
        decisions = policy.decide(viewer.roles, operation.coordinates)
        seen.decided = operation.facts
        plan = await self.plans.plan(operation, decisions, policy.version, variables, visible)
        return Ready(viewer, rules, operation, variables, plan)

    def context(self, ready: Ready, usage: Usage, turn: Turn, sight: Sight) -> RequestContext:
        """What the resolvers of one execution share."""
        seen = sight.access, sight.opens, ready.rules, sight.readable
        return RequestContext(self.plugins, ready.viewer, usage, turn.share, *seen, apart=not ready.plan.open)

    async def executed(
        self,
        ready: Ready,
        context: RequestContext,
        turn: Turn,
        sight: Sight,
        request: GraphQLRequest,
        seen: Seen,
        root: Any = None,
    ) -> Response:
        """The response of a plan; `root` is a subscription's event."""
        result = await execute(ready.plan, ready.variables, context, turn, sight, max_nodes=self.limits.nodes, root=root)
        seen.refused = refused(result, context)
        told = context.usage.told(request.extensions)
        return await shape_result(result, turn, told, max_bytes=self.limits.response_bytes)

    def visible(self, policy: Policy, roles: frozenset[str]) -> Visible:
        """What a viewer with these roles may use."""
        return Visible(self.schemas, policy, roles)

    async def sight(self, policy: Policy, viewer: Viewer, plan: Plan) -> Sight:
        """What the viewer sees of the plan's entities: the decisions' conditions bound to it, once a request."""
        return sight_of(
            plan, {} if plan.open else await policy.bind(plan.decisions, asking(self.plugins, self.predicates, viewer))
        )

    def note(self, seen: Seen) -> None:
        """Keep what was decided."""
        if seen.viewer and seen.policy and seen.decided:
            self.notes.decided(seen.viewer, seen.decided, seen.policy, seen.refused)

    def charge(self, viewer: Viewer, cost: Cost) -> Usage:
        """Take what this costs from the viewer's points. Raises LimitExceeded or RateLimited when it is too much."""
        check_cost(cost, self.limits.nodes)
        return self.budgets.spend(viewer, cost.points, cost.nodes)


async def shaped(answering: Awaitable[Response]) -> Response:
    """The response, or the one that tells why there is none."""
    try:
        return await answering
    except CallboardError as error:
        return refusal(error)


def refusal(error: CallboardError) -> Response:
    """The response that tells why there is none."""
    if isinstance(error, RequestError):
        return shape_errors(error.errors, error.code)
    return shape_errors([error], error.code, *_status(error))


def _asked(request: GraphQLRequest, viewer: Viewer, policy: Policy, usage: Usage, *, paid: bool) -> Asked:
    return Asked(
        query=request.query,
        operation_name=request.operation_name,
        variables=request.variables,
        extensions=request.extensions,
        own=request.own,
        reads_only=request.reads_only,
        viewer=viewer,
        usage=usage,
        paid=paid,
        seconds=remaining() or 0.0,
        request_id=request_id.get(),
        version=policy.version,
    )


def _allowed(operation: Operation, request: GraphQLRequest) -> GraphQLRequest:
    if request.reads_only and operation.kind == "mutation":
        raise MutationNotAllowed("GET can't run a mutation: send it by POST")
    return request


def _status(error: CallboardError) -> tuple[int | None, Mapping[str, str]]:
    """The HTTP status that says more than the media type's own, and its headers."""
    match error:
        case MutationNotAllowed():
            return 405, {"allow": "POST"}
        case StreamNeeded():
            return 406, {}
        case OperationNotAllowed():
            return 403, {}
        case Unauthenticated():
            return 401, {"www-authenticate": challenge(error)}
        case RateLimited(seconds=seconds):
            return 429, {"retry-after": str(seconds)}
        case KeysUnavailable() | RequestDeadline() | RolesUnknown():
            return 503, {}
    return None, {}
