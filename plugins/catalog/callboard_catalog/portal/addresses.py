"""The addresses of the portal's catalog API that are answered here, each with what answers it."""

from __future__ import annotations

from collections.abc import Iterator

from callboard_sdk import Endpoint

from . import facets, lists, locations, single

_ROOT = "/api/catalog"
_NAMED = "{kind}/{namespace}/{name}"


def addresses() -> Iterator[Endpoint]:
    """All of them."""
    for method, path, answer in (
        ("GET", "/entities", lists.entities),
        ("GET", "/entities/by-query", lists.by_parameters),
        ("POST", "/entities/by-query", lists.by_predicate),
        ("POST", "/entities/by-refs", single.by_refs),
        ("GET", f"/entities/by-name/{_NAMED}", single.by_name),
        ("GET", f"/entities/by-name/{_NAMED}/ancestry", single.ancestry),
        ("GET", "/entities/by-uid/{uid}", single.by_uid),
        ("DELETE", "/entities/by-uid/{uid}", locations.removed_elsewhere),
        ("GET", "/entity-facets", facets.by_parameters),
        ("POST", "/entity-facets", facets.by_predicate),
        ("POST", "/validate-entity", single.validate),
        ("POST", "/refresh", locations.refreshed_elsewhere),
        ("GET", "/locations", locations.locations),
        ("POST", "/locations", locations.written_elsewhere),
        ("POST", "/locations/by-query", locations.by_query),
        ("GET", "/locations/{id}", locations.location),
        ("PUT", "/locations/{id}", locations.written_elsewhere),
        ("DELETE", "/locations/{id}", locations.written_elsewhere),
        ("GET", f"/locations/by-entity/{_NAMED}", locations.by_entity),
        ("POST", "/analyze-location", locations.written_elsewhere),
    ):
        yield Endpoint(method, f"{_ROOT}{path}", answer)
