"""What requests of the portal's API say beside their paths: numbers, lists and bodies of JSON, each checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
from callboard_sdk import HttpError, HttpReply, HttpRequest


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpReply:
    """What is answered, as JSON."""
    return HttpReply(msgspec.json.encode(value), status, headers or {})


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """An object of a body: nothing is in it that is not declared."""


S = TypeVar("S", bound=Part)


def body_of(request: HttpRequest, kind: type[S]) -> S:
    """The body, as this type. Raises HttpError for what is no JSON, doesn't fit, or has what is not known: it says where."""
    try:
        found = msgspec.json.decode(request.body)
        if isinstance(found, dict):
            _known("the body has", found, kind.__struct_encode_fields__)
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise HttpError(400, f"the body doesn't fit: {str(error)[:300]}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HttpError(400, f"the body is not JSON: {error}" if request.body else "the body is empty: send JSON") from None


def parameters_of(request: HttpRequest, known: Sequence[str]) -> None:
    """Raises HttpError where there is a parameter that the address doesn't know: what it asks for would be left undone."""
    _known("the query string has", request.query, known)


def _known(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name[:80], known, n=1)
            hint = f"did you mean `{near[0]}`? " if near else ""
            there = f"known are {', '.join(known)}" if known else "this address knows none"
            raise HttpError(400, f"{where} {name[:80]!r}, which is not known: {hint}{there}")


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
