"""What the first step of a request says when a token can't be believed, or can't be checked now."""

from __future__ import annotations

from callboard_sdk.errors import CallboardError, ClientError, UpstreamError


class Unauthenticated(CallboardError):
    """The token is wrong; the text tells its bearer what is wrong and never repeats the token.

    Answered as HTTP 401 with a Bearer challenge (RFC 6750, section 3). Asking again with the same token is in vain.
    `token` is the id of the stored access token that it is about, if it is about one.
    """

    code = "UNAUTHENTICATED"

    def __init__(self, message: str, *, token: str | None = None) -> None:
        super().__init__(message)
        self.token = token


class KeysUnavailable(UpstreamError):
    """The keys that would prove the token can't be had now: nobody's fault who asks, so not a 401.

    Answered as HTTP 503; asking again later may succeed.
    """

    def __init__(self, issuer: str, message: str, *, reason: str = "UNREACHABLE") -> None:
        super().__init__(f"issuer {issuer}", reason, message)


class OperationNotAllowed(ClientError):
    """The token is good, and not for this document; answered as HTTP 403."""

    code = "OPERATION_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__(
            "this access token is only for the documents that it was made for, letter for letter: send one of them, or use"
            " another token"
        )
