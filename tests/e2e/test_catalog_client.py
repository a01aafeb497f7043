"""The leading portal's published catalog client, unmodified, against a running gateway: as an administrator, and as who sees less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Served, callboard, node

Told = dict[str, Any]


def told(served: Served, token: str) -> Told:
    result = node("clients/catalog.mjs", served.url, token)
    assert result.returncode == 0, result.stderr
    found: Told = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def everything(shop: tuple[Served, Path]) -> Told:
    served, _ = shop
    return told(served, served.token)


@pytest.fixture(scope="module")
def less(shop: tuple[Served, Path]) -> Told:
    served, settings = shop
    made = callboard("token", "create", "-s", str(settings), "--role", "outsider", "--subject", "bob")
    return told(served, made.stdout.strip())


def names(found: Told) -> list[str]:
    return [item["metadata"]["name"] for item in found["items"]]


def test_an_administrator_s_client_gets_entities_as_it_asks(everything: Told):
    assert names(everything["all"]) == ["all", "ann", "ledger", "orders", "sellers", "shop", "vault", "web"]
    assert names(everything["filtered"]) == ["web", "vault", "orders", "ann"]
    assert everything["filtered"]["items"][0] == {
        "kind": "Component",
        "metadata": {"namespace": "default", "name": "web"},
        "spec": {"type": "service"},
    }
    assert names(everything["existing"]) == ["vault", "web"]
    assert names(everything["words"]) == ["ledger", "vault"]
    assert everything["one"]["metadata"]["title"] == "Web shop"
    assert everything["none"] is None


def test_pages_lead_both_ways(everything: Told):
    assert everything["paged"] == {
        "totalItems": 3,
        "forwards": [["ledger"], ["vault"], ["web"]],
        "backwards": [["ledger"], ["vault"]],
    }
    assert everything["predicate"] == {
        "totalItems": 4,
        "forwards": [["ledger", "sellers"], ["vault", "web"]],
        "backwards": [["ledger", "sellers"]],
    }
    assert everything["streamed"] == [["all", "ann", "ledger"], ["orders", "sellers", "shop"], ["vault", "web"]]


def test_refs_keep_their_order_and_their_gaps(everything: Told, less: Told):
    assert [item and item["metadata"]["name"] for item in everything["refs"]["items"]] == ["web", "vault", None]
    assert [item and item["metadata"]["name"] for item in less["refs"]["items"]] == ["web", None, None]
    assert everything["letRefs"]["items"] == [{"metadata": {"name": "web"}}, None]


def test_facets_are_counted_for_who_asks(everything: Told, less: Told):
    def counts(found: Told, facet: str) -> dict[str, int]:
        return {one["value"]: one["count"] for one in found["facets"]["facets"][facet]}

    assert counts(everything, "kind") == {"Component": 3}
    assert counts(everything, "spec.type") == {"service": 2, "library": 1}
    assert counts(everything, "metadata.tags") == {"java": 1, "open": 1, "go": 1, "hidden": 1}
    assert counts(less, "spec.type") == {"service": 1, "library": 1}
    assert counts(less, "metadata.tags") == {"java": 1, "open": 1, "go": 1}
    predicate = everything["predicateFacets"]["facets"]["kind"]
    assert {one["value"]: one["count"] for one in predicate} == {"User": 1, "Group": 1}


def test_locations_and_ancestors_are_found(everything: Told):
    assert everything["locationByRef"]["target"] == "https://example.com/all.yaml"
    assert everything["locationById"] == everything["locationByRef"] == everything["locationByEntity"]
    assert [one["target"] for one in everything["locations"]["items"]] == [
        "https://example.com/all.yaml",
        "https://example.com/more.yaml",
    ]
    assert everything["ancestors"]["rootEntityRef"] == "component:default/web"
    assert everything["ancestors"]["items"] == [{"entity": everything["one"], "parentEntityRefs": []}]


def test_descriptors_are_checked(everything: Told):
    assert everything["valid"] == {"valid": True}
    assert not everything["invalid"]["valid"]
    assert "metadata.name" in everything["invalid"]["errors"][0]["message"]


def test_who_sees_less_gets_the_rest(less: Told):
    assert names(less["all"]) == ["all", "ann", "ledger", "orders", "sellers", "shop", "web"]
    assert less["paged"]["totalItems"] == 2
    assert less["paged"]["forwards"] == [["ledger"], ["web"]]
    assert less["vault"] is None
    ledger = next(item for item in less["all"]["items"] if item["metadata"]["name"] == "ledger")
    assert "vault" not in json.dumps(ledger), "the relation that only the hidden side declares"


def test_refusals_are_the_client_s_own_errors(everything: Told):
    assert everything["nonsense"]["cause"] == "InputError" and "nothing can be asked" in everything["nonsense"]["message"]
    assert everything["added"]["cause"] == "NotImplementedError" and "plugins.catalog.sources" in everything["added"]["message"]
    assert everything["removed"]["status"] == 501
    assert (everything["nobody"]["status"], everything["nobody"]["cause"]) == (401, "AuthenticationError")
