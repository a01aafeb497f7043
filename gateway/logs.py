"""Structured logs, ours and those of plugins and libraries in one format: every line of a request carries its id."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.processors import format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_logger_name
from structlog.typing import EventDict

from .redaction import redact
from .settings import LogSettings

log = structlog.get_logger()
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that runs; whoever takes requests sets it, and every line of it carries it."""

_LEVELS = {"warn": "warning", "exception": "error"}
_OURS = frozenset({"callboard", "gateway", "resolvers", "schema", "policies"})


def configure_logs(settings: LogSettings, packages: Iterable[str] = ()) -> None:
    """Send logs to standard error, as JSON lines or for people. The process's entry point calls this, nothing else.

    `packages` are the plugins': what they log by `logging` is written from the settings' level on, as our own is. Of
    other libraries only warnings and worse are: what they say below that is theirs, headers and queries among it.
    """
    level = getattr(logging, settings.level.upper())
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    last: Any = structlog.processors.JSONRenderer(_as_json) if settings.json_lines else people
    structlog.configure(
        processors=[_stamped, _with_exception, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = _Handler(sys.stderr)
    handler.addFilter(_Chosen(_OURS | set(packages)))
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[_stamped, add_logger_name, ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, format_exc_info, redact, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)


def silence_logs() -> None:
    """Write no logs: for commands that say themselves what is wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def _stamped(_logger: Any, method: str, event: EventDict) -> EventDict:
    """The line with its request's id, when it was written, and its level."""
    if (running := request_id.get()) is not None:
        event["request_id"] = running
    event["timestamp"] = datetime.now(UTC).isoformat()[: -len("+00:00")] + "Z"
    event["level"] = _LEVELS.get(method, method)
    return event


def _with_exception(logger: Any, method: str, event: EventDict) -> EventDict:
    """The line with its traceback, plain: others show variables, and those hold tokens and answers.

    Only such a line is redacted: what else we log is chosen word by word, and has no secrets.
    """
    return redact(logger, method, format_exc_info(logger, method, event)) if "exc_info" in event else event


def _as_json(line: Any, *, default: Callable[[Any], Any]) -> str:
    """A line as JSON: by orjson, and what that refuses (lone surrogates, integers beyond 64 bits) by the standard library."""
    try:
        return orjson.dumps(line, default, orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:
        return json.dumps(line, default=default)


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
