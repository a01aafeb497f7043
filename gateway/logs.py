"""Structured logs: every line of one request carries its id, which the response carries back."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from typing import Any

import structlog

from .settings import LogSettings

HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def configure_logs(settings: LogSettings) -> None:
    """Send logs to standard error, as JSON lines or for people. The process's entry point calls this, nothing else."""
    people = structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback  # the richer one shows variables, and so secrets
    )
    renderer: Any = structlog.processors.JSONRenderer() if settings.json_lines else people
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if settings.json_lines else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class RequestIds:
    """ASGI middleware: takes the caller's request id when it is well-formed, or makes one."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Bind the id for the logs, and add it to the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(HEADER, b"")
        request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex.encode()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())

        async def send_with_id(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (HEADER, request_id)]
            await send(message)

        await self._app(scope, receive, send_with_id)
