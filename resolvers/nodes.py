"""Objects by their ids: an id names the type whose loader finds its object, and one call finds all of that type."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callboard_sdk import BadArgument, CallboardError, NodeKey, decode_id

from schema import Supergraph

from .errors import PluginUnavailable
from .plugins import Request


@dataclass(frozen=True)
class Nodes:
    """Finds objects by id. `failed` has the plugins that could not be loaded, with the reason."""

    supergraph: Supergraph
    failed: Mapping[str, str]

    async def load(self, ids: Sequence[str], request: Request) -> list[Any]:
        """For each id its object, None where there is none, or the error that it came to.

        What may not be loaded is not asked for, and answers the same whether or not it is there.
        """
        keys = [_key(text) for text in ids]
        wanted: dict[str, dict[str, None]] = defaultdict(dict)
        for key in keys:
            if isinstance(key, NodeKey):
                wanted[key.type][key.key] = None
        columns = await asyncio.gather(*(self._column(kind, list(asked), request) for kind, asked in wanted.items()))
        found = {
            NodeKey(kind, key): value
            for (kind, asked), column in zip(wanted.items(), columns, strict=True)
            for key, value in zip(asked, column, strict=True)
        }
        return [found[key] if isinstance(key, NodeKey) else key for key in keys]

    async def _column(self, kind: str, keys: Sequence[str], request: Request) -> Sequence[Any]:
        guard, spec = self.supergraph.guards.get(kind), self.supergraph.loaders.get(kind)
        if guard is None or (spec is None and kind in self.supergraph.entities):
            return [None] * len(keys)
        if (refused := request.refusal(kind)) is not None:
            return [refused] * len(keys)
        if spec is None:
            return [PluginUnavailable(guard.plugin, self.failed.get(guard.plugin, "it could not be loaded"))] * len(keys)
        try:
            return await request.load(spec, keys, {})
        except CallboardError as error:
            return [error] * len(keys)


def _key(text: str) -> NodeKey | BadArgument:
    try:
        return decode_id(text)
    except BadArgument as error:
        return error
