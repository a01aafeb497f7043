"""The gateway's side of the lane: keeps the process running, and hands it queries over a socket."""

from __future__ import annotations

import asyncio
import os
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import msgspec
import structlog
from callboard_sdk import CallboardError

from gateway.execution.refused import Refused
from gateway.execution.shape import Response
from gateway.planning.operation import Facts
from resolvers.beside import beside
from resolvers.deadline import remaining
from resolvers.errors import RequestDeadline
from resolvers.upstream import Health

from .frames import Answered, Asked, framed, read, read_pieces

log = structlog.get_logger()

_LOOK_SECONDS = 0.05
_WAITS = (0.5, 1, 2, 5, 10, 30)
"""Seconds before the process is started again, the longer the more often it ended."""
_GRACE_SECONDS = 1.0
"""How long after a request's deadline its answer may still come, for the lane keeps to that deadline too, and tells more."""
_SETTLED_SECONDS = 60
"""How long a process must have run for its end to count as the first."""


class LaneLost(CallboardError):
    """The process ended, or broke off, while it answered. It is not asked again: what ended it may be the query."""

    code = "INTERNAL"
    retryable = True

    def __init__(self) -> None:
        super().__init__("the gateway's process for large queries ended while it answered: ask for less, or ask again")


class Told(NamedTuple):
    """The lane's response, the points that it cost, the operation that was decided there, and what of it was refused."""

    response: Response
    points: int
    decided: Facts | None
    refused: Refused


class Lane:
    """A second process that answers what is large. `command` starts it, with its socket's path as the last argument.

    Large is what may hold more than `nodes` objects, and a document of more than `characters` that is not known yet. While
    the process isn't there, or none is wanted (`command` None), nothing is taken, and the gateway answers all by itself.
    """

    def __init__(self, command: Sequence[str] | None, *, nodes: int, characters: int) -> None:
        self._command = command
        self._nodes = nodes
        self._characters = characters
        self._socket: str | None = None
        self.taken = 0
        """Queries that it answered."""
        self.ends = 0
        """How often the process ended by itself."""
        self.upstreams: Sequence[tuple[str, Health]] = ()
        """How its upstreams were at its last answer, each with its plugin: it has clients of its own."""

    @property
    def ready(self) -> bool:
        """Whether the process takes queries."""
        return self._socket is not None

    def takes_text(self, document: str) -> bool:
        """Whether it is to read this document, which is not known yet."""
        return self._socket is not None and len(document) > self._characters

    def takes(self, nodes: int) -> bool:
        """Whether it is to answer a query whose result can hold this many objects."""
        return self._socket is not None and nodes > self._nodes

    async def answer(self, asked: Asked) -> Told | None:
        """What the lane answers; None when it is not the lane's to answer.

        Ends there when it is cancelled here. Raises LaneLost when the process ends meanwhile.
        """
        if self._socket is None:
            return None
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return None  # it has just ended, and nothing was asked
        try:
            async with asyncio.timeout((remaining() or 0.0) + _GRACE_SECONDS):
                writer.write(framed(asked))
                await writer.drain()
                head = await read(reader, Answered)
                pieces = await read_pieces(reader, head.size)
        except TimeoutError:
            raise RequestDeadline from None
        except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            raise LaneLost from None
        finally:
            writer.close()
        self.upstreams = head.upstreams
        if head.declined:
            return None
        self.taken += 1
        response = Response(pieces, head.executed, tuple(head.codes), head.status, head.headers)
        return Told(response, head.points, head.decided, head.refused)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the process running, if one is wanted; it ends with the block, and with this process, however that ends."""
        if self._command is None:
            yield
            return
        with tempfile.TemporaryDirectory(prefix="callboard-") as folder:  # only this user can look into it
            async with beside(self._keep(self._command, folder)):
                yield

    async def _keep(self, command: Sequence[str], folder: str) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            path = f"{folder}/lane-{self.ends}"
            try:
                # it ends when its input closes, and not by a signal to all processes of a terminal: this one's end is told first
                process = await asyncio.create_subprocess_exec(*command, path, stdin=PIPE, start_new_session=True)
            except OSError as error:
                log.error("the process for large queries can't be started: all are answered in one", exc_info=error)
                return
            try:
                await self._look(process, path)
                code = await process.wait()
            finally:
                self._socket = None
                await _end(process)
            self.ends += 1
            failures = 0 if loop.time() - began > _SETTLED_SECONDS else failures + 1
            wait = _WAITS[min(failures, len(_WAITS)) - 1] if failures else _WAITS[0]
            log.error("the process for large queries ended: it is started again", code=code, seconds=wait)
            await asyncio.sleep(wait)

    async def _look(self, process: Process, path: str) -> None:
        """Wait until it listens, or has ended."""
        while process.returncode is None:
            if os.access(path, os.W_OK):
                self._socket = path
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(process.wait()), 5)
        except (TimeoutError, asyncio.CancelledError):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
