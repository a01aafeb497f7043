"""A result as JSON bytes. A large one is encoded piece by piece, so that others get the event loop in between."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

import orjson

from gateway.planning.selection import Abstract, ListOf, Object, Output, Selection

from .turns import Turn

PIECE = 1_000
"""Nodes that are encoded in one go."""

Fields = dict[str, Output]
"""What each response key holds."""


class Encoder:
    """Encodes one response. What is no JSON value becomes null, and its class is noted in `odd`: a type that is declared
    typed, and isn't, spoils one value and not the response.
    """

    def __init__(self) -> None:
        self.odd: set[str] = set()

    def encode(self, value: Any) -> bytes:
        """The value as JSON, at once."""
        return orjson.dumps(value, default=self._plain)

    async def in_pieces(self, value: Any, nodes: int, turn: Turn, selection: Selection | None = None) -> Any:
        """What to encode in the value's place; of a large one, `nodes` being about how many objects it holds, long lists
        are encoded here, piece by piece.

        Each piece of rows, which `selection` tells, is freed at once: freeing all at the end would take as long as a turn
        may. Lists that leaves hold are their sources' own, and are left as they are.
        """
        return value if nodes <= PIECE else await self._pieces(value, nodes, turn, _fields([selection] if selection else []))

    async def _pieces(self, value: Any, nodes: int, turn: Turn, below: Output | Fields | None) -> Any:
        """The value with large lists in it encoded already."""
        if isinstance(value, dict):
            fields = below if isinstance(below, dict) else _fields(_selections(below))
            return {
                k: await self._pieces(v, nodes, turn, fields.get(k)) if isinstance(v, dict | list) else v
                for k, v in value.items()
            }
        if not isinstance(value, list) or not value:
            return value
        item = below.item if isinstance(below, ListOf) else None
        each = max(1, nodes // len(value))
        if each > PIECE:
            return [await self._pieces(one, each, turn, item) for one in value]
        step = max(1, PIECE // each)
        if len(value) <= step:
            return value
        rows = bool(_selections(item))
        pieces = []
        for start in range(0, len(value), step):
            piece = value[start : start + step]
            pieces.append(self.encode(piece)[1:-1])
            if rows:
                value[start : start + step] = [None] * len(piece)
            del piece
            await turn.share()
        return orjson.Fragment(b"[" + b",".join(pieces) + b"]")

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return str(value)
        self.odd.add(type(value).__name__)
        return None


def _selections(output: Output | Fields | None) -> Collection[Selection]:
    """What is selected on the objects that an output holds, at whatever depth of lists; nothing of a leaf."""
    while isinstance(output, ListOf):
        output = output.item
    if isinstance(output, Object):
        return [output.selection]
    return output.selections.values() if isinstance(output, Abstract) else []


def _fields(selections: Collection[Selection]) -> Fields:
    """What each key holds; in all types the same key holds the same shape (spec section 5.3.2)."""
    return {field.key: field.output for selection in selections for field in selection.fields}
