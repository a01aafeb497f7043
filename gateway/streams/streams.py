"""What the transports ask: the messages that a request comes to, one for a query, any number for a subscription."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field

from callboard_sdk import CallboardError

from gateway.execution.shape import Response
from gateway.pipeline import Pipeline, Ready, Seen, refusal
from gateway.request import GraphQLRequest
from gateway.settings import SubscriptionSettings
from resolvers.errors import InternalError
from resolvers.source_stream import Nothing, SourceStream
from schema.resolution import Streamed

from .room import Room
from .stream import Ended, Stream, given_to, root_of

LOOK_AGAIN_SECONDS = 1.5
"""How long a quiet stream believes that its viewer may go on. With the seconds that a looked-up token or session is believed, it
ends within five of its revocation."""


class Stopping(Exception):
    """The gateway stops: the stream breaks off, and is to be opened again."""


class Begun:
    """The subscription is open, and its events will come."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message to the client. A `final` one stands in the place of a result: nothing follows it."""

    response: Response
    final: bool = False


@dataclass
class _Open:
    """A stream that is open, for the record."""

    seen: Seen
    via: str
    since: float
    events: int = 0
    reason: str = "client"


@dataclass(frozen=True)
class Streams:
    """All that is open in one gateway."""

    pipeline: Pipeline
    settings: SubscriptionSettings
    room: Room
    _sources: set[SourceStream] = field(default_factory=set)

    async def answer(self, request: GraphQLRequest, via: str) -> AsyncGenerator[Told | Begun, None]:
        """The messages of one request that came `via` a transport; close it when nobody listens any more.

        Nothing is raised for bad input. Raises Stopping.
        """
        if "subscription" not in request.query:  # without the word there is none
            yield await self._once(request)
            return
        seen, started = Seen(), time.perf_counter()
        stream = Stream(self.pipeline, request, seen)
        with ExitStack() as stack:
            try:
                ready = await stream.ready()
                if ready.operation.kind != "subscription":
                    yield await self._once(request)
                    return
                stack.enter_context(self.room.stream(ready.viewer))
                source = self._source(ready, stream)
                self.pipeline.charge(ready.viewer, ready.plan.cost(ready.variables))
            except CallboardError as error:
                yield self._refused(error, seen, started)
                return
            async with aclosing(self._followed(stream, source, _Open(seen, via, time.perf_counter()))) as followed:
                async for told in followed:
                    yield told

    def stop(self) -> None:
        """Break off what is open, for the gateway stops."""
        for source in list(self._sources):
            source.end(Stopping())

    async def _once(self, request: GraphQLRequest) -> Told:
        response = await self.pipeline.answer(request)
        return Told(response, not response.executed)

    def _refused(self, error: CallboardError, seen: Seen, started: float) -> Told:
        response = refusal(error)
        self.pipeline.note(seen)
        self.pipeline.record.request(seen.viewer, seen.operation, response, time.perf_counter() - started)
        return Told(response, final=True)

    def _source(self, ready: Ready, stream: Stream) -> SourceStream:
        """The source stream, not started yet."""
        root = root_of(ready)
        assert isinstance(root.how, Streamed)
        return SourceStream(
            self.pipeline.plugins,
            root.how.spec,
            ready.viewer,
            given_to(ready),
            most=self.settings.queue,
            patience=self.settings.patience_seconds,
            whose=None if ready.plan.open else ready.viewer.subject,
            telling=None if root.how.spec.shown is None else stream.tells,
        )

    async def _followed(self, stream: Stream, source: SourceStream, opened: _Open) -> AsyncGenerator[Told | Begun, None]:
        record = self.pipeline.record
        record.opened(opened.seen.viewer, opened.seen.operation, opened.via)
        self.pipeline.note(opened.seen)
        try:
            async with source, aclosing(self._events(stream, source, opened)) as responses:
                self._sources.add(source)
                await asyncio.sleep(0)  # the generator runs to where it first waits, and so listens once we say that it has begun
                yield Begun()
                async for response in responses:
                    yield Told(response)
            opened.reason = "complete"
        except CallboardError as error:
            opened.reason = error.code
            yield Told(refusal(error), final=True)
        except Stopping:
            opened.reason = "stopping"
            raise
        except Exception:
            opened.reason = InternalError.code
            raise
        finally:
            self._sources.discard(source)
            seconds = time.perf_counter() - opened.since
            record.ended(opened.seen.viewer, opened.seen.operation, opened.via, opened.reason, opened.events, seconds)

    async def _events(self, stream: Stream, source: SourceStream, opened: _Open) -> AsyncGenerator[Response, None]:
        while True:
            try:
                event = await source.next(LOOK_AGAIN_SECONDS)
            except StopAsyncIteration:
                return
            if event is Nothing:
                await stream.ready()
                continue
            try:
                response = await stream.told(event)
            except Ended as ended:
                raise ended.error from None
            except CallboardError as error:
                response = refusal(error)
            if response is not None:
                opened.events += 1
                self.pipeline.record.event(opened.via, response)
                self.pipeline.note(opened.seen)
                yield response
