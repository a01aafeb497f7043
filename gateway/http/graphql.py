"""GraphQL over HTTP (the GraphQL over HTTP specification, draft of 2025): a request to the pipeline, its response back.

An ASGI callable with nothing between it and the server: a quick answer's cost is mostly what stands around it.

A. negotiate   which media type the client reads
B. read        the parameters, from the body or the query string
C. answer      by the pipeline, or event by event, as long as the client is there
D. status      200 for what was executed; for the rest by media type
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from callboard_sdk import HttpError
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.execution.shape import Response, shape_errors
from gateway.request import GraphQLRequest
from gateway.streams.streams import Streams

from .body import Left, read_body
from .browser import Browser
from .client import Client
from .errors import masked
from .events import EVENT_STREAM, send_events
from .headers import Headers, read_headers
from .negotiation import GRAPHQL_JSON, JSON, negotiate
from .parameters import from_body, from_query, read_query

PIECE = 256 * 1024
"""Bytes that are handed to the server at once."""
_OFFERED = (EVENT_STREAM, GRAPHQL_JSON, JSON)
_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in (GRAPHQL_JSON, JSON)}
_NO_STORE = (b"cache-control", b"no-store")
"""An answer is its viewer's alone: a cache on the way, to which a cookie says nothing, may give it to others (RFC 9111)."""


class GraphQLEndpoint:
    """What answers at `/graphql`: data to clients, and to a browser the page. `browser` knows the cookies of those signed in."""

    def __init__(self, streams: Streams, max_bytes: int, page: ASGIApp, browser: Browser | None = None) -> None:
        self._streams = streams
        self._pipeline = streams.pipeline
        self._browser = browser
        self._max_bytes = max_bytes
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = read_headers(scope["headers"])
        if scope["method"] == "GET" and _wants_page(scope, headers):
            await self._page(scope, receive, send)
            return
        media = negotiate(headers.accept, _OFFERED) or JSON  # A
        try:
            asked = await self._read(scope, receive, headers)  # B
            with Client(receive) as client:
                response = await self._answer(asked, media, send)  # C
            if client.gone or response is None:
                return
        except HttpError as error:
            response = shape_errors([error], error.code, error.status, error.headers)
        except Left:
            return
        except Exception as error:
            response = masked(error)
        await _send(send, response, JSON if media == EVENT_STREAM else media)  # D

    async def _answer(self, asked: GraphQLRequest, media: str, send: Send) -> Response | None:
        """The response; None when it was sent already, event by event."""
        if media == EVENT_STREAM:
            return await send_events(self._streams, asked, send)
        return await self._pipeline.answer(asked)

    async def _read(self, scope: Scope, receive: Receive, headers: Headers) -> GraphQLRequest:
        method = scope["method"]
        sent_by = headers.authorization, self._browser.session(headers) if self._browser is not None else None
        if method == "GET":
            return from_query(read_query(scope["query_string"]), sent_by)
        if method != "POST":
            raise HttpError(405, f"{method} is not for GraphQL: use GET or POST", allow="GET, POST")
        kind = (headers.content_type or "").partition(";")[0].strip().lower()
        if kind != JSON:
            raise HttpError(415, f"the body is {kind or 'of no declared type'}: send it as {JSON}")
        if (encoding := (headers.content_encoding or "identity").strip().lower()) != "identity":
            raise HttpError(415, f"the body is encoded as {encoding[:40]}: send it as it is, without Content-Encoding")
        body = await read_body(receive, headers.content_length, self._max_bytes)
        return from_body(body, sent_by)


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Whether a browser asks for the page, and not a client for data."""
    return "text/html" in (headers.accept or "") and "query" not in read_query(scope["query_string"])


async def _send(send: Send, response: Response, media: str) -> None:
    status = response.status or (200 if response.executed or media == JSON else 400)
    headers = [(b"content-type", _CONTENT_TYPES[media]), _NO_STORE]
    headers.append((b"content-length", b"%d" % sum(map(len, response.pieces))))
    for name, value in (response.headers or {}).items():
        headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for last, piece in _pieces(response):  # the server waits for a slow client between pieces, and lets others go on
        await send({"type": "http.response.body", "body": piece, "more_body": not last})
        if not last:
            await asyncio.sleep(0)


def _pieces(response: Response) -> Iterator[tuple[bool, bytes]]:
    """The body, cut so that no piece is large, each with whether it is the last."""
    cut = [(piece, start) for piece in response.pieces for start in range(0, len(piece), PIECE)]
    for number, (piece, start) in enumerate(cut, start=1):
        yield number == len(cut), piece[start : start + PIECE]
