"""What is answered at the addresses beside GraphQL: JSON, and in one form whatever is wrong.

A refusal is `{"error": {"name", "message"}, "request", "response": {"statusCode"}}`.
"""

from __future__ import annotations

import orjson
from callboard_sdk import CallboardError, HttpError, HttpReply
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import unforeseen
from .negotiation import JSON

_NAMES = {
    400: "InputError", 401: "AuthenticationError", 403: "NotAllowedError", 404: "NotFoundError", 409: "ConflictError",
    501: "NotImplementedError", 503: "ServiceUnavailableError",
}  # fmt: skip
"""What clients of the leading portal's services call what is wrong."""
_HEADERS = {"content-type": f"{JSON}; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff"}


def refused(scope: Scope, error: HttpError) -> HttpReply:
    """What is answered where nothing can be; of the request it says only what its sender wrote in its path."""
    told = {
        "error": {"name": _NAMES.get(error.status, "Error"), "message": error.message},
        "request": {"method": scope["method"], "url": scope["path"]},
        "response": {"statusCode": error.status},
    }
    return HttpReply(orjson.dumps(told), error.status, error.headers)


def failed(scope: Scope, error: Exception) -> HttpReply:
    """What is answered in place of an answer that failed by this; what nobody foresaw is logged, and told by an id."""
    match error:
        case HttpError():
            return refused(scope, error)
        case CallboardError():
            return refused(scope, HttpError(400, error.message))
        case _:
            return refused(scope, HttpError(500, unforeseen(error).message))


def nothing_at(hint: str) -> ASGIApp:
    """What answers where no address is; the hint says which there are."""

    async def nothing(scope: Scope, _receive: Receive, send: Send) -> None:
        await send_reply(scope, send, refused(scope, HttpError(404, f"nothing is at this address: {hint}")))

    return nothing


async def send_reply(scope: Scope, send: Send, reply: HttpReply) -> None:
    """Send it; of a HEAD request only the headers."""
    headers = {
        **_HEADERS,
        **{name.lower(): value for name, value in reply.headers.items()},
        "content-length": str(len(reply.body)),
    }
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
