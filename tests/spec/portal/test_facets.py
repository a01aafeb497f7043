"""Facets: how often each value comes, for who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from .shop import Shop, opened, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


def counts(told: Any, facet: str) -> dict[str, int]:
    return {one["value"]: one["count"] for one in told["facets"][facet]}


@pytest.mark.parametrize(
    ("facet", "found"),
    [
        ("kind", {"Component": 3, "API": 1, "System": 1, "Group": 1, "User": 1, "Location": 1}),
        ("metadata.namespace", {"default": 7, "inner": 1}),
        ("spec.type", {"service": 2, "library": 1, "openapi": 1, "team": 1, "url": 1}),
        ("spec.lifecycle", {"production": 3, "deprecated": 1}),
        ("metadata.tags", {"java": 1, "open": 1, "go": 1, "hidden": 1}),
        ("relations.ownedBy", {"group:default/sellers": 2, "group:default/bankers": 2, "group:inner/sellers": 1}),
        ("metadata.labels.tier", {"1": 2, "2": 1}),
        ("metadata.annotations.example.com/run.book", {"runs": 1}),
        ("spec.deployment.region", {"north": 1}),
        ("metadata.labels.nothing", {}),
    ],
)
async def test_values_are_counted(shop: Shop, facet: str, found: dict[str, int]):
    assert counts(await shop.get(f"/entity-facets?{urlencode({'facet': facet})}"), facet) == found
    answer = await shop.ask("POST", "/entity-facets", {"facets": [facet]})
    assert counts(answer.json(), facet) == found


async def test_several_facets_are_counted_at_once_of_what_a_filter_lets_through(shop: Shop):
    told = await shop.get("/entity-facets?facet=spec.type&facet=kind&facet=metadata.tags&filter=kind=component&filter=kind=api")
    assert counts(told, "spec.type") == {"service": 2, "library": 1, "openapi": 1}
    assert counts(told, "kind") == {"Component": 3, "API": 1}
    body = {"facets": ["kind"], "query": {"kind": {"$in": ["user", "group"]}}}
    assert counts((await shop.ask("POST", "/entity-facets", body)).json(), "kind") == {"User": 1, "Group": 1}


async def test_more_facets_than_one_operation_counts_are_one_answer(shop: Shop):
    names = [f"metadata.labels.l{n}" for n in range(25)] + ["metadata.labels.tier"]
    told = await shop.get("/entity-facets?" + "&".join(f"facet={name}" for name in names))
    assert list(told["facets"]) == names and counts(told, names[-1]) == {"1": 2, "2": 1}


async def test_hidden_entities_count_for_nothing(shop: Shop):
    told = await shop.get("/entity-facets?facet=kind&facet=metadata.tags&facet=relations.ownedBy", "outsider")
    assert counts(told, "kind")["Component"] == 2
    assert "hidden" not in counts(told, "metadata.tags")
    assert counts(told, "relations.ownedBy")["group:default/bankers"] == 1


@pytest.mark.parametrize("facet", ["spec.lifecycle", "relations.ownedBy", "metadata.labels.tier"])
async def test_who_may_not_read_a_field_may_not_count_by_it(shop: Shop, facet: str):
    assert "Query.entityFacets" in refused(await shop.ask("GET", f"/entity-facets?facet={facet}", role="partial"), 403)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "0 facets are named"),
        ("facet=metadata.description", "nothing is counted by 'metadata.description'"),
        ("facet=spec.", "nothing is counted by 'spec.'"),
        ("&".join(f"facet=spec.a{n}" for n in range(51)), "51 facets are named"),
        ("facet=kind&filter=metadata.nothing", "nothing can be asked of"),
    ],
)
async def test_what_can_t_be_counted_is_refused_with_what_to_name(shop: Shop, query: str, says: str):
    assert says in refused(await shop.ask("GET", f"/entity-facets?{query}"), 400)


async def test_an_answer_says_which_facets_have_more_values(tmp_path: Path):
    head = "apiVersion: a/v1\nkind: System\n"
    catalog = "---\n".join(f"{head}metadata: {{name: s{n}, tags: [t{n}]}}\nspec: {{owner: a}}\n" for n in range(101))
    async with opened(tmp_path, catalog) as shop:
        answer = await shop.ask("GET", "/entity-facets?facet=metadata.tags&facet=kind")
        assert len(answer.json()["facets"]["metadata.tags"]) == 100
        assert answer.headers["x-callboard-more"] == "metadata.tags"
