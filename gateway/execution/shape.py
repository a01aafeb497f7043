"""The Result as a client reads it: every error has a code, nothing internal shows, and the whole is JSON bytes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from callboard_sdk import CallboardError
from graphql import GraphQLError

from gateway.planning.limits import LimitExceeded

from .encode import Encoder
from .executor import Result
from .turns import Turn

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back, in `pieces`. `executed` is false for a request error: nothing ran, there is no data (spec section 7.1)."""

    pieces: Sequence[bytes]
    executed: bool
    codes: tuple[str, ...] = ()
    status: int | None = None
    headers: Mapping[str, str] | None = None

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)


async def shape_result(result: Result, turn: Turn, extensions: Mapping[str, Any] | None = None, *, max_bytes: int) -> Response:
    """An executed operation's response. Raises LimitExceeded when it is larger than one may be."""
    errors = [_error(error) for error in result.errors or ()]
    executed = result.data is not None or any(error.path for error in result.errors or ())
    encoder = Encoder()
    body: dict[str, Any] = {"data": await encoder.in_pieces(result.data, result.nodes, turn, result.root)} if executed else {}
    if errors:
        body["errors"] = await encoder.in_pieces(errors, len(errors), turn)
    if extensions:
        body["extensions"] = extensions
    encoded = encoder.encode(body)
    if encoder.odd:
        errors += [_odd(name) for name in sorted(encoder.odd)]
        encoded = encoder.encode(body | {"errors": errors})
    if len(encoded) > max_bytes:
        raise LimitExceeded(f"the response has {len(encoded)} bytes; at most {max_bytes} are allowed: ask for smaller pages")
    return Response((encoded,), executed, tuple(error["extensions"]["code"] for error in errors))


def _odd(name: str) -> dict[str, Any]:
    log.error("a typed source gave a value that is no JSON value: run in development mode to find it", kind=name)
    text = f"A value of class {name} is null here, for it is no JSON value; tell the gateway's operators."
    return {"message": text, "extensions": {"code": "INTERNAL"}}


def shape_errors(
    errors: Sequence[GraphQLError | CallboardError],
    code: str,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A request error's response: errors alone, no data."""
    shaped = [_error(error, code) for error in errors]
    encoded = Encoder().encode({"errors": shaped})
    return Response((encoded,), False, tuple(e["extensions"]["code"] for e in shaped), status, headers)


def _error(error: GraphQLError | CallboardError, code: str = "BAD_USER_INPUT") -> dict[str, Any]:
    if isinstance(error, CallboardError):
        return {"message": error.message, "extensions": error.extensions}
    shaped: dict[str, Any] = {"message": error.message}
    if error.locations:
        shaped["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        shaped["path"] = error.path
    original = error.original_error
    if isinstance(original, CallboardError):
        shaped["extensions"] = original.extensions
    elif original is None or isinstance(original, GraphQLError):
        shaped["extensions"] = {"code": code, **(error.extensions or {})}
    else:
        shaped |= _masked(error, original)
    return shaped


def _masked(error: GraphQLError, original: Exception) -> dict[str, Any]:
    error_id = uuid.uuid4().hex[:12]
    log.error("field failed", path=error.path, error_id=error_id, exc_info=original)
    return {
        "message": f"This field failed inside the gateway; its operators find the cause as error {error_id}.",
        "extensions": {"code": "INTERNAL", "errorId": error_id},
    }
