"""A request's body, read no further than it may be long."""

from __future__ import annotations

from callboard_sdk import HttpError
from starlette.types import Receive


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


def _number(text: str) -> int:
    """What a length says; one that says nothing is not believed, and the bytes are counted as they come."""
    try:
        return int(text)
    except ValueError:
        return 0


def _too_large(most: int) -> HttpError:
    return HttpError(413, f"the body is larger than {most} bytes: send less, or pass values as variables")
