"""Entities by name, by uid and by refs: their shape, and what is left out of them for whom."""

from __future__ import annotations

import pytest

from .shop import REFS, Shop, ref_of, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEB = "/entities/by-name/component/default/web"


async def test_an_entity_has_all_that_its_descriptor_says_and_its_relations(shop: Shop):
    web = await shop.get(WEB)
    uid, etag = web["metadata"].pop("uid"), web["metadata"].pop("etag")
    assert uid and etag
    assert web == {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {
            "namespace": "default",
            "name": "web",
            "title": "Web shop",
            "description": "Sells things to people.",
            "labels": {"tier": "1", "example.com/region": "north"},
            "annotations": {
                "example.com/run.book": "runs",
                "backstage.io/managed-by-origin-location": "url:https://example.com/all.yaml",
            },
            "tags": ["java", "open"],
            "links": [{"url": "https://web.example.com", "title": "Shop"}],
        },
        "spec": {
            "type": "service",
            "lifecycle": "production",
            "owner": "sellers",
            "system": "shop",
            "dependsOn": ["component:vault"],
            "deployment": {"region": "north"},
        },
        "relations": [
            {"type": "dependencyOf", "targetRef": "component:default/ledger"},
            {"type": "dependsOn", "targetRef": "component:default/vault"},
            {"type": "ownedBy", "targetRef": "group:default/sellers"},
            {"type": "partOf", "targetRef": "system:default/shop"},
        ],
    }


async def test_names_are_compared_without_case(shop: Shop):
    assert await shop.get("/entities/by-name/Component/DEFAULT/Web") == await shop.get(WEB)


async def test_a_uid_finds_its_entity_again(shop: Shop):
    web = await shop.get(WEB)
    assert await shop.get(f"/entities/by-uid/{web['metadata']['uid']}") == web


@pytest.mark.parametrize("path", ["component/default/nothing", "component/default/vault", "nothing/default/web"])
async def test_what_is_hidden_is_not_found_like_what_is_not_there(shop: Shop, path: str):
    ref = path.replace("/", ":", 1)
    message = refused(await shop.ask("GET", f"/entities/by-name/{path}", role="outsider"), 404)
    assert message == f"there is no entity {ref}: mend its name, or see whether its source was read"


async def test_a_uid_of_what_is_hidden_is_not_found_like_one_that_is_none(shop: Shop):
    uid = (await shop.get("/entities/by-name/component/default/vault"))["metadata"]["uid"]
    hidden = await shop.ask("GET", f"/entities/by-uid/{uid}", role="outsider")
    none = await shop.ask("GET", "/entities/by-uid/nothing", role="outsider")
    assert refused(hidden, 404) == refused(none, 404)


async def test_relations_that_only_the_hidden_side_declares_are_not_there(shop: Shop):
    ledger = await shop.get("/entities/by-name/component/default/ledger", "outsider")
    assert "component:default/vault" not in [one["targetRef"] for one in ledger["relations"]]
    assert "component:default/vault" in [
        one["targetRef"] for one in (await shop.get("/entities/by-name/component/default/ledger"))["relations"]
    ]


async def test_what_may_not_be_read_is_left_out_and_the_etag_says_nothing_of_it(shop: Shop):
    web, whole = await shop.get(WEB, "partial"), await shop.get(WEB)
    assert "description" not in web["metadata"] and "labels" not in web["metadata"]
    assert web["metadata"]["title"] == "Web shop"
    assert set(whole["spec"]) - set(web["spec"]) == {"lifecycle", "owner"}
    assert web["metadata"]["etag"] != whole["metadata"]["etag"]
    ann = await shop.get("/entities/by-name/user/default/ann", "partial")
    assert ann["spec"]["profile"] == {"displayName": "Ann", "picture": "https://example.com/ann.png"}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("kind", {"kind": "Component"}),
        ("metadata.name,metadata.tags", {"metadata": {"name": "web", "tags": ["java", "open"]}}),
        ("metadata.annotations.example.com/run.book", {"metadata": {"annotations": {"example.com/run.book": "runs"}}}),
        ("spec.type,spec.deployment.region,spec.nothing", {"spec": {"type": "service", "deployment": {"region": "north"}}}),
        ("nothing", {}),
    ],
)
async def test_fields_choose_what_is_answered(shop: Shop, fields: str, found: object):
    assert await shop.get(f"{WEB}?fields={fields}") == found


async def test_the_etag_is_the_same_whatever_fields_are_asked_for(shop: Shop):
    whole = await shop.get(WEB)
    assert await shop.get(f"{WEB}?fields=metadata.etag") == {"metadata": {"etag": whole["metadata"]["etag"]}}


async def test_refs_are_answered_in_their_order_with_null_for_what_is_not_there(shop: Shop):
    refs = ["component:web", "component:default/vault", "no ref", "component:web", "API:inner/orders", "component:nothing"]
    for role, vault in (("admin", "component:default/vault"), ("outsider", None)):
        answer = await shop.ask("POST", "/entities/by-refs", {"entityRefs": refs, "fields": ["kind", "metadata"]}, role=role)
        items = [item and ref_of(item) for item in answer.json()["items"]]
        assert items == ["component:default/web", vault, None, "component:default/web", "api:inner/orders", None]
        assert {key for item in answer.json()["items"] if item for key in item} == {"kind", "metadata"}


async def test_more_refs_than_one_operation_takes_are_answered(shop: Shop):
    refs = [*(f"component:n{number}" for number in range(300)), *REFS]
    items = (await shop.ask("POST", "/entities/by-refs", {"entityRefs": refs})).json()["items"]
    assert [item and ref_of(item) for item in items] == [None] * 300 + REFS


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "the body is empty"),
        ([], "Expected `object`"),
        ({}, "missing required field `entityRefs`"),
        ({"entityRefs": [1]}, "$.entityRefs[0]"),
        ({"entityRefs": ["component:a"] * 1001}, "at most 1000"),
        ({"entityRefs": [], "fields": [f"f{n}" for n in range(101)]}, "at most 100"),
    ],
)
async def test_a_body_that_doesn_t_fit_is_refused_with_what_to_send(shop: Shop, body: object, says: str):
    assert says in refused(await shop.ask("POST", "/entities/by-refs", body), 400)


async def test_ancestry_is_the_entity_alone(shop: Shop):
    told = await shop.get(f"{WEB}/ancestry")
    assert told == {"rootEntityRef": "component:default/web", "items": [{"entity": await shop.get(WEB), "parentEntityRefs": []}]}
    refused(await shop.ask("GET", "/entities/by-name/component/default/vault/ancestry", role="outsider"), 404)


async def test_a_descriptor_is_said_to_be_in_order_or_all_that_is_wrong_with_it(shop: Shop):
    good = {"apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": {"name": "a"}, "spec": {"owner": "b"}}
    assert (
        await shop.ask("POST", "/validate-entity", {"entity": good, "location": "url:https://example.com"})
    ).status_code == 200
    bad = {"apiVersion": 1, "kind": "System", "metadata": {"name": "-"}}
    answer = await shop.ask("POST", "/validate-entity", {"entity": bad, "location": "url:https://example.com"})
    assert answer.status_code == 400
    assert [error["message"].split()[0] for error in answer.json()["errors"]] == ["apiVersion", "metadata.name"]
    assert answer.json()["errors"][0]["message"] == (
        "apiVersion is a number, not text: put it in quotes. Write apiVersion: backstage.io/v1alpha1."
    )
    assert "$.location" in refused(await shop.ask("POST", "/validate-entity", {"entity": good, "location": 3}), 400)
