"""A request's body, read no further than it may be long."""

from __future__ import annotations

from callboard_sdk import HttpError
from starlette.types import Receive

from .headers import Headers
from .negotiation import JSON


class Left(Exception):
    """The client went away before it had sent its whole request: there is nobody to answer."""


async def read_body(receive: Receive, declared: str | None, most: int) -> bytearray:
    """The body, of at most so many bytes; `declared` is its Content-Length, which alone may refuse it.

    Raises HttpError for a longer one, as soon as that is known, and Left.
    """
    if declared is not None and _number(declared) > most:
        raise _too_large(most)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Left
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return body


async def read_json(receive: Receive, headers: Headers, most: int) -> bytes:
    """A body that its sender says is JSON, byte by byte as it was sent, or none. Raises HttpError, and Left."""
    body = bytes(await read_body(receive, headers.content_length, most))
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


def _too_large(most: int) -> HttpError:
    return HttpError(413, f"the body is larger than {most} bytes: send less, or pass values as variables")
