"""Lists of entities: filters, orders, words, and pages both ways; and who may ask by what."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from callboard_sdk.connections import encode_cursor

from .shop import REFS, Shop, opened, ref_of, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEB, LEDGER, VAULT = "component:default/web", "component:default/ledger", "component:default/vault"
ORDERS, SHOP, SELLERS, ANN, ALL = (
    "api:inner/orders",
    "system:default/shop",
    "group:default/sellers",
    "user:default/ann",
    "location:default/all",
)

FILTERS = [
    ("kind=component", [LEDGER, VAULT, WEB]),
    ("kind=Component,kind=api", [LEDGER, ORDERS, VAULT, WEB]),
    ("kind=component,spec.type=service", [VAULT, WEB]),
    ("metadata.name=web", [WEB]),
    ("metadata.name=WEB", [WEB]),
    ("metadata.namespace=inner", [ORDERS]),
    ("metadata.title", [VAULT, WEB]),
    ("metadata.title=The vault", [VAULT]),
    ("metadata.tags=java", [WEB]),
    ("metadata.tags=java,metadata.tags=go", [LEDGER, WEB]),
    ("metadata.tags.java", [WEB]),
    ("metadata.tags.java=true", [WEB]),
    ("metadata.labels.tier=1", [VAULT, WEB]),
    ("metadata.labels.example.com/region", [WEB]),
    ("metadata.annotations.example.com/run.book", [WEB]),
    ("metadata.annotations.example.com/run.book=runs", [WEB]),
    ("spec.lifecycle=production,kind=component", [VAULT, WEB]),
    ("spec.lifecycle", [LEDGER, ORDERS, VAULT, WEB]),
    ("spec.owner=sellers", [SHOP, WEB]),
    ("spec.owner=group:default/sellers", [SHOP, WEB]),
    ("relations.ownedBy=group:default/sellers", [SHOP, WEB]),
    ("relations.ownedBy=not/a/ref", []),
    ("spec.system=shop", [WEB]),
    ("spec.dependsOn=component:web", [LEDGER]),
    ("relations.dependencyOf=component:default/web", [VAULT]),
    ("relations.memberOf=group:default/sellers", [ANN]),
    ("spec.memberOf=sellers", [ANN]),
    ("spec.deployment.region=north", [WEB]),
    ("spec.profile.picture", [ANN]),
    ("kind,metadata.uid", REFS),
    ("kind=nothing", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), FILTERS)
async def test_a_filter_lets_through_what_is_as_it_says(shop: Shop, text: str, found: list[str]):
    for path in ("/entities", "/entities/by-query"):
        assert sorted(await shop.refs(f"{path}?{urlencode({'filter': text})}")) == sorted(found)


async def test_several_filters_are_alternatives(shop: Shop):
    assert await shop.refs("/entities?filter=kind=group&filter=kind=user&filter=metadata.name=web") == [ANN, SELLERS, WEB]


async def test_a_uid_is_a_filter_too(shop: Shop):
    uid = (await shop.get("/entities/by-name/component/default/web"))["metadata"]["uid"]
    assert await shop.refs(f"/entities?filter=metadata.uid={uid}") == [WEB]
    assert await shop.refs("/entities?filter=metadata.uid=nothing") == []


PREDICATES = [
    ({"kind": "component"}, [LEDGER, VAULT, WEB]),
    ({"kind": {"$in": ["group", "user"]}}, [ANN, SELLERS]),
    ({"$all": [{"kind": "component"}, {"$not": {"spec.type": "library"}}]}, [VAULT, WEB]),
    ({"$any": [{"kind": "user"}, {"metadata.name": {"$hasPrefix": "w"}}]}, [ANN, WEB]),
    ({"$any": []}, []),
    ({"metadata.tags": {"$contains": "go"}}, [LEDGER]),
    ({"metadata.title": {"$exists": False}, "kind": "component"}, [LEDGER]),
    ({"metadata.labels.tier": {"$exists": True}}, [LEDGER, VAULT, WEB]),
    ({"kind": {"$exists": False}}, []),
    ({"relations": {"$contains": {"type": "ownedBy", "targetRef": "group:default/sellers"}}}, [SHOP, WEB]),
    ({}, REFS),
]


@pytest.mark.parametrize(("query", "found"), PREDICATES)
async def test_a_predicate_lets_through_what_is_as_it_says(shop: Shop, query: object, found: list[str]):
    answer = (await shop.ask("POST", "/entities/by-query", {"query": query})).json()
    assert sorted(map(ref_of, answer["items"])) == sorted(found)
    assert answer["totalItems"] == len(found)


@pytest.mark.parametrize(
    ("order", "first"),
    [("metadata.name,asc", "all"), ("metadata.name,desc", "web"), ("kind,desc", "ann"), ("metadata.title,asc", "all")],
)
async def test_lists_are_ordered(shop: Shop, order: str, first: str):
    found = await shop.get(f"/entities/by-query?orderField={order}")
    assert found["items"][0]["metadata"]["name"] == first
    field, direction = order.split(",")
    same = await shop.get(f"/entities?order={direction}:{field}")
    assert [ref_of(one) for one in same] == [ref_of(one) for one in found["items"]]


async def test_pages_lead_both_ways_and_say_how_many_there_are_in_all(shop: Shop):
    pages, path = [], "/entities/by-query?limit=3"
    while path:
        page = await shop.get(path)
        assert page["totalItems"] == len(REFS)
        pages.append(page)
        following = page["pageInfo"].get("nextCursor")
        path = f"/entities/by-query?limit=3&cursor={quote(following)}" if following else ""
    assert [ref_of(one) for page in pages for one in page["items"]] == REFS
    assert [len(page["items"]) for page in pages] == [3, 3, 2]
    assert "prevCursor" not in pages[0]["pageInfo"]
    back = await shop.get(f"/entities/by-query?limit=3&cursor={quote(pages[2]['pageInfo']['prevCursor'])}")
    assert back["items"] == pages[1]["items"]
    first = await shop.get(f"/entities/by-query?limit=3&cursor={quote(back['pageInfo']['prevCursor'])}")
    assert first["items"] == pages[0]["items"]
    assert "prevCursor" not in first["pageInfo"]


async def test_a_cursor_keeps_what_was_asked_first(shop: Shop):
    asked = {"filter": "kind=component", "orderField": "metadata.name,desc", "limit": 1}
    found = await shop.get(f"/entities/by-query?{urlencode(asked)}")
    names = [found["items"][0]["metadata"]["name"]]
    while following := found["pageInfo"].get("nextCursor"):
        found = await shop.get(f"/entities/by-query?limit=1&fields=metadata.name&cursor={quote(following)}")
        names.append(found["items"][0]["metadata"]["name"])
        assert found["items"][0] == {"metadata": {"name": names[-1]}}
    assert names == ["web", "vault", "ledger"]


async def test_a_predicate_s_cursor_goes_on_by_post(shop: Shop):
    body = {"query": {"kind": "component"}, "limit": 2, "orderBy": [{"field": "metadata.name", "order": "asc"}]}
    first = (await shop.ask("POST", "/entities/by-query", body)).json()
    second = (await shop.ask("POST", "/entities/by-query", {"cursor": first["pageInfo"]["nextCursor"]})).json()
    assert [ref_of(one) for one in (*first["items"], *second["items"])] == [LEDGER, VAULT, WEB]
    assert "nextCursor" not in second["pageInfo"]


async def test_offsets_and_limits_cut_a_list(shop: Shop):
    assert await shop.refs("/entities?offset=2&limit=3") == REFS[2:5]
    assert await shop.refs("/entities/by-query?offset=6") == REFS[6:]
    assert await shop.refs("/entities?offset=99") == []
    nothing = await shop.get("/entities/by-query?limit=0")
    assert (nothing["items"], nothing["totalItems"], nothing["pageInfo"]) == ([], len(REFS), {})


async def test_an_array_with_a_limit_links_to_what_follows(shop: Shop):
    answer = await shop.ask("GET", "/entities?limit=5&filter=kind=component&filter=kind=user&filter=kind=group")
    assert "link" not in answer.headers
    answer = await shop.ask("GET", "/entities?limit=5&fields=kind,metadata")
    link = answer.headers["link"].removeprefix("</api/catalog").partition(">")[0]
    rest = (await shop.ask("GET", link)).json()
    assert [ref_of(one) for one in (*answer.json(), *rest)] == REFS


async def test_totals_are_left_out_where_nobody_wants_them(shop: Shop):
    assert (await shop.get("/entities/by-query?totalItems=exclude"))["totalItems"] == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"fullTextFilterTerm": "money"}, [LEDGER, VAULT]),
        ({"fullTextFilterTerm": "MON"}, [LEDGER, VAULT]),
        ({"fullTextFilterTerm": "vau", "fullTextFilterFields": "metadata.name,metadata.title"}, [VAULT]),
        ({"fullTextFilterTerm": "money", "fullTextFilterFields": "metadata.name,spec.profile.displayName"}, []),
        ({"fullTextFilterTerm": "money", "fullTextFilterFields": "spec.profile.displayName"}, []),
        ({"fullTextFilterTerm": "money", "filter": "spec.type=library"}, [LEDGER]),
        ({"fullTextFilterTerm": "  "}, REFS),
    ],
)
async def test_words_are_looked_for(shop: Shop, asked: dict[str, str], found: list[str]):
    assert sorted(await shop.refs(f"/entities/by-query?{urlencode(asked)}")) == sorted(found)


async def test_fields_cut_what_is_answered(shop: Shop):
    found = await shop.get("/entities?filter=kind=component&fields=metadata.name,spec.type")
    assert found[0] == {"metadata": {"name": "ledger"}, "spec": {"type": "library"}}


async def test_hidden_entities_are_in_no_list_no_count_and_no_cursor(shop: Shop):
    assert await shop.refs("/entities?filter=kind=component", "outsider") == [LEDGER, WEB]
    page = await shop.get("/entities/by-query?filter=kind=component&limit=1", "outsider")
    assert page["totalItems"] == 2
    following = await shop.get(f"/entities/by-query?limit=1&cursor={quote(page['pageInfo']['nextCursor'])}", "outsider")
    assert [ref_of(one) for one in following["items"]] == [WEB] and "nextCursor" not in following["pageInfo"]
    assert await shop.refs("/entities?filter=relations.dependencyOf=component:default/web", "outsider") == []
    refs = {"entityRefs": ["component:vault", "component:web"]}
    hidden = (await shop.ask("POST", "/entities/by-refs?filter=kind=component", refs, role="outsider")).json()["items"]
    assert [one and ref_of(one) for one in hidden] == [None, WEB]


async def test_a_filter_of_refs_leaves_null_for_what_it_doesn_t_let_through(shop: Shop):
    refs = {"entityRefs": ["component:vault", "component:ledger", "user:ann"], "fields": ["kind", "metadata"]}
    let = (await shop.ask("POST", "/entities/by-refs?filter=kind=component,spec.type=service", refs)).json()["items"]
    assert [one and ref_of(one) for one in let] == [VAULT, None, None]
    let = (await shop.ask("POST", "/entities/by-refs", refs | {"query": {"kind": "user"}})).json()["items"]
    assert [one and ref_of(one) for one in let] == [None, None, ANN]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("filter=spec.lifecycle=production", "lifecycles"),
        ("filter=kind=component%26filter=metadata.labels.tier=1", "label"),
        ("filter=kind=user&filter=metadata.labels.tier", "label"),
        ("filter=spec.owner=sellers", "owner"),
        ("fullTextFilterTerm=money", "text"),
        ("fullTextFilterTerm=money&fullTextFilterFields=metadata.description", "description"),
    ],
)
async def test_who_may_not_read_a_field_may_not_ask_by_it(shop: Shop, asked: str, named: str):
    path = f"/entities/by-query?{asked.replace('%26filter=', ',')}"
    message = refused(await shop.ask("GET", path, role="partial"), 403)
    assert named in message and "Query.entities" in message
    assert (await shop.ask("GET", path)).status_code == 200


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/entities?filter=spec.owner.deep=a&filter=metadata.nothing=a", "nothing can be asked of 'metadata.nothing'"),
        ("/entities?filter==a", "a value without a key"),
        ("/entities?filter=spec.dependsOn", "needs the entities that are meant"),
        ("/entities?filter=metadata.tags.java=no", "asks whether there is a tag"),
        ("/entities?order=asc:spec.type", "nothing is ordered by 'spec.type'"),
        ("/entities?order=up:metadata.name", "nothing is ordered by 'metadata.name' 'up'"),
        ("/entities/by-query?orderField=kind,asc&orderField=metadata.title,asc", "ordered by one field, and then by name"),
        ("/entities?limit=0", "`limit` is '0': give a number from 1 to"),
        ("/entities?limit=-1", "`limit` is '-1'"),
        ("/entities?limit=1&limit=2", "stands 2 times"),
        ("/entities?limit=99999999999", "give a number from"),
        ("/entities?offset=10001", "give a number from 0 to 10000"),
        ("/entities?after=nothing", "not a cursor"),
        ("/entities?after=a&offset=1", "not both"),
        ("/entities/by-query?cursor=nothing", "nextCursor"),
        ("/entities/by-query?cursor=e30%3D", "nextCursor"),
        ("/entities/by-query?totalItems=maybe", "give include or exclude"),
        ("/entities/by-query?limit=5001", "from 0 to 5000"),
        (f"/entities?filter={'a' * 300}", "nothing can be asked"),
        ("/entities?" + "&".join(f"filter=metadata.labels.a=b{n}" for n in range(200)), "asks more than"),
    ],
)
async def test_what_can_t_be_asked_is_refused_with_what_to_write(shop: Shop, path: str, says: str):
    assert says in refused(await shop.ask("GET", path), 400)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"query": []}, "`query` is no object"),
        ({"query": {"$maybe": []}}, "'$maybe'"),
        ({"query": {"$all": {}}}, "is no list"),
        ({"query": {"kind": {"$matches": ".*"}}}, "give a value, or one of"),
        ({"query": {"kind": None}}, "give a value, or one of"),
        ({"query": {"kind": {"$hasPrefix": "c"}}}, "nothing can be asked of 'kind'"),
        ({"query": {"$not": {"$not": {"$not": {"$not": {"$not": {"$not": {"$not": {}}}}}}}}}, "levels"),
        ({"limit": "many"}, "$.limit"),
        ({"limit": -1}, "`limit` is '-1'"),
        ({"orderBy": [{"field": "spec.type", "order": "asc"}]}, "nothing is ordered by"),
        ({"cursor": "nothing"}, "nextCursor"),
    ],
)
async def test_a_body_that_can_t_be_asked_is_refused_with_what_to_write(shop: Shop, body: object, says: str):
    assert says in refused(await shop.ask("POST", "/entities/by-query", body), 400)


async def test_of_names_that_begin_alike_the_shorter_one_comes_first(tmp_path: Path):
    names = ["stage", "stage-cli", "stage.x", "stages"]
    catalog = "---\n".join(
        f"apiVersion: a/v1\nkind: System\nmetadata: {{name: {one}}}\nspec: {{owner: a}}\n" for one in names[::-1]
    )
    async with opened(tmp_path, catalog) as shop:
        refs = [f"system:default/{name}" for name in names]
        for path in (
            "/entities",
            "/entities/by-query",
            "/entities?order=asc:kind",
            "/entities/by-query?orderField=metadata.title",
        ):
            assert await shop.refs(path) == refs
        page = await shop.get("/entities/by-query?limit=2")
        cursor = json.loads(base64.b64decode(page["pageInfo"]["nextCursor"]))
        before = {**cursor, "place": encode_cursor("stage-cli/system:default")}
        old = quote(base64.b64encode(json.dumps(before).encode()))
        assert "the cursor is not one of this list" in refused(
            await shop.ask("GET", f"/entities/by-query?limit=2&cursor={old}"), 400
        )
        after = quote(before["place"])
        assert "the cursor is not one of this list" in refused(await shop.ask("GET", f"/entities?limit=2&after={after}"), 400)


async def test_more_entities_than_one_operation_gives_are_one_answer(tmp_path: Path):
    head = "apiVersion: a/v1\nkind: System\n"
    catalog = "---\n".join(f"{head}metadata: {{name: s{n:04}}}\nspec: {{owner: a}}\n" for n in range(250))
    async with opened(tmp_path, catalog) as shop:
        names = [f"system:default/s{n:04}" for n in range(250)]
        assert await shop.refs("/entities") == names
        assert await shop.refs("/entities?offset=150&limit=70") == names[150:220]
        page = await shop.get("/entities/by-query?limit=230")
        assert len(page["items"]) == 230
        rest = await shop.get(f"/entities/by-query?limit=230&cursor={quote(page['pageInfo']['nextCursor'])}")
        assert [ref_of(one) for one in rest["items"]] == names[230:]
        back = await shop.get(f"/entities/by-query?limit=230&cursor={quote(rest['pageInfo']['prevCursor'])}")
        assert back["items"] == page["items"] and "prevCursor" not in back["pageInfo"]
