"""A session's cookie counts only for the gateway's own page, and only while no token is sent; nothing leads elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from callboard_sdk import Viewer, ViewerKind
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration
from gateway.testing import running_gateway

from tests.spec.company import make_company

HERE = "https://callboard.acme.example"
COOKIE = "__Host-callboard-session"
RULES = "p, reader, permission:core.viewer, read, allow\np, reader, permission:company.change, mutate, allow\n"
WHO = "{ viewer { subject } }"
ISSUER = {"issuer": "http://127.0.0.1:9", "name": "acme"}


def settings(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "rules.csv").write_text(RULES)
    sign_in = {"issuer": "acme", "client_id": "callboard-page", "public_url": HERE}
    auth = {"issuers": [ISSUER], "sign_in": sign_in, "local": {"key_file": str(tmp_path / "key.pem")}}
    return {"auth": auth, "policies": {"rules": str(tmp_path / "rules.csv")}}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which ann is signed in."""
    async with running_gateway(tmp_path, settings(tmp_path), plugins=[make_company()[0]]) as harness:
        browsers = harness.gateway.identity.browsers
        session = await browsers.sessions.begin(Viewer("acme:ann", ViewerKind.PERSON, frozenset({"reader"})))
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies={COOKIE: session}) as client:
            yield client


@pytest.fixture
def bearer(client, tmp_path: Path) -> dict[str, str]:
    auth = read_configuration(tmp_path / "callboard.yaml", {}).settings.auth
    token = LocalIssuer(auth.local, auth.audience).create("bob", ["reader"], seconds=60)
    return {"authorization": f"Bearer {token}"}


async def post(client: httpx.AsyncClient, headers: dict[str, str], query: str = WHO) -> httpx.Response:
    return await client.post("/graphql", json={"query": query}, headers=headers)


async def get(client: httpx.AsyncClient, headers: dict[str, str], query: str = WHO) -> httpx.Response:
    return await client.get("/graphql", params={"query": query}, headers=headers)


OWN = [
    {"x-callboard": "page"},
    {"origin": HERE},
    {"sec-fetch-site": "same-origin"},
    {"origin": HERE, "sec-fetch-site": "same-origin", "x-callboard": "page"},
]
FOREIGN = [
    {},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": f"{HERE}.evil.example"},
    {"origin": HERE.replace("https", "http")},
    {"origin": f"{HERE}:8443"},
    {"origin": ""},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": HERE, "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    {"origin": "https://evil.example", "x-callboard": "page"},
    {"sec-fetch-site": "cross-site", "x-callboard": "page"},
]


@pytest.mark.parametrize("headers", OWN)
@pytest.mark.parametrize("method", [get, post])
async def test_the_gateways_own_page_asks_as_who_is_signed_in(client, method, headers):
    assert (await method(client, headers)).json() == {"data": {"viewer": {"subject": "acme:ann"}}}


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", [get, post])
async def test_another_sites_page_is_refused_whatever_it_asks(client, method, headers):
    answer = await method(client, headers)
    assert answer.status_code == 403
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["CROSS_ORIGIN"]
    assert "data" not in answer.json()


async def test_a_mutation_goes_by_post_from_the_own_page_and_by_nothing_else(client):
    change = "mutation { rename(count: 1) }"
    own = {"sec-fetch-site": "same-origin"}
    assert (await post(client, own, change)).json() == {"data": {"rename": 1}}
    assert (await get(client, own, change)).status_code == 405
    assert (await post(client, {}, change)).status_code == 403


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_bearer_token_needs_no_origin_and_the_cookie_beside_it_does_not_count(client, bearer, headers):
    answer = await post(client, {**headers, **bearer})
    assert answer.json() == {"data": {"viewer": {"subject": "bob"}}}


async def test_a_wrong_token_is_refused_even_beside_a_good_cookie(client):
    answer = await post(client, {"sec-fetch-site": "same-origin", "authorization": "Bearer not.a.token"})
    assert answer.status_code == 401


async def test_a_form_of_another_site_is_no_graphql(client):
    answer = await client.post("/graphql", data={"query": WHO}, headers={"origin": "https://evil.example"})
    assert answer.status_code in (403, 415)


async def test_without_a_cookie_nothing_of_this_is_asked(client):
    client.cookies.clear()
    for headers in FOREIGN:
        assert (await post(client, headers, "{ __typename }")).json() == {"data": {"__typename": "Query"}}


async def test_a_cookie_that_stands_twice_counts_for_nothing(client):
    session = client.cookies[COOKIE]
    client.cookies.clear()
    for cookies in (
        f"{COOKIE}={session}; {COOKIE}=other",
        f"{COOKIE}=other; {COOKIE}={session}",
        f"{COOKIE}=; x={session}",
        f"callboard-session={session}",
    ):
        answer = await post(client, {"cookie": cookies, "sec-fetch-site": "same-origin"})
        assert answer.json()["data"] == {"viewer": None}, cookies


async def test_sign_out_is_for_the_own_page_alone(client):
    for headers in FOREIGN:
        assert (await client.post("/auth/sign-out", headers=headers)).status_code == 403
    assert (await client.get("/auth/sign-out")).status_code == 405
    session = client.cookies[COOKIE]
    answer = await client.post("/auth/sign-out", headers={"x-callboard": "page"})
    assert answer.status_code == 204 and f"{COOKIE}=; Max-Age=0" in answer.headers["set-cookie"]
    again = await post(client, {"x-callboard": "page", "cookie": f"{COOKIE}={session}"})
    assert again.json()["data"] == {"viewer": None}


async def test_cookies_are_for_this_host_alone_and_out_of_scripts_reach():
    from gateway.http.browser import Browser

    for set_cookie in (Browser(HERE).keep_session("s"), Browser(HERE).keep_attempt("a"), Browser(HERE).forget_session()):
        parts = {part.strip().partition("=")[0] for part in set_cookie.split(";")[1:]}
        assert parts == {"Max-Age", "Path", "HttpOnly", "SameSite", "Secure"}
        assert "SameSite=Lax" in set_cookie and set_cookie.startswith("__Host-")
    loopback = Browser("http://127.0.0.1:8080").keep_session("s")
    assert "Secure" not in loopback and "HttpOnly" in loopback and "__Host-" not in loopback


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?to=https://evil.example",
        "?next=//evil.example",
        "?state=x&code=y",
        "?error=<script>alert(1)</script>",
        "?code=%ff%00",
        "?state=\ud800".encode("utf-8", "replace").decode(),
    ],
)
@pytest.mark.parametrize("path", ["/auth/callback", "/auth/sign-in"])
async def test_no_address_leads_elsewhere_or_shows_what_it_was_given(client, path, query):
    answer = await client.get(f"{path}{query}")
    assert answer.status_code in (400, 503)
    assert "location" not in answer.headers and "evil" not in answer.text and "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_gateway_without_sign_in_says_so_and_looks_at_no_cookie(tmp_path: Path):
    async with running_gateway(tmp_path) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies={COOKIE: "any"}) as client:
            assert (await client.get("/auth/session")).json() == {"signIn": False, "signedIn": False}
            assert (await client.get("/auth/sign-in")).status_code == 404
            assert (await post(client, {}, "{ __typename }")).status_code == 200
