"""A result as JSON bytes. A large one is encoded piece by piece, so that others get the event loop in between."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from .turns import Turn

PIECE = 500
"""Nodes that are encoded in one go."""


def encode(value: Any) -> bytes:
    """The value as JSON, at once."""
    return orjson.dumps(value, default=_plain)


async def encode_in_turns(value: Any, nodes: int, turn: Turn) -> bytes:
    """The value as JSON; `nodes` is about how many objects it holds."""
    if nodes <= PIECE:
        return encode(value)
    return encode(await _pieces(value, nodes, turn))


async def _pieces(value: Any, nodes: int, turn: Turn) -> Any:
    """The value with large lists in it encoded already."""
    if isinstance(value, dict):
        return {key: await _pieces(one, nodes, turn) if isinstance(one, dict | list) else one for key, one in value.items()}
    if not isinstance(value, list) or not value:
        return value
    each = max(1, nodes // len(value))
    if each > PIECE:
        return [await _pieces(one, each, turn) for one in value]
    step = max(1, PIECE // each)
    if len(value) <= step:
        return value
    pieces = []
    for start in range(0, len(value), step):
        pieces.append(encode(value[start : start + step])[1:-1])
        await turn.share()
    return orjson.Fragment(b"[" + b",".join(pieces) + b"]")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
