"""What is told of what nobody foresaw: an id, by which the log tells all."""

from __future__ import annotations

import uuid

import structlog

from gateway.execution.shape import Response, shape_errors
from resolvers.errors import InternalError

log = structlog.get_logger()


def unforeseen(error: Exception) -> InternalError:
    """The error that stands for this one, which is logged."""
    error_id = uuid.uuid4().hex[:12]
    log.error("request failed", error_id=error_id, exc_info=error)
    return InternalError(f"The gateway failed to answer; its operators find the cause as error {error_id}.", error_id=error_id)


def masked(error: Exception) -> Response:
    """The response to it."""
    return shape_errors([unforeseen(error)], InternalError.code, 500)
