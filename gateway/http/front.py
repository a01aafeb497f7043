"""What the server calls: gives each request its id, and the one path that nearly all ask for its endpoint at once."""

from __future__ import annotations

import os
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.logs import request_id

GRAPHQL = "/graphql"
HEADER = b"x-request-id"

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Front:
    """The gateway as an ASGI application: `graphql` and `websocket` answer at their path, and `site` at all others.

    The site routes that path too, for what else leads there: a slash too many, or another application's mount.
    """

    def __init__(self, graphql: ASGIApp, websocket: ASGIApp, site: ASGIApp) -> None:
        self._graphql = graphql
        self._websocket = websocket
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; its id is bound for the logs, and added to the response."""
        if scope["type"] == "lifespan":
            await self._site(scope, receive, send)
            return
        chosen = _chosen_id(scope)
        request_id.set(chosen.decode())
        own = scope["path"] == GRAPHQL
        if scope["type"] == "websocket":
            await (self._websocket if own else self._site)(scope, receive, send)
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (HEADER, chosen)]
            await send(message)

        await (self._graphql if own else self._site)(scope, receive, send_with_id)


def _chosen_id(scope: Scope) -> bytes:
    """The caller's own id when it is well-formed, or a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and _ID.fullmatch(value):
            return value  # type: ignore[no-any-return]
    return os.urandom(16).hex().encode()
