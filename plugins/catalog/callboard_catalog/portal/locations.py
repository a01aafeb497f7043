"""Locations as the portal has them: here each is a target of a Location entity; what would write one says what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from callboard_sdk import Ask, HttpError, HttpReply, HttpRequest

from .bodies import Part, body_of, bounded, reply
from .entities import Json, Wanted
from .lists import EVERY, MOST, USUAL
from .pages import List
from .single import fetch, ref_of

_ORIGIN = "backstage.io/managed-by-origin-location"
_WANTED = Wanted(("metadata.annotations", "spec"))
_LOCATIONS = {"kinds": ["location"]}


class LocationsQuery(Part):
    """The body of a query for locations."""

    limit: int | None = None
    cursor: str | None = None
    query: Any = msgspec.UNSET


async def locations(request: HttpRequest, ask: Ask) -> HttpReply:
    """All of them."""
    return reply([{"data": one} for one in await _all(request, ask)])


async def location(request: HttpRequest, ask: Ask) -> HttpReply:
    """The one with this id."""
    uid, _, _ = request.parts["id"].partition(".")
    for one in await _all(request, ask):
        if one["id"] == request.parts["id"] and uid:
            return reply(one)
    raise HttpError(404, "there is no location with this id: take one from /locations, unchanged")


async def by_query(request: HttpRequest, ask: Ask) -> HttpReply:
    """A page of them; a cursor is the id of the last one that was given."""
    body = body_of(request, LocationsQuery)
    if body.query is not msgspec.UNSET:
        raise HttpError(400, "locations have no `query` here: leave it out, and choose among all of them")
    found, limit = await _all(request, ask), bounded(body.limit, "limit", 1, MOST) or USUAL
    start = 0
    if body.cursor:
        ids = [one["id"] for one in found]
        if body.cursor not in ids:
            raise HttpError(400, "`cursor` is none of this address: give a `nextCursor` unchanged, or begin again")
        start = ids.index(body.cursor) + 1
    page = found[start : start + limit]
    info = {"nextCursor": page[-1]["id"]} if start + limit < len(found) else {}
    return reply({"items": page, "totalItems": len(found), "pageInfo": info})


async def by_entity(request: HttpRequest, ask: Ask) -> HttpReply:
    """The one that a Location entity names first, or that another entity's annotation says it came from."""
    ref = ref_of(request)
    entity = await fetch(ask, ref, _WANTED)
    if found := list(_of(entity)) if ref.kind == "location" else []:
        return reply(found[0])
    notes = (entity.get("descriptor") or {}).get("metadata", {}).get("annotations", {})
    for one in await _all(request, ask) if _ORIGIN in notes else ():
        if f"{one['type']}:{one['target']}" == notes[_ORIGIN]:
            return reply(one)
    raise HttpError(404, f"no location is known for {ref}: the field `source` in the graph says where its descriptor is")


async def _all(request: HttpRequest, ask: Ask) -> list[Json]:
    listed = List(ask, _LOCATIONS, None, _WANTED, request.reply_bytes)
    page = await listed.page(EVERY)
    return [one for node in page.nodes for one in _of(node)]


def _of(node: Mapping[str, Any]) -> Iterator[Json]:
    """The targets of a Location entity, each with an id of its own."""
    spec = (node.get("descriptor") or {}).get("spec") or {}
    targets = [spec.get("target"), *(spec["targets"] if isinstance(spec.get("targets"), list) else ())]
    kind = spec.get("type")
    for number, target in enumerate(one for one in targets if isinstance(one, str)):
        named = kind if isinstance(kind, str) else "url" if "://" in target else "file"
        yield {"id": f"{node['id']}.{number}", "type": named, "target": target, "entityRef": node["ref"]}


async def written_elsewhere(_request: HttpRequest, ask: Ask) -> HttpReply:
    """What there is in place of registering locations."""
    await ask("query PortalNobody { __typename }")
    text = (
        "Locations are not registered here: name the place in `plugins.catalog.sources` of the gateway's settings, or in a "
        "Location entity that one of its sources reads. Take it out there, and what was read from it goes."
    )
    raise HttpError(501, text)


async def removed_elsewhere(_request: HttpRequest, ask: Ask) -> HttpReply:
    """What there is in place of removing entities."""
    await ask("query PortalNobody { __typename }")
    raise HttpError(501, "Entities are not removed here: take the descriptor out of its source, and the entity goes.")


async def refreshed_elsewhere(_request: HttpRequest, ask: Ask) -> HttpReply:
    """What there is in place of refreshing one entity."""
    await ask("query PortalNobody { __typename }")
    text = "Entities are not refreshed one by one: have their source read now by the mutation `refreshSource` of the graph."
    raise HttpError(501, text)
