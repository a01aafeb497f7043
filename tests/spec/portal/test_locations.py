"""Locations: the targets of Location entities, as the portal has them."""

from __future__ import annotations

import pytest

from .shop import Shop, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = {"type": "url", "target": "https://example.com/all.yaml", "entityRef": "location:default/all"}
MORE = {"type": "url", "target": "https://example.com/more.yaml", "entityRef": "location:default/all"}


async def test_each_target_is_a_location_with_an_id_that_finds_it_again(shop: Shop):
    found = [one["data"] for one in await shop.get("/locations")]
    assert [{key: one[key] for key in ALL} for one in found] == [ALL, MORE]
    for one in found:
        assert await shop.get(f"/locations/{one['id']}") == one
    refused(await shop.ask("GET", "/locations/nothing"), 404)


async def test_pages_of_locations_go_on_by_a_cursor(shop: Shop):
    first = (await shop.ask("POST", "/locations/by-query", {"limit": 1})).json()
    second = (await shop.ask("POST", "/locations/by-query", {"cursor": first["pageInfo"]["nextCursor"]})).json()
    assert [one["target"] for one in (*first["items"], *second["items"])] == [ALL["target"], MORE["target"]]
    assert (first["totalItems"], second["pageInfo"]) == (2, {})
    assert "choose among all" in refused(await shop.ask("POST", "/locations/by-query", {"query": {}}), 400)
    assert "nextCursor" in refused(await shop.ask("POST", "/locations/by-query", {"cursor": "a"}), 400)


async def test_an_entity_s_location_is_the_one_that_it_says_it_came_from(shop: Shop):
    assert (await shop.get("/locations/by-entity/component/default/web"))["target"] == ALL["target"]
    assert (await shop.get("/locations/by-entity/location/default/all"))["target"] == ALL["target"]
    assert "`source` in the graph" in refused(await shop.ask("GET", "/locations/by-entity/component/default/ledger"), 404)
    refused(await shop.ask("GET", "/locations/by-entity/component/default/vault", role="outsider"), 404)
