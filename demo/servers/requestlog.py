"""Counts what each demo server was asked, so that a test can assert an upstream call by its number."""

from __future__ import annotations

from collections import Counter, deque

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOG_PATH = "/__requests"
_MOST_RECENT = 1_000
_MOST_PATHS = 100_000


class RequestLog:
    """Wraps an ASGI application; `GET /__requests` shows what passed, `DELETE /__requests` forgets it.

    The answer is `{"server", "total", "paths": {path: count}, "recent": [{"method", "path", "query"}]}`.
    Requests for the log itself aren't counted. At most 1,000 recent requests are kept.
    """

    def __init__(self, app: ASGIApp, server: str) -> None:
        """Take the application and the name that the log bears."""
        self._app = app
        self._server = server
        self._paths: Counter[str] = Counter()
        self._recent: deque[dict[str, str]] = deque(maxlen=_MOST_RECENT)
        self._total = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request and pass it on, or answer for the log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == LOG_PATH:
            await self._show(Request(scope))(scope, receive, send)
        else:
            self._count(scope)
            await self._app(scope, receive, send)

    def _count(self, scope: Scope) -> None:
        path = scope["path"]
        self._total += 1
        if path in self._paths or len(self._paths) < _MOST_PATHS:
            self._paths[path] += 1
        query = scope["query_string"].decode("latin-1")
        self._recent.append({"method": scope["method"], "path": path, "query": query})

    def _show(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._paths.clear()
            self._recent.clear()
            self._total = 0
            return Response(status_code=204)
        shown = {
            "server": self._server,
            "total": self._total,
            "paths": dict(self._paths),
            "recent": list(self._recent),
        }
        return Response(orjson.dumps(shown), media_type="application/json")
