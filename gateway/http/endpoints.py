"""The plugins' own addresses: an HTTP request to the endpoint that answers it, from the graph as its sender sees it.

A. find     the endpoint for the path and the method
B. read     who sent it, its query, and a body of JSON
C. answer   by the endpoint, as long as the client is there; each of its questions takes the whole path of a request
D. refuse   in one form, whatever is wrong: `{"error": {"name", "message"}, "request", "response": {"statusCode"}}`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from callboard_sdk import Ask, Endpoint, HttpError, HttpReply, HttpRequest, Told
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.pipeline import Pipeline
from gateway.request import GraphQLRequest

from .body import Left, read_json
from .browser import Browser
from .client import Client
from .headers import Headers, read_headers
from .parameters import Credentials
from .replies import failed, nothing_at, send_reply

PREFIX = "/api"
MOST_PARAMETERS = 1_000
"""Of one query string."""
_READS = ("GET", "HEAD")


def endpoints(made: Iterable[Endpoint], pipeline: Pipeline, body_bytes: int, browser: Browser | None) -> ASGIApp:
    """The application that answers at all of these addresses; what is under none of them is not found."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for one in made:
        by_path.setdefault(one.path, {})[one.method] = one
    answering = {path: _Address(methods, pipeline, body_bytes, browser) for path, methods in by_path.items()}
    routes = [Route(path, address) for path, address in answering.items()]
    return Router(routes, redirect_slashes=False, default=nothing_at("docs/catalog-rest.md names those there are"))


class _Address:
    """One path, with the endpoint of each of its methods."""

    def __init__(self, methods: Mapping[str, Endpoint], pipeline: Pipeline, body_bytes: int, browser: Browser | None) -> None:
        self._methods = methods
        self._pipeline = pipeline
        self._body_bytes = body_bytes
        self._browser = browser

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            endpoint = self._endpoint(scope["method"])  # A
            headers = read_headers(scope["headers"])
            sent_by = headers.authorization, self._browser.session(headers) if self._browser is not None else None
            request = await self._read(scope, receive, headers)  # B
            with Client(receive) as client:
                reply = self._fitting(await endpoint.answer(request, self._ask(request, sent_by)))  # C
            if client.gone:
                return
        except Left:
            return
        except Exception as error:
            reply = failed(scope, error)
        await send_reply(scope, send, reply)

    def _endpoint(self, method: str) -> Endpoint:
        found = self._methods.get("GET" if method == "HEAD" else method)
        if found is None:
            allowed = ", ".join([*self._methods, *(["HEAD"] if "GET" in self._methods else [])])
            raise HttpError(405, f"{method} is not for this address: use {allowed}", allow=allowed)
        return found

    async def _read(self, scope: Scope, receive: Receive, headers: Headers) -> HttpRequest:
        method, body = scope["method"], b""
        if method not in _READS:
            body = await read_json(receive, headers, self._body_bytes)
        return HttpRequest(
            "GET" if method == "HEAD" else method, scope["path"], scope["path_params"], _query(scope["query_string"]), body,
            self._pipeline.limits.response_bytes,
        )  # fmt: skip

    def _ask(self, request: HttpRequest, sent_by: Credentials) -> Ask:
        authorization, session = sent_by
        reads_only = request.method in _READS

        async def ask(document: str, variables: Mapping[str, Any] | None = None) -> Told:
            asked = GraphQLRequest(document, None, variables or {}, authorization, reads_only, session=session, own=True)
            response = await self._pipeline.answer(asked)
            told = orjson.loads(response.body)
            if "GRAPHQL_VALIDATION_FAILED" in response.codes:
                raise RuntimeError(f"an endpoint's own document is not valid: {told['errors'][0]['message']}")
            if not response.executed:
                raise HttpError(response.status or 400, told["errors"][0]["message"], **(response.headers or {}))
            return Told(told["data"] or {}, told.get("errors", ()))

        return ask

    def _fitting(self, reply: HttpReply) -> HttpReply:
        most = self._pipeline.limits.response_bytes
        if len(reply.body) > most:
            raise HttpError(400, f"the answer has {len(reply.body)} bytes; at most {most} are allowed: ask for less at once")
        return reply


def _query(raw: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except UnicodeDecodeError:
        raise HttpError(400, "the query string is not UTF-8: encode its values by percent signs") from None
    except ValueError:
        raise HttpError(400, f"the query string has more than {MOST_PARAMETERS} parameters: ask for less at once") from None
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
