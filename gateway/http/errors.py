"""What is wrong with an HTTP request before it is a GraphQL request."""

from __future__ import annotations

from callboard_sdk import ClientError


class HttpError(ClientError):
    """The HTTP request is not a GraphQL request; `status` says how, `headers` go with the answer."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
