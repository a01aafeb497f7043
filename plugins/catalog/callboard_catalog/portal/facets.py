"""Facets of the portal's API: how often each value of a key comes, as the graph counts them for its viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from callboard_sdk import Ask, HttpError, HttpReply, HttpRequest

from .bodies import Part, body_of, reply, some
from .entities import Json, Wanted
from .filters import Filter, every, read_filters, read_query
from .operations import FACETS, given
from .pages import PAGE, List

MOST_FACETS = 50
"""Facets of one request."""
_TOGETHER = 10
"""Facets of one operation."""
_FIELDS = {
    "kind": "KIND", "metadata.namespace": "NAMESPACE", "metadata.tags": "TAG", "spec.type": "TYPE", "spec.lifecycle": "LIFECYCLE",
    "spec.owner": "OWNER", "relations.ownedBy": "OWNER",
}  # fmt: skip
_KEYED = {"metadata.labels.": "LABEL", "metadata.annotations.": "ANNOTATION", "spec.": "SPEC"}


class FacetsQuery(Part):
    """The body of a request for facets."""

    facets: list[str]
    query: Any = msgspec.UNSET


async def by_parameters(request: HttpRequest, ask: Ask) -> HttpReply:
    """The facets that parameters name."""
    return await _counted(request, ask, some(request, "facet"), read_filters(some(request, "filter")))


async def by_predicate(request: HttpRequest, ask: Ask) -> HttpReply:
    """The facets that a body names."""
    body = body_of(request, FacetsQuery)
    return await _counted(request, ask, body.facets, {} if body.query is msgspec.UNSET else read_query(body.query))


async def _counted(request: HttpRequest, ask: Ask, named: Sequence[str], let: Filter) -> HttpReply:
    names = list(dict.fromkeys(named))
    if not 1 <= len(names) <= MOST_FACETS:
        raise HttpError(400, f"{len(names)} facets are named: name 1 to {MOST_FACETS}, as in facet=kind&facet=spec.type")
    by = [_by(name) for name in names]
    found: dict[str, list[Json]] = {}
    cut: list[str] = []
    for start in range(0, len(names), _TOGETHER):
        asked = {"by": by[start : start + _TOGETHER], "first": PAGE, "filter": let or None}
        facets = given(await ask(FACETS, asked), "entityFacets")
        for name, facet in zip(names[start : start + _TOGETHER], facets, strict=True):
            found[name] = facet["values"]
            cut += [name] if facet["more"] else []
    if "kind" in found:
        found["kind"] = [{**one, "value": await _written(request, ask, one["value"], let)} for one in found["kind"]]
    return reply({"facets": found}, headers={"x-callboard-more": ", ".join(cut)} if cut else None)


def _by(name: str) -> Mapping[str, str]:
    if (field := _FIELDS.get(name)) is not None:
        return {"field": field}
    for before, keyed in _KEYED.items():
        if name.startswith(before) and len(name) > len(before):
            return {"field": keyed, "key": name[len(before) :]}
    known = ", ".join([*_FIELDS, *(f"{before}KEY" for before in _KEYED)])
    raise HttpError(400, f"nothing is counted by {name[:80]!r} here: name one of {known}")


async def _written(request: HttpRequest, ask: Ask, kind: str, let: Filter) -> str:
    """The kind as the first entity of it writes it: the graph counts kinds without case."""
    listed = List(ask, every([{"kinds": [kind]}, let]), None, Wanted(("kind",)), request.reply_bytes)
    page = await listed.page(1)
    return page.nodes[0]["kind"] if page.nodes else kind
