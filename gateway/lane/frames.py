"""What goes between a gateway and its lane: a length, JSON, and of an answer the body in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from callboard_sdk import Viewer

from gateway.execution.refused import NOTHING_REFUSED, Refused
from gateway.planning.operation import Facts
from resolvers.upstream import Health
from resolvers.usage import Usage

T = TypeVar("T")

PIECE = 256 * 1024
"""Bytes of an answer that are read at once."""
_LENGTH = 4


class Asked(msgspec.Struct):
    """A query with who asks, what is left to them, and how long it may take.

    With `paid` the usage is what it costs, taken already; without, it is what the viewer has left to pay with. The lane answers
    only under the same policy `version`: under another it gives `Declined`.
    """

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]
    extensions: Mapping[str, Any]
    own: bool
    reads_only: bool
    viewer: Viewer
    usage: Usage
    paid: bool
    seconds: float
    request_id: str | None
    version: str


class Answered(msgspec.Struct):
    """What precedes an answer's body of `size` bytes. `points` are what it cost.

    `upstreams` is how those of the lane are, each with its plugin; `declined` says that it is not the lane's to answer;
    `decided` is what was decided there, and `refused` what was refused, for the gateway to note.
    """

    executed: bool
    codes: Sequence[str]
    status: int | None
    headers: Mapping[str, str]
    points: int
    size: int
    upstreams: Sequence[tuple[str, Health]]
    declined: bool = False
    decided: Facts | None = None
    refused: Refused = NOTHING_REFUSED


def framed(message: msgspec.Struct) -> bytes:
    """A message with its length before it."""
    body = msgspec.json.encode(message)
    return len(body).to_bytes(_LENGTH) + body


async def read(reader: asyncio.StreamReader, kind: type[T]) -> T:
    """The next message. Raises IncompleteReadError when the other side is gone, and MsgspecError for what is none."""
    length = int.from_bytes(await reader.readexactly(_LENGTH))
    return msgspec.json.decode(await reader.readexactly(length), type=kind)


async def read_pieces(reader: asyncio.StreamReader, size: int) -> Sequence[bytes]:
    """A body of this many bytes, in pieces."""
    pieces: list[bytes] = []
    while size:
        pieces.append(await reader.readexactly(min(PIECE, size)))
        size -= len(pieces[-1])
    return pieces
