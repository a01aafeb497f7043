"""Objects by their ids: an id names the type whose loader finds its object, and one call finds all of that type."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callboard_sdk import Access, BadArgument, CallboardError, Entity, NodeKey, decode_id
from callboard_sdk.conditions import ALWAYS, NEVER, Expression, holds

from schema import Supergraph

from .errors import PluginUnavailable
from .plugins import Request


@dataclass(frozen=True)
class Nodes:
    """Finds objects by id. `failed` has the plugins that could not be loaded, with the reason."""

    supergraph: Supergraph
    failed: Mapping[str, str]

    async def load(self, ids: Sequence[str], request: Request, access: Access) -> list[Any]:
        """For each id its object, None where there is none that the viewer may see, or the error that it came to.

        What may not be loaded is not asked for, and is as if there were no such type. What gave nothing to a viewer who may not
        see everything is counted, hidden and absent alike.
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
        found = {key: access.shown(one) if isinstance(one, Entity) else one for key, one in found.items()}
        for key, one in found.items():
            if one is None and key.type in self.supergraph.guards and (key.type in request.opens or not access.whole):
                request.nothing[key.type] += 1
        return [found[key] if isinstance(key, NodeKey) else key for key in keys]

    async def _column(self, kind: str, keys: Sequence[str], request: Request) -> Sequence[Any]:
        guard, spec = self.supergraph.guards.get(kind), self.supergraph.loaders.get(kind)
        must = request.opens.get(kind, ALWAYS)
        if guard is None or must == NEVER or (spec is None and kind in self.supergraph.entities):
            return [None] * len(keys)
        if spec is None:
            return [PluginUnavailable(guard.plugin, self.failed.get(guard.plugin, "it could not be loaded"))] * len(keys)
        try:
            found = await request.load(spec, keys, {})
        except CallboardError as error:
            return [error] * len(keys)
        return found if must == ALWAYS else [_meeting(must, one) for one in found]


def _meeting(must: Expression, found: Any) -> Any:
    """An entity that is as it must be, or what there is instead of one."""
    return found if isinstance(found, Exception) or (isinstance(found, Entity) and holds(must, found)) else None


def _key(text: str) -> NodeKey | BadArgument:
    try:
        return decode_id(text)
    except BadArgument as error:
        return error
