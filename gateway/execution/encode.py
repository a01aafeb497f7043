"""A result as JSON bytes. A large one is encoded piece by piece, so that others get the event loop in between."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from .turns import Turn

PIECE = 1_000
"""Nodes that are encoded in one go."""


class Encoder:
    """Encodes one response. What is no JSON value becomes null, and its class is noted in `odd`: a type that is declared
    typed, and isn't, spoils one value and not the response.
    """

    def __init__(self) -> None:
        self.odd: set[str] = set()

    def encode(self, value: Any) -> bytes:
        """The value as JSON, at once."""
        return orjson.dumps(value, default=self._plain)

    async def in_pieces(self, value: Any, nodes: int, turn: Turn) -> Any:
        """What to encode in the value's place; of a large one, `nodes` being about how many objects it holds, long lists
        are encoded here, piece by piece, and each piece is freed: freeing all at the end would take as long as a turn may.
        """
        return value if nodes <= PIECE else await self._pieces(value, nodes, turn)

    async def _pieces(self, value: Any, nodes: int, turn: Turn) -> Any:
        """The value with large lists in it encoded already."""
        if isinstance(value, dict):
            return {k: await self._pieces(v, nodes, turn) if isinstance(v, dict | list) else v for k, v in value.items()}
        if not isinstance(value, list) or not value:
            return value
        each = max(1, nodes // len(value))
        if each > PIECE:
            return [await self._pieces(one, each, turn) for one in value]
        step = max(1, PIECE // each)
        if len(value) <= step:
            return value
        pieces = []
        for start in range(0, len(value), step):
            pieces.append(self.encode(value[start : start + step])[1:-1])
            value[start : start + step] = [None] * len(value[start : start + step])
            await turn.share()
        return orjson.Fragment(b"[" + b",".join(pieces) + b"]")

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return str(value)
        self.odd.add(type(value).__name__)
        return None
