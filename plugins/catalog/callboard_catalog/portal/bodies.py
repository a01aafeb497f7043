"""What requests of the portal's API say beside their paths: numbers, lists and bodies of JSON, each checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from callboard_sdk import HttpError, HttpReply, HttpRequest

S = TypeVar("S")


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpReply:
    """What is answered, as JSON."""
    return HttpReply(msgspec.json.encode(value), status, headers or {})


def body_of(request: HttpRequest, kind: type[S]) -> S:
    """The body, as this type. Raises HttpError for what is no JSON, or doesn't fit: it says where."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except msgspec.ValidationError as error:
        raise HttpError(400, f"the body doesn't fit: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HttpError(400, f"the body is not JSON: {error}" if request.body else "the body is empty: send JSON") from None


def one(request: HttpRequest, name: str) -> str | None:
    """The parameter of this name; None where there is none. Raises HttpError where it stands several times."""
    found = request.query.get(name, ())
    if len(found) > 1:
        raise HttpError(400, f"the parameter `{name}` stands {len(found)} times: give it once")
    return found[0] if found else None


def number(request: HttpRequest, name: str, least: int, most: int) -> int | None:
    """The parameter of this name as a number. Raises HttpError for what is none, or is out of its bounds."""
    text = one(request, name)
    if text is None or text == "":
        return None
    return bounded(int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text, name, least, most)


def bounded(value: int | str | None, name: str, least: int, most: int) -> int | None:
    """The number, which is within these bounds, or None. Raises HttpError."""
    if value is not None and (isinstance(value, str) or not least <= value <= most):
        raise HttpError(400, f"`{name}` is {str(value)[:40]!r}: give a number from {least} to {most}")
    return value


def some(request: HttpRequest, name: str) -> Sequence[str]:
    """Every value of the parameter."""
    return request.query.get(name, ())


def objects(value: Any, what: str) -> Mapping[str, Any]:
    """A mapping, of which JSON has those with texts as keys. Raises HttpError for anything else."""
    if not isinstance(value, dict):
        raise HttpError(400, f"{what} is no object: give one, as in {{...}}")
    return value
