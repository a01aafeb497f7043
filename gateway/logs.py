"""Structured logs, ours and those of plugins and libraries in one format: every line of a request carries its id."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from collections.abc import Iterable
from typing import Any, TextIO

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from .redaction import redact, redact_exception
from .settings import LogSettings

HEADER = b"x-request-id"
log = structlog.get_logger()

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_OURS = frozenset({"callboard", "gateway", "resolvers", "schema", "policies"})


def configure_logs(settings: LogSettings, packages: Iterable[str] = ()) -> None:
    """Send logs to standard error, as JSON lines or for people. The process's entry point calls this, nothing else.

    `packages` are the plugins': what they log by `logging` is written from the settings' level on, as our own is. Of
    other libraries only warnings and worse are: what they say below that is theirs, headers and queries among it.
    """
    shared: list[Any] = [structlog.contextvars.merge_contextvars, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    level = getattr(logging, settings.level.upper())
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    last: Any = structlog.processors.JSONRenderer() if settings.json_lines else people
    # tracebacks are made here, plain: others show variables, and those hold tokens and answers
    exception = structlog.processors.format_exc_info
    structlog.configure(
        processors=[*shared, add_log_level, exception, redact_exception, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = _Handler(sys.stderr)
    handler.addFilter(_Chosen(_OURS | set(packages)))
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, add_log_level, add_logger_name, ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, exception, redact, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)


def silence_logs() -> None:
    """Write no logs: for commands that say themselves what is wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say which call can't be written; the one that this replaces prints its arguments."""
        log.error("a log line could not be written", logger=record.name, file=record.pathname, line=record.lineno)


class _Chosen(logging.Filter):
    """Lets through what plugins and we log, and of anyone else what is at least a warning."""

    def __init__(self, packages: Iterable[str]) -> None:
        super().__init__()
        self._packages = frozenset(packages)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        return record.levelno >= logging.WARNING or record.name.partition(".")[0] in self._packages


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
