"""GraphQL over server-sent events, one operation a response: the distinct connections mode of the npm package graphql-sse.

Events have no ids: what was missed can be asked for only where a plugin's field takes a cursor, and so by an argument.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from starlette.types import Send

from gateway.execution.shape import Response
from gateway.request import GraphQLRequest
from gateway.streams.streams import Begun, Stopping, Streams
from resolvers.beside import beside

from .errors import masked

EVENT_STREAM = "text/event-stream"
VIA = "sse"
_HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events until it has a bufferful
]
_COMPLETE = b"event: complete\ndata:\n\n"
_ALIVE = b":\n\n"


async def send_events(streams: Streams, request: GraphQLRequest, send: Send) -> Response | None:
    """Send the events of one request; or give back the response that tells by its status why there are none."""
    async with aclosing(streams.answer(request, VIA)) as messages:
        told = await anext(messages)
        if not isinstance(told, Begun) and told.final and told.response.status:
            return told.response
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _write(send, b"")
        if not isinstance(told, Begun):
            await _write(send, _event(told.response))
        async with beside(_keep_alive(send, streams.settings.keep_alive_seconds)):
            try:
                async for told in messages:
                    if not isinstance(told, Begun):
                        await _write(send, _event(told.response))
                await _write(send, _COMPLETE)
            except Stopping:
                pass  # without `complete`, so that the client opens it again
            except Exception as error:
                await _write(send, _event(masked(error)) + _COMPLETE)
        await _write(send, b"", more=False)
    return None


async def _keep_alive(send: Send, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        await _write(send, _ALIVE)


def _event(response: Response) -> bytes:
    return b"event: next\ndata: %s\n\n" % response.body


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
