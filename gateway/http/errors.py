"""What is wrong with an HTTP request before it is a GraphQL request."""

from __future__ import annotations

import uuid

import structlog
from callboard_sdk import ClientError

from gateway.execution.shape import Response, shape_errors
from resolvers.errors import InternalError

log = structlog.get_logger()


class HttpError(ClientError):
    """The HTTP request is not a GraphQL request; `status` says how, `headers` go with the answer."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def masked(error: Exception) -> Response:
    """The response to what nobody foresaw: an id, by which the log tells all."""
    error_id = uuid.uuid4().hex[:12]
    log.error("request failed", error_id=error_id, exc_info=error)
    text = f"The gateway failed to answer; its operators find the cause as error {error_id}."
    return shape_errors([InternalError(text, error_id=error_id)], InternalError.code, 500)
