"""What the first step of a request says when a token can't be believed, or can't be checked now."""

from __future__ import annotations

from callboard_sdk.errors import CallboardError, UpstreamError


class Unauthenticated(CallboardError):
    """The token is wrong; the text tells its bearer what is wrong and never repeats the token.

    Answered as HTTP 401 with a Bearer challenge (RFC 6750, section 3). Asking again with the same token is in vain.
    """

    code = "UNAUTHENTICATED"


class KeysUnavailable(UpstreamError):
    """The keys that would prove the token can't be had now: nobody's fault who asks, so not a 401.

    Answered as HTTP 503; asking again later may succeed.
    """

    def __init__(self, issuer: str, message: str, *, reason: str = "UNREACHABLE") -> None:
        super().__init__(f"issuer {issuer}", reason, message)
