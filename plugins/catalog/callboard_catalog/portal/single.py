"""Single entities as the portal asks for them: by name, by uid, by refs; what is hidden is answered as what isn't there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from callboard_sdk import Ask, EntityRef, HttpError, HttpReply, HttpRequest, InvalidRef, encode_id

from .bodies import Part, body_of, reply, some
from .entities import Wanted
from .filters import Filter, every, named, read_filters, read_query
from .filters import some as some_of
from .operations import CHECK, ENTITIES_BY_ID, ENTITY, ENTITY_BY_ID, given
from .pages import PAGE, List

MOST_REFS = 1_000
"""Refs that one request may name; the portal's client asks for no more at once."""
_TOGETHER = 25
"""Refs that are asked for in one filter."""


class Refs(Part):
    """The body of a request for entities by their refs."""

    entityRefs: list[str]  # noqa: N815  the portal's name
    fields: list[str] = []
    query: Any = msgspec.UNSET


class Described(Part):
    """The body of a request that asks whether a descriptor is in order."""

    entity: dict[str, Any]
    location: str = ""


def ref_of(request: HttpRequest) -> EntityRef:
    """The ref in the path. Raises HttpError for what is none: nothing can have it."""
    try:
        return EntityRef(request.parts["kind"], request.parts["namespace"], request.parts["name"])
    except InvalidRef as error:
        raise HttpError(400, error.message) from None


async def fetch(ask: Ask, ref: EntityRef, wanted: Wanted) -> Mapping[str, Any]:
    """The entity as an operation gives it. Raises HttpError where there is none that the viewer may see."""
    found: Mapping[str, Any] | None = given(await ask(ENTITY, {"ref": str(ref), **wanted.variables()}), "entity")
    if found is None:
        raise HttpError(404, f"there is no entity {ref}: mend its name, or see whether its source was read")
    return found


async def by_name(request: HttpRequest, ask: Ask) -> HttpReply:
    """The entity that a path names."""
    wanted = Wanted.of(some(request, "fields"))
    return reply(wanted.shown(await fetch(ask, ref_of(request), wanted)))


async def by_uid(request: HttpRequest, ask: Ask) -> HttpReply:
    """The entity with a uid, which is its id in the graph."""
    wanted = Wanted.of(some(request, "fields"))
    told = await ask(ENTITY_BY_ID, {"id": request.parts["uid"], **wanted.variables()})
    unreadable = any(error["extensions"].get("code") == "BAD_ARGUMENT" for error in told.errors)
    found = None if unreadable else given(told, "node")
    if not found:
        raise HttpError(404, "there is no entity with this uid: take one from an entity's metadata, unchanged")
    return reply(wanted.shown(found))


async def ancestry(request: HttpRequest, ask: Ask) -> HttpReply:
    """The entity, alone: which Location led to its file is not kept here."""
    ref = ref_of(request)
    entity = Wanted().shown(await fetch(ask, ref, Wanted()))
    return reply({"rootEntityRef": str(ref), "items": [{"entity": entity, "parentEntityRefs": []}]})


async def by_refs(request: HttpRequest, ask: Ask) -> HttpReply:
    """The entities with these refs, in the same order; null where there is none, or where a text is no ref."""
    body = body_of(request, Refs)
    if len(body.entityRefs) > MOST_REFS:
        raise HttpError(400, f"`entityRefs` has {len(body.entityRefs)} refs: ask for at most {MOST_REFS} at once")
    wanted = Wanted.of(body.fields)
    refs = [_ref(text) for text in body.entityRefs]
    let = every([read_filters(some(request, "filter")), {} if body.query is msgspec.UNSET else read_query(body.query)])
    distinct = list(dict.fromkeys(ref for ref in refs if ref is not None))
    if let:
        distinct = await _let_through(request, ask, distinct, let)
    found: dict[EntityRef, Any] = {}
    for start in range(0, len(distinct), PAGE):
        part = distinct[start : start + PAGE]
        ids = [encode_id("Entity", str(ref)) for ref in part]
        nodes = given(await ask(ENTITIES_BY_ID, {"ids": ids, **wanted.variables()}), "nodes")
        found |= {ref: wanted.shown(node) for ref, node in zip(part, nodes, strict=True) if node}
    return reply({"items": [None if ref is None else found.get(ref) for ref in refs]})


async def _let_through(request: HttpRequest, ask: Ask, refs: Sequence[EntityRef], let: Filter) -> list[EntityRef]:
    """Those of the refs that a filter lets through."""
    found: set[EntityRef] = set()
    for start in range(0, len(refs), _TOGETHER):
        those = some_of([named(ref) for ref in refs[start : start + _TOGETHER]])
        listed = List(ask, every([let, those]), None, Wanted(("kind",)), request.reply_bytes)
        page = await listed.page(_TOGETHER)
        found |= {EntityRef.parse(node["ref"]) for node in page.nodes}
    return [ref for ref in refs if ref in found]


def _ref(text: str) -> EntityRef | None:
    try:
        return EntityRef.parse(text)
    except InvalidRef:
        return None


async def validate(request: HttpRequest, ask: Ask) -> HttpReply:
    """Whether a descriptor is in order by itself, and all that isn't."""
    body = body_of(request, Described)
    wrong = given(await ask(CHECK, {"descriptor": body.entity}), "checkDescriptor")
    if not wrong:
        return reply({})
    errors = [{"name": "ValidationError", "message": ". ".join(filter(None, (p["message"], p["remedy"])))} for p in wrong]
    return reply({"errors": errors}, 400)
