"""GraphQL over HTTP (the GraphQL over HTTP specification, draft of 2025): a request to the pipeline, its response back.

A. negotiate   which media type the client reads
B. read        the parameters, from the body or the query string
C. answer      by the pipeline
D. status      200 for what was executed; for the rest by media type
"""

from __future__ import annotations

from typing import Any

import orjson
from callboard_sdk import ClientError
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

from gateway.execution.shape import Response, shape_errors
from gateway.pipeline import GraphQLRequest, Pipeline

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


class HttpError(ClientError):
    """The HTTP request is not a GraphQL request; `status` says how."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def graphql_endpoint(pipeline: Pipeline, max_bytes: int) -> Any:
    """The handler of `/graphql` for everything but the page."""

    async def handle(request: Request) -> HttpResponse:
        media = negotiate(request.headers.get("accept"), (GRAPHQL_JSON, JSON)) or JSON  # A
        try:
            asked = await _read(request, max_bytes)  # B
        except HttpError as error:
            return _http(shape_errors([error], error.code, error.status, error.headers), media)
        return _http(await pipeline.answer(asked), media)  # C, D

    return handle


def negotiate(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """The offered type that the client likes best: by q, then by its order (RFC 9110, section 12.5.1).

    `*/*` gets the last offered, which every client reads. None when it takes none of them.
    """
    best: tuple[float, int, str] | None = None
    for place, part in enumerate((accept or "*/*").split(",")):
        media, *parameters = [piece.strip().lower() for piece in part.split(";")]
        quality = next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        found = offered[-1] if media in ("*/*", "application/*") else media
        if found in offered and quality > 0 and (best is None or (quality, -place) > best[:2]):
            best = (quality, -place, found)
    return best[2] if best else None


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


async def _read(request: Request, max_bytes: int) -> GraphQLRequest:
    authorization = tuple(request.headers.getlist("authorization"))
    if request.method == "GET":
        return _parsed(_from_query(request), authorization, reads_only=True)
    if request.method != "POST":
        raise HttpError(405, f"{request.method} is not for GraphQL: use GET or POST", allow="GET, POST")
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != JSON:
        raise HttpError(415, f"the body is {kind or 'of no declared type'}: send it as {JSON}")
    return _parsed(_json(await _body(request, max_bytes)), authorization, reads_only=False)


async def _body(request: Request, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise HttpError(413, f"the body is larger than {max_bytes} bytes: send less, or pass values as variables")
        chunks.append(chunk)
    return b"".join(chunks)


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"the body is not JSON: {error}") from None
    if isinstance(body, list):
        raise HttpError(400, "the body is a list: this gateway takes one request at a time, as an object")
    if not isinstance(body, dict):
        raise HttpError(400, 'the body is no JSON object: send {"query": "..."}')
    return body


def _from_query(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if text := found.get(name):
            try:
                found[name] = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise HttpError(400, f"the parameter {name!r} is not JSON: {error}") from None
        elif name in found:
            found[name] = None
    return found


def _parsed(body: dict[str, Any], authorization: tuple[str, ...], *, reads_only: bool) -> GraphQLRequest:
    query, variables = body.get("query"), body.get("variables")
    name, extensions = body.get("operationName"), body.get("extensions")
    if not isinstance(query, str) or not query:
        raise HttpError(400, "the request has no `query`: send the document's text")
    if name is not None and not isinstance(name, str):
        raise HttpError(400, "`operationName` is no string")
    if variables is not None and not isinstance(variables, dict):
        raise HttpError(400, "`variables` is no object")
    if extensions is not None and not isinstance(extensions, dict):
        raise HttpError(400, "`extensions` is no object")
    return GraphQLRequest(query, name or None, variables or {}, authorization, reads_only, extensions or {})


def _http(response: Response, media: str) -> HttpResponse:
    status = response.status or (200 if response.executed or media == JSON else 400)
    return HttpResponse(response.body, status, headers=dict(response.headers or {}), media_type=f"{media}; charset=utf-8")
