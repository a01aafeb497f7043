"""The errors a plugin raises or returns: each has a stable code and a text that a client may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CallboardError(Exception):
    """Base of every error whose text is safe to show to whoever asked.

    `code` is stable and documented; `extensions` are the further keys of the GraphQL error's `extensions`.
    Say in the text what is wrong, where, and what to do instead.
    """

    code = "INTERNAL"
    retryable = False

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = extensions

    @property
    def extensions(self) -> dict[str, Any]:
        """What the GraphQL error carries beside its message (GraphQL spec, section 7.1.6)."""
        return {"code": self.code, "retryable": self.retryable, **self.details}


class ClientError(CallboardError):
    """The request asks for something that can't be: the asker can mend it."""

    code = "BAD_REQUEST"


class BadArgument(ClientError):
    """An argument's value is outside what the field takes."""

    code = "BAD_ARGUMENT"


class NotFound(ClientError):
    """Nothing by that name that the viewer may see; a hidden object answers the same."""

    code = "NOT_FOUND"


class UpstreamError(CallboardError):
    """An external system failed: names the system, never its secrets or its raw answer.

    `reason` is one of UNREACHABLE, TIMEOUT, REFUSED, UNAUTHORIZED, NOT_FOUND, RATE_LIMITED, BAD_ANSWER, TOO_LARGE,
    OVERLOADED. `status` is the HTTP status where there was one.
    """

    code = "UPSTREAM"

    def __init__(
        self, upstream: str, reason: str, message: str, *, status: int | None = None, retryable: bool = True, **extensions: Any
    ) -> None:
        super().__init__(message, upstream=upstream, reason=reason, **extensions)
        self.upstream = upstream
        self.reason = reason
        self.status = status
        self.retryable = retryable


class RegistrationError(Exception):
    """A plugin's definition breaks the contract; the text names file:line and what to write instead."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}. {remedy}")
        self.where = where
        self.problem = problem
        self.remedy = remedy
