"""A request's body, read no further than it may be long."""

from __future__ import annotations

from callboard_sdk import HttpError
from starlette.types import Receive

from .headers import Headers
from .negotiation import JSON


class Left(Exception):
    """The client went away before it had sent its whole request: there is nobody to answer."""


SETTING = "limits.body_bytes"
"""What says in a gateway's settings how long a body may be, where nothing else does."""


async def read_body(receive: Receive, declared: str | None, most: int, setting: str | None = SETTING) -> bytearray:
    """The body, of at most so many bytes, as `setting` says, if one does.

    Its Content-Length, `declared`, may refuse it alone. Raises HttpError for a longer one, as soon as that is known, and Left.
    """
    if declared is not None and _number(declared) > most:
        raise _too_large(most, setting)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Left
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most, setting)
        if not message.get("more_body", False):
            return body


async def read_json(receive: Receive, headers: Headers, most: int, setting: str | None = SETTING) -> bytes:
    """A body that its sender says is JSON, byte by byte as it was sent, or none. Raises HttpError, and Left."""
    body = bytes(await read_body(receive, headers.content_length, most, setting))
    kind = (headers.content_type or "").partition(";")[0].strip().lower()
    if body and kind != JSON:
        raise HttpError(415, f"the body is {kind[:80] or 'of no declared type'}: send it as {JSON}")
    if (encoding := (headers.content_encoding or "identity").strip().lower()) != "identity":
        raise HttpError(415, f"the body is encoded as {encoding[:40]}: send it as it is, without Content-Encoding")
    return body


def _number(text: str) -> int:
    """What a length says; one that says nothing is not believed, and the bytes are counted as they come."""
    try:
        return int(text)
    except ValueError:
        return 0


def _too_large(most: int, setting: str | None) -> HttpError:
    remedy = "send less" if setting is None else f"send less at once, or raise `{setting}` in the gateway's settings"
    return HttpError(413, f"the body is larger than {most} bytes: {remedy}")
