"""The entities of an existing portal, by its catalog's REST API: page by page at a cursor, or all at once where it has none.

What the portal worked out itself is left out: relations are made anew from the specs, and its ids and stamps say nothing here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import msgspec
from callboard_sdk import Client, EntityRef, Event, InvalidRef, Item, Known, Same, Unread, Unreadable, UpstreamError, Whole
from callboard_sdk.sources import Events

from callboard_catalog.settings.remote import BackstageSource

from .asking import MAX_PAGES, fresh, unanswered

_QUERY = "api/catalog/entities/by-query"
_ALL = "api/catalog/entities"
_OWN = frozenset({"uid", "etag", "generation"})
"""What the portal puts into `metadata` itself."""

Entity = dict[str, Any]


class _PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    next_cursor: str | None = None


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    items: list[Entity]
    total_items: int
    page_info: _PageInfo


class Backstage:
    """One portal. Each entity is an item, named by its ref."""

    def __init__(self, settings: BackstageSource, client: Client) -> None:
        self._settings = settings
        self._client = client

    async def read(self, known: Known) -> Events:
        """Whole when as many entities came as the portal said there were."""
        names: set[str] = set()
        odd: list[Unread] = []
        try:
            async for page in self._pages():
                async for event in _items(page, known, names, odd):
                    yield event
        except UpstreamError as error:
            yield Unread("", unanswered(error))
            return
        except Unreadable as error:
            yield Unread("", error)
            return
        for event in odd:
            yield event
        yield Whole()

    async def _pages(self) -> AsyncIterator[list[Entity]]:
        kinds = [f"kind={kind.lower()}" for kind in self._settings.kinds]
        params: dict[str, Any] = {"limit": self._settings.page} | ({"filter": kinds} if kinds else {})
        reply = await fresh(self._client, _QUERY, params, ok=frozenset({404}))
        if reply.status == 404:
            everything = (await fresh(self._client, _ALL, {"filter": kinds} if kinds else None)).json(list[Entity])
            yield self._wanted(everything)
            return
        page, count, cursors = reply.json(_Page), 0, set[str]()
        while True:
            count += len(page.items)
            yield self._wanted(page.items)
            cursor = page.page_info.next_cursor
            if cursor is None:
                break
            if cursor in cursors or len(cursors) == MAX_PAGES:
                raise Unreadable("incomplete", "has a list whose pages come to no end", "Look at what answers at its address.")
            cursors.add(cursor)
            page = (await fresh(self._client, _QUERY, {"cursor": cursor, "limit": self._settings.page})).json(_Page)
        if count != page.total_items:
            why = f"listed {count} entities, and says that there are {page.total_items}"
            raise Unreadable("incomplete", why, "It is read again at the next reading.")

    def _wanted(self, entities: list[Entity]) -> list[Entity]:
        if self._settings.kinds:
            kinds = {kind.lower() for kind in self._settings.kinds}
            return [one for one in entities if str(one.get("kind", "")).lower() in kinds]
        return [one for one in entities if str(one.get("kind", "")).lower() != "location"]


async def _items(page: list[Entity], known: Known, names: set[str], odd: list[Unread]) -> AsyncIterator[Event]:
    found = list(_named(page, names, odd))
    versions = await known.versions([name for name, _ in found])
    for name, entity in found:
        etag = entity["metadata"].get("etag")
        if isinstance(etag, str) and versions.get(name) == etag:
            yield Same(name)
        else:
            yield Item(
                name, entities=[_descriptor(entity)], version=etag if isinstance(etag, str) and etag.isprintable() else None
            )


def _named(page: list[Entity], names: set[str], odd: list[Unread]) -> Iterator[tuple[str, Entity]]:
    for entity in page:
        try:
            metadata = entity["metadata"]
            ref = str(EntityRef.read({"kind": entity["kind"], **_place(metadata)}, kind="", namespace="default"))
        except (KeyError, TypeError, AttributeError, InvalidRef):
            why = Unreadable("not-an-entity", "has an entity without a usable kind and name", "Mend it in the portal.")
            odd.append(Unread(f"#{len(odd)}", why))
            continue
        if ref not in names:
            names.add(ref)
            yield ref, entity


def _place(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": metadata["name"], "namespace": metadata.get("namespace")}


def _descriptor(entity: Entity) -> Entity:
    metadata = {name: value for name, value in entity["metadata"].items() if name not in _OWN}
    return {name: value for name, value in entity.items() if name not in ("relations", "status")} | {"metadata": metadata}
