"""Decodes an upstream's JSON into the types a plugin asks for, and says where it doesn't fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from callboard_sdk.errors import UpstreamError

_MAX_DECODERS = 256
_MAX_TEXT = 300


class Decoding:
    """Keeps one decoder a type. `failed` is told of each answer that doesn't fit, for the upstream's health."""

    def __init__(self, name: str, failed: Callable[[UpstreamError], object]) -> None:
        self._name = name
        self._failed = failed
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def decode(self, content: bytes, kind: Any) -> Any:
        """`content` as `kind`. Raises UpstreamError BAD_ANSWER with the place in the body, and nothing of the body."""
        try:
            return self._decoder(kind).decode(content)
        except msgspec.ValidationError as error:
            problem = f"is not as expected: {_without_values(str(error))}"
        except (msgspec.DecodeError, UnicodeDecodeError):
            problem = "is not JSON"
        except RecursionError:
            problem = "is nested too deeply"
        text = f"{self._name}'s answer {problem}. Check that the upstream is what its settings say, and its version."
        mistake = UpstreamError(self._name, "BAD_ANSWER", text, retryable=False)
        self._failed(mistake)
        raise mistake

    def _decoder(self, kind: Any) -> msgspec.json.Decoder[Any]:
        found = self._decoders.get(kind)
        if found is None:
            found = msgspec.json.Decoder(Any if kind is object else kind)
            if len(self._decoders) < _MAX_DECODERS:
                self._decoders[kind] = found
        return found


def _without_values(text: str) -> str:
    """Msgspec names types and places; a value stands only in messages about enums and tags, and goes."""
    head, _, place = text.partition(" - at ")
    if head.startswith("Invalid"):
        head = head.partition("'")[0].strip() if "'" in head else head
    return (f"{head} at {place}" if place else head)[:_MAX_TEXT]
