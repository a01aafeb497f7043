"""The lane's side: a gateway whose pipeline answers what another hands it, over a socket, until that one is gone."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog
import uvloop
from callboard_sdk import Viewer

from gateway.app import Gateway
from gateway.execution.refused import NOTHING_REFUSED
from gateway.execution.shape import Response, shape_errors
from gateway.logs import request_id
from gateway.pipeline import Pipeline, Seen, shaped
from gateway.planning.cost import Cost, check_cost
from gateway.process import settle
from gateway.request import GraphQLRequest
from resolvers.deadline import set_deadline
from resolvers.errors import InternalError
from resolvers.upstream import UpstreamClient
from resolvers.usage import Usage

from .frames import Answered, Asked, framed, read

log = structlog.get_logger()

NICENESS = 5
"""How much more readily the system gives the processor to others: to the small queries, and what they ask."""


def serve_lane(gateway: Gateway, path: Path) -> None:
    """Answer on this socket until standard input ends, which the one who asks holds open."""
    os.nice(NICENESS)
    uvloop.run(_serve(gateway, path))


async def _serve(gateway: Gateway, path: Path) -> None:
    async with gateway.running(UpstreamClient):
        settle()
        made = path.with_suffix(".new")
        server = await asyncio.start_unix_server(_Connections(gateway.pipeline).one, made)
        made.rename(path)  # who sees it can connect
        async with server:
            await _closed(sys.stdin.fileno())


async def _closed(descriptor: int) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def look() -> None:
        if not os.read(descriptor, 1024):
            loop.remove_reader(descriptor)
            ended.set()

    loop.add_reader(descriptor, look)
    await ended.wait()


class _Connections:
    """A connection is one query; when it closes before the answer, nobody waits for that any more."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._plugins = pipeline.plugins

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a connection."""
        with suppress(OSError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            asked = await read(reader, Asked)
            answering = asyncio.create_task(self._answer(asked, writer))
            leaving = asyncio.create_task(reader.read(1))
            await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        request_id.set(asked.request_id)
        set_deadline(asked.seconds)
        rules = self._pipeline.rules()
        if asked.version != rules.policy.version:
            await self._tell(writer, Response((), False), points=0, declined=True)
            return
        charge, seen = _Charge(asked, self._pipeline.limits.nodes), Seen()
        given = asked.query, asked.operation_name, asked.variables, (), asked.reads_only, asked.extensions
        request = GraphQLRequest(*given, own=asked.own)
        try:
            response = await shaped(self._pipeline.run(asked.viewer, rules, request, charge, seen))
        except Exception as error:
            response = _failed(error)
        await self._tell(writer, response, charge.points, seen)

    async def _tell(
        self,
        writer: asyncio.StreamWriter,
        response: Response,
        points: int,
        seen: Seen | None = None,
        *,
        declined: bool = False,
    ) -> None:
        head = Answered(
            executed=response.executed,
            codes=response.codes,
            status=response.status,
            headers=response.headers or {},
            points=points,
            size=sum(map(len, response.pieces)),
            upstreams=list(self._plugins.upstreams),
            declined=declined,
            decided=seen.decided if seen else None,
            refused=seen.refused if seen else NOTHING_REFUSED,
        )
        writer.write(framed(head))
        for piece in response.pieces:
            writer.write(piece)
        await writer.drain()


class _Charge:
    """What a query costs, by what the other side said of the viewer's points; it takes them itself, from `points`."""

    def __init__(self, asked: Asked, most: int) -> None:
        self._asked = asked
        self._most = most
        self.points = 0

    def __call__(self, viewer: Viewer, cost: Cost) -> Usage:
        """The usage. Raises LimitExceeded when it is too much at once, RateLimited when there are not enough points left."""
        check_cost(cost, self._most)
        if self._asked.paid:
            return self._asked.usage
        usage = self._asked.usage.spent(cost.points, cost.nodes)
        self.points = cost.points
        return usage


def _failed(error: Exception) -> Response:
    error_id = uuid.uuid4().hex[:12]
    log.error("request failed in the process for large queries", error_id=error_id, exc_info=error)
    text = f"The gateway failed to answer; its operators find the cause as error {error_id}."
    return shape_errors([InternalError(text, error_id=error_id)], InternalError.code, 500)
