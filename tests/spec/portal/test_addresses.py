"""Addresses, methods and senders: what is no address, who is nobody, and what an own page may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .shop import Shop, opened, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEB = "/entities/by-name/component/default/web"
PORTAL = "https://portal.example.com"


async def test_nobody_is_answered_nothing(shop: Shop):
    assert "Query.entity" in refused(await shop.ask("GET", WEB, role=None), 403)


async def test_a_token_that_is_none_is_401_with_a_challenge(shop: Shop):
    answer = await shop.ask("GET", WEB, role=None, headers={"authorization": "Bearer nonsense"})
    refused(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "nonsense" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", WEB, "GET, HEAD"), ("GET", "/entities/by-refs", "POST"), ("PATCH", "/entities/by-uid/a", "GET, DELETE, HEAD")],
)
async def test_another_method_is_told_which_to_use(shop: Shop, method: str, path: str, allowed: str):
    answer = await shop.ask(method, path)
    assert allowed in refused(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/nothing", "/entities/", "/entities/by-name/component/default", "/entities/by-name/a/b/c/d"])
async def test_what_is_no_address_is_not_found(shop: Shop, path: str):
    refused(await shop.ask("GET", path), 404)
    assert (await shop.client.get("/api/nothing")).status_code == 404


async def test_head_has_the_headers_alone(shop: Shop):
    got, asked = await shop.ask("GET", WEB), await shop.ask("HEAD", WEB)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"content-type": "text/plain"}, 415, "text/plain"),
        ({"content-type": "application/x-www-form-urlencoded"}, 415, "application/json"),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415, "gzip"),
        ({"content-type": "application/json", "content-length": "999999999"}, 413, "larger than"),
    ],
)
async def test_a_body_that_is_no_json_is_refused_unread(shop: Shop, headers: dict[str, str], status: int, says: str):
    sent = {"authorization": shop.harness.bearer(["admin"]), **headers}
    answer = await shop.client.post("/api/catalog/entities/by-refs", content=b"{}", headers=sent)
    assert says in refused(answer, status)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"entityRefs": ["\\ud800"]}'])
async def test_a_body_that_is_broken_is_refused(shop: Shop, body: bytes):
    sent = {"authorization": shop.harness.bearer(["admin"]), "content-type": "application/json"}
    refused(await shop.client.post("/api/catalog/entities/by-refs", content=body, headers=sent), 400)


@pytest.mark.parametrize("query", ["fields=%ff", "&".join(f"a={n}" for n in range(2_000))])
async def test_a_query_string_that_can_t_be_read_is_refused(shop: Shop, query: str):
    assert "the query string" in refused(await shop.ask("GET", f"{WEB}?{query}"), 400)


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("GET", "/entities?filters=kind=api", None, "'filters', which is not known: did you mean `filter`?"),
        ("GET", "/entities?orderField=kind,asc", None, "known are filter, fields, order, offset, limit, after"),
        ("GET", "/entities/by-query?filter=kind=api&order=asc:kind", None, "did you mean `orderField`?"),
        ("GET", "/entity-facets?facets=kind", None, "did you mean `facet`?"),
        ("GET", f"{WEB}?filter=kind=api", None, "known are fields"),
        ("GET", "/locations?limit=1", None, "this address knows none"),
        ("POST", "/entities/by-query?limit=1", {}, "the query string has 'limit'"),
        ("POST", "/entities/by-query", {"filter": [{"kind": "component"}]}, "the body has 'filter', which is not known"),
        ("POST", "/entities/by-query", {"qeury": {}}, "did you mean `query`? known are query, limit, offset"),
        ("POST", "/entities/by-query", {"orderBy": [{"field": "kind", "direction": "asc"}]}, "`direction` - at `$.orderBy[0]`"),
        ("POST", "/entities/by-query", {"fullTextFilter": {"term": "a", "field": "kind"}}, "`field` - at `$.fullTextFilter`"),
        ("POST", "/entities/by-refs", {"entityRefs": [], "filter": "kind=api"}, "the body has 'filter'"),
        ("POST", "/entity-facets", {"facets": ["kind"], "filter": "kind=api"}, "known are facets, query"),
        ("POST", "/locations/by-query", {"limits": 1}, "did you mean `limit`?"),
        ("POST", "/validate-entity", {"entity": {}, "locations": ""}, "did you mean `location`?"),
    ],
)
async def test_what_is_not_known_is_refused_with_what_there_is(shop: Shop, method: str, path: str, body: object, says: str):
    assert says in refused(await shop.ask(method, path, body), 400)


@pytest.mark.parametrize(
    "path", ["/entities/by-name/%00/default/a", "/entities/by-name/a%3Ab/default/a", "/entities/by-name/%20/a/b"]
)
async def test_a_name_that_nothing_can_have_is_refused_or_not_found(shop: Shop, path: str):
    answer = await shop.ask("GET", path)
    refused(answer, answer.status_code)
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/locations"),
        ("DELETE", "/locations/a"),
        ("PUT", "/locations/a"),
        ("POST", "/analyze-location"),
        ("POST", "/refresh"),
        ("DELETE", "/entities/by-uid/a"),
    ],
)
async def test_what_would_change_something_says_what_to_do_instead(shop: Shop, method: str, path: str):
    assert "source" in refused(await shop.ask(method, path), 501)
    refused(await shop.ask(method, path, role=None, headers={"authorization": "Bearer no"}), 401)


async def test_the_settings_turn_it_off(tmp_path: Path):
    settings = {"plugins": {"catalog": {"portal_api": False}}}
    async with opened(tmp_path, settings=settings) as shop:
        refused(await shop.ask("GET", WEB), 404)


async def test_fields_that_a_viewer_may_not_use_are_left_out_where_they_are_hidden_too(tmp_path: Path):
    async with opened(tmp_path, settings={"policies": {"denied": "hide"}}) as shop:
        assert "description" not in (await shop.get(WEB, "partial"))["metadata"]


async def test_applications_of_other_origins_may_ask_where_the_settings_name_them(tmp_path: Path):
    async with opened(tmp_path, settings={"server": {"cors": {"origins": [PORTAL]}}}) as shop:
        asked = {"origin": PORTAL, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        before = await shop.ask("OPTIONS", "/entities/by-refs", role=None, headers=asked)
        answer = await shop.ask("GET", WEB, headers={"origin": PORTAL})
        other = await shop.ask("GET", WEB, headers={"origin": "https://other.example.com"})
    assert (before.status_code, before.headers["access-control-allow-origin"]) == (200, PORTAL)
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-origin" not in other.headers


async def test_an_answer_that_would_be_too_large_is_refused(tmp_path: Path):
    async with opened(tmp_path, settings={"limits": {"response_bytes": 2_000}}) as shop:
        refs = {"entityRefs": ["component:web"] * 9}
        assert "at most 2000" in refused(await shop.ask("POST", "/entities/by-refs", refs), 400)


async def test_what_fails_inside_is_masked(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("the secret of this test")

    monkeypatch.setattr("callboard_catalog.portal.single.ref_of", broken)
    answer = await shop.ask("GET", WEB)
    assert "its operators find the cause as error" in refused(answer, 500)
    assert "secret" not in json.dumps(answer.json())
