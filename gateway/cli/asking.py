"""A running gateway, asked over the network as any client asks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from callboard_sdk import Upstream

from resolvers.upstream import UpstreamClient

from .show import fail

ADDRESS = "http://127.0.0.1:8080/graphql"

Url = Annotated[str, typer.Option("--url", envvar="CALLBOARD_URL", help="The gateway's address.")]
Token = Annotated[
    str | None, typer.Option("--token", envvar="CALLBOARD_TOKEN", help="A bearer token; better given by environment.")
]
Send = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Sends one GraphQL request, and gives its response."""

_ANSWERS = frozenset({400, 401, 403, 404, 405, 413, 415, 429, 500, 503})
"""Statuses that come with errors that say more than the status."""


@asynccontextmanager
async def gateway_at(url: str, token: str | None) -> AsyncIterator[Send]:
    """The gateway at this address. What is sent raises UpstreamError when there is no answer; one that no gateway gives ends the
    command.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        fail([f"--url {url!r} is no address: write one like {ADDRESS}"], 2)
    bearer = (lambda: token) if token else None
    client = UpstreamClient(Upstream(f"the gateway at {url}", url, bearer=bearer, timeout=30))

    async def send(body: Mapping[str, Any]) -> dict[str, Any]:
        reply = await client.post(url, body, ok=_ANSWERS)
        try:
            answer = json.loads(reply.content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
            fail([f"{url} answers {reply.status}, and no GraphQL: a gateway's address ends in /graphql"])
        return answer

    try:
        yield send
    finally:
        await client.aclose()
