"""One response stream (GraphQL spec, section 6.2.3.2): it asks again who listens, and what that viewer may, for every event.

A. who      the credentials that it was opened with, looked at again
B. may      the operation planned anew: by then other rules may be in force
C. shown    what of the event is for this viewer; of what it may not see it isn't told
D. pay      the points of one execution
E. execute  the selection, with the event as the value of the root field
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from callboard_sdk import CallboardError, Viewer
from graphql import GraphQLError

from gateway.auth import Unauthenticated
from gateway.execution.resolving import arguments_of
from gateway.execution.shape import Response
from gateway.execution.sight import Sight
from gateway.execution.turns import Turn
from gateway.pipeline import Pipeline, Ready, Seen
from gateway.planning.operation import RequestError
from gateway.planning.plan import Forbidden
from gateway.planning.selection import Denied, Field, Ordinary
from gateway.request import GraphQLRequest
from resolvers.batching import RequestContext
from resolvers.deadline import set_deadline
from schema.resolution import Streamed

log = structlog.get_logger()


class Ended(Exception):
    """The stream is over; `error` says why."""

    def __init__(self, error: CallboardError) -> None:
        super().__init__(error.message)
        self.error = error


class Stream:
    """A subscription of one request. `seen` is what is known of it, for the record."""

    def __init__(self, pipeline: Pipeline, request: GraphQLRequest, seen: Seen) -> None:
        self._pipeline = pipeline
        self._request = request
        self._seen = seen
        self._opener: Viewer | None = None

    async def ready(self) -> Ready:
        """The operation as it is to be run now. Raises CallboardError when this viewer may not, or no longer."""
        return await self._ready(self._seen)

    async def _ready(self, seen: Seen) -> Ready:
        set_deadline(self._pipeline.limits.seconds)
        request = self._request
        rules = self._pipeline.rules()
        policy = seen.policy = rules.policy
        identified = await self._pipeline.identify(request.authorization, request.session, again=self._opener is not None)  # A
        viewer = await self._pipeline.admit(identified, policy)
        if self._opener is not None and viewer.subject != self._opener.subject:
            raise Unauthenticated("the session that you subscribed with is over: sign in again")
        self._opener = seen.viewer = viewer
        self._pipeline.permit(viewer, request.query)
        ready = await self._pipeline.ready(viewer, rules, request, seen)  # B
        if ready.operation.kind == "subscription":
            check(ready)
        return ready

    async def told(self, event: Any) -> Response | None:
        """The response for one event; None when there is nothing to tell. Raises Ended, or CallboardError of this event alone."""
        pipeline = self._pipeline
        try:
            ready = await self.ready()
        except CallboardError as error:
            raise Ended(error) from None
        async with self._moment(ready) as (turn, sight, context):
            payload = await _shown(ready, sight, context, event)  # C
            if payload is None:
                return None
            try:
                context.charged(pipeline.charge(ready.viewer, ready.plan.cost(ready.variables)))  # D
            except CallboardError as error:
                raise Ended(error) from None
            return await pipeline.executed(ready, context, turn, sight, self._request, self._seen, payload)  # E

    async def tells(self, event: Any) -> bool:
        """Whether there is something to tell of an event, as far as is known before its turn: a failure is something too."""
        try:
            ready = await self._ready(Seen())  # another event may be told meanwhile, and it is that which is recorded
            async with self._moment(ready) as (_, sight, context):
                return await _shown(ready, sight, context, event) is not None
        except CallboardError:
            return True

    @asynccontextmanager
    async def _moment(self, ready: Ready) -> AsyncIterator[tuple[Turn, Sight, RequestContext]]:
        """What one event is worked on with."""
        pipeline = self._pipeline
        with pipeline.turns.one() as turn:
            sight = await pipeline.sight(ready.rules.policy, ready.viewer, ready.plan)
            context = pipeline.context(ready, pipeline.budgets.left(ready.viewer), turn, sight)
            try:
                yield turn, sight, context
            finally:
                await context.aclose()


def root_of(ready: Ready) -> Field:
    """The one field that is subscribed to. Raises RequestError when a variable leaves it out (GraphQL spec, section 6.2.3.1)."""
    if len(ready.plan.root.fields) != 1:
        error = GraphQLError("A subscription selects exactly one field of its root.", ready.plan.operation)
        raise RequestError([error], "GRAPHQL_VALIDATION_FAILED")
    return ready.plan.root.fields[0]


def given_to(ready: Ready) -> dict[str, Any]:
    """The arguments of that field, as its functions take them. Raises RequestError for those that don't fit."""
    field = root_of(ready)
    assert isinstance(field.how, Streamed)
    try:
        return field.how.given(arguments_of(field, ready.variables, hide_suggestions=True))
    except GraphQLError as error:
        raise RequestError([error], "BAD_USER_INPUT") from None


def check(ready: Ready) -> None:
    """Raise CallboardError when the viewer may not subscribe to this field so."""
    match root_of(ready).how:
        case Denied(decision):
            raise Forbidden(decision)
        case Ordinary(resolve):
            resolve(None, None)  # it stands in for a plugin that can't be loaded, and raises why
        case _:
            given_to(ready)


async def _shown(ready: Ready, sight: Sight, context: RequestContext, event: Any) -> Any:
    """What is shown of the event. It may be about what the viewer doesn't see: a failure is told to those who see everything."""
    field = root_of(ready)
    assert isinstance(field.how, Streamed)
    shown = field.how.spec.shown
    if shown is None:
        return event
    access = None if field.within is None else context.narrowed(sight.expression(field.within)).access
    try:
        return await context.shown(shown, event, given_to(ready), access)
    except CallboardError:
        if ready.plan.open:
            raise
        log.warning("event left out, for what shows it failed", plugin=shown.plugin, field=shown.name, exc_info=True)
        return None
