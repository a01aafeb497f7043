"""The addresses of the portal's catalog API that are answered here, each with what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from callboard_sdk import Ask, Endpoint, HttpReply, HttpRequest

from . import facets, lists, locations, single
from .bodies import parameters_of

_ROOT = "/api/catalog"
_NAMED = "{kind}/{namespace}/{name}"
_LIST = ("filter", "fields", "order", "offset", "limit", "after")
_PAGE = (
    "filter", "fields", "orderField", "fullTextFilterTerm", "fullTextFilterFields", "limit", "offset", "cursor", "totalItems",
)  # fmt: skip

Answer = Callable[[HttpRequest, Ask], Awaitable[HttpReply]]


def addresses() -> Iterator[Endpoint]:
    """All of them, each with the parameters that it knows; what answers nothing takes any."""
    for method, path, answer, known in (
        ("GET", "/entities", lists.entities, _LIST),
        ("GET", "/entities/by-query", lists.by_parameters, _PAGE),
        ("POST", "/entities/by-query", lists.by_predicate, ()),
        ("POST", "/entities/by-refs", single.by_refs, ("filter",)),
        ("GET", f"/entities/by-name/{_NAMED}", single.by_name, ("fields",)),
        ("GET", f"/entities/by-name/{_NAMED}/ancestry", single.ancestry, ()),
        ("GET", "/entities/by-uid/{uid}", single.by_uid, ("fields",)),
        ("DELETE", "/entities/by-uid/{uid}", locations.removed_elsewhere, None),
        ("GET", "/entity-facets", facets.by_parameters, ("facet", "filter")),
        ("POST", "/entity-facets", facets.by_predicate, ()),
        ("POST", "/validate-entity", single.validate, ()),
        ("POST", "/refresh", locations.refreshed_elsewhere, None),
        ("GET", "/locations", locations.locations, ()),
        ("POST", "/locations", locations.written_elsewhere, None),
        ("POST", "/locations/by-query", locations.by_query, ()),
        ("GET", "/locations/{id}", locations.location, ()),
        ("PUT", "/locations/{id}", locations.written_elsewhere, None),
        ("DELETE", "/locations/{id}", locations.written_elsewhere, None),
        ("GET", f"/locations/by-entity/{_NAMED}", locations.by_entity, ()),
        ("POST", "/analyze-location", locations.written_elsewhere, None),
    ):
        yield Endpoint(method, f"{_ROOT}{path}", answer if known is None else _of_known(answer, known))


def _of_known(answer: Answer, known: Sequence[str]) -> Answer:
    """The answer to a request that has no other parameters than these."""

    async def answered(request: HttpRequest, ask: Ask) -> HttpReply:
        parameters_of(request, known)
        return await answer(request, ask)

    return answered
