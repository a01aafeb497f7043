"""Leaks, each planted on purpose in one place: what the trials must find. The first words say what kind it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from callboard_catalog.fields import relation_fields
from callboard_catalog.queries import columns
from callboard_catalog.queries.expressions import beginning_of
from callboard_catalog.queries.store import CatalogStore
from callboard_sdk import EVERYTHING, Access, BadArgument, ClientError, Connection, EntityRef, Page, Readable
from gateway.execution.sight import Sight
from gateway.planning.ruling import Ruling
from resolvers.nodes import Nodes
from resolvers.visible_catalog import VisibleCatalog

_entities = CatalogStore.entities
_load = Nodes.load
_shown = Access.shown
Plant = Callable[[pytest.MonkeyPatch], None]


async def _everything(store: CatalogStore) -> int:
    return (await _entities(store, None, Page(first=1))).total_count


async def _counted(self: CatalogStore, wanted: Any, page: Page, *more: Any, **given: Any) -> Connection[Any]:
    found = await _entities(self, wanted, page, *more, **given)
    whole = await _entities(self, wanted, replace(page, access=EVERYTHING), *more, **given)
    return replace(found, total_count=whole.total_count)


async def _ordered(self: CatalogStore, wanted: Any, page: Page, *more: Any, **given: Any) -> Connection[Any]:
    found = await _entities(self, wanted, page, *more, **given)
    return replace(found, edges=found.edges[:: -1 if await _everything(self) % 2 else 1])


async def _told(self: CatalogStore, wanted: Any, page: Page, *more: Any, **given: Any) -> Connection[Any]:
    if page.after is not None and page.after.startswith("b"):
        raise BadArgument(f"the cursor is before {await _everything(self)} entities")
    return await _entities(self, wanted, page, *more, **given)


async def _numbered(self: CatalogStore, wanted: Any, page: Page, *more: Any, **given: Any) -> Connection[Any]:
    found, number = await _entities(self, wanted, page, *more, **given), await _everything(self)
    edges = [replace(edge, cursor=f"{edge.cursor}.{number}") for edge in found.edges]
    last = edges[-1].cursor if edges else None
    return replace(found, edges=edges, page_info=replace(found.page_info, end_cursor=last))


async def _further(self: CatalogStore, wanted: Any, page: Page, *more: Any, **given: Any) -> Connection[Any]:
    found = await _entities(self, wanted, page, *more, **given)
    whole = await _entities(self, wanted, replace(page, access=EVERYTHING), *more, **given)
    return replace(found, page_info=replace(found.page_info, has_next_page=whole.page_info.has_next_page))


async def _related(entities: Sequence[Any], types: Any, store: CatalogStore, access: Access, kind: str | None = None) -> Any:
    relations = await store.relations([entity.ref for entity in entities], types)
    others = {target for found in relations.values() for _, target, _ in found if kind in (None, target.kind)}
    known: Mapping[EntityRef, Any] = await relation_fields.known(store, others, access)
    return [[(name, ref) for name, ref, _ in relations[entity.ref] if ref in others] for entity in entities], known


def _refused(self: Access, entity: Any) -> Any:
    if entity is not None and not self.sees(entity):
        raise ClientError("you may not see it")
    return entity


async def _loaded(self: Nodes, ids: Sequence[str], request: Any, access: Access) -> list[Any]:
    found = await _load(self, ids, request, access)
    store = request.plugins.runtimes["catalog"].resources[CatalogStore]
    keys = [EntityRef.parse(key.key) if isinstance(key := _key(text), tuple) and key.type == "Entity" else None for text in ids]
    there = [key is not None and (await store.get([key]))[0] is not None for key in keys]
    return [
        ClientError("you may not see it") if one is None and is_there else one for one, is_there in zip(found, there, strict=True)
    ]


_key = sys.modules["resolvers.nodes"]._key


async def _handed(self: VisibleCatalog, refs: Sequence[EntityRef]) -> Any:
    return await self._catalog.get(refs)


async def _added_up(self: VisibleCatalog, refs: Sequence[EntityRef], relation: str) -> Any:
    return await self._catalog.related(refs, relation)


def _set(owner: Any, name: str, value: Any) -> Plant:
    return lambda patch: patch.setattr(owner, name, value)


def _telling(patch: pytest.MonkeyPatch) -> None:
    for module in ("lists", "store"):
        patch.setattr(sys.modules[f"callboard_catalog.queries.{module}"], "untelling", lambda _access: [])


LEAKS: Mapping[str, Plant] = {
    "count: of all entities": _set(CatalogStore, "entities", _counted),
    "order: by how many there are": _set(CatalogStore, "entities", _ordered),
    "error text: says how many there are": _set(CatalogStore, "entities", _told),
    "error text: of what is there and hidden": _set(Access, "shown", _refused),
    "cursor: has a number of all": _set(CatalogStore, "entities", _numbered),
    "cursor: says that hidden ones follow": _set(CatalogStore, "entities", _further),
    "suggestion: of a hidden name": _telling,
    "relation: that only the hidden side declares": _set(relation_fields, "_related", _related),
    "node id: of what is there and hidden": _set(Nodes, "load", _loaded),
    "catalog: hands plugins what is hidden": _set(VisibleCatalog, "get", _handed),
    "filter: by what may not be read": _set(Ruling, "refused", lambda self, definition: {}),
    "value: the whole spec": _set(Readable, "reads", lambda self, entity, name: True),
    "value: whatever its condition says": _set(Sight, "holding", lambda self, condition, parents: list(range(len(parents)))),
}
SUMS = _set(VisibleCatalog, "related", _added_up)
"""Adds up what is hidden: it takes a gateway that has sums to find this one."""
FACETED = _set(columns, "beginning_of", lambda marks: beginning_of(marks) or "")
"""Counts the values of all keys where nothing has the one that is asked for: it takes many facets to find this one."""
