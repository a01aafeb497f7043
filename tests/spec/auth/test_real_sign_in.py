"""Sign-in with a real provider (npm `oidc-provider`), from its pages to a session of ours, over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
import structlog
from gateway.testing import Harness, running_gateway

from tests.spec.auth.provider import Real, needs_provider, running_provider

pytestmark = needs_provider

HERE = "http://127.0.0.1:4321"
RULES = "p, operator, permission:core.viewer, read, allow\np, operator, permission:core.tokens.own, mutate, allow\n"
WHO = {"query": "{ viewer { subject kind roles entity } }"}
OWN = {"sec-fetch-site": "same-origin"}


@dataclass
class Browser:
    """A browser's own cookies for the gateway and the provider, and no other memory."""

    harness: Harness
    real: Real
    gateway: httpx.AsyncClient
    provider: httpx.AsyncClient

    async def begin(self) -> httpx.URL:
        """Press the button: where that leads to."""
        answer = await self.gateway.get("/auth/sign-in")
        assert answer.status_code == 303, answer.text
        return httpx.URL(answer.headers["location"])

    async def at_the_provider(self, url: httpx.URL, login: str = "ann") -> str:
        """Fill in the provider's pages until it sends the browser back: the address with the code."""
        answer = await self.provider.get(url)
        for _ in range(10):
            if answer.is_redirect:
                to = urljoin(str(answer.url), answer.headers["location"])
                if to.startswith(HERE):
                    return to
                answer = await self.provider.get(to)
                continue
            assert answer.status_code == 200, answer.text
            form = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', answer.text))
            if 'name="login"' in answer.text:
                form |= {"login": login, "password": "any"}
            answer = await self.provider.post(
                urljoin(str(answer.url), re.findall(r'action="([^"]+)"', answer.text)[0]), data=form
            )
        raise AssertionError("the provider never sent the browser back")

    async def sign_in(self) -> httpx.Response:
        """The whole way: what the gateway answers to the browser that is back."""
        return await self.gateway.get(await self.at_the_provider(await self.begin()))

    async def who(self) -> Any:
        return (await self.gateway.post("/graphql", json=WHO, headers=OWN)).json()["data"]["viewer"]


@asynccontextmanager
async def browsing(tmp_path: Path, **sign_in: Any) -> AsyncIterator[Browser]:
    (tmp_path / "rules.csv").write_text(RULES)
    async with running_provider(f"{HERE}/auth/callback") as real:
        issuer = {
            "issuer": real.issuer, "name": "acme", "audience": real.resource, "roles_claim": "realm_access.roles",
            "role_map": {"release-manager": "operator"}, "user_claim": "preferred_username",
        }  # fmt: skip
        auth = {"issuers": [issuer], "sign_in": {"issuer": "acme", "client_id": "callboard-page", "public_url": HERE, **sign_in}}
        auth["local"] = {"key_file": str(tmp_path / "key.pem")}
        async with running_gateway(tmp_path, {"auth": auth, "policies": {"rules": str(tmp_path / "rules.csv")}}) as harness:
            transport = httpx.ASGITransport(app=harness.gateway.asgi)
            async with (
                httpx.AsyncClient(transport=transport, base_url=HERE) as gateway,
                httpx.AsyncClient(trust_env=False) as provider,
            ):
                yield Browser(harness, real, gateway, provider)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with browsing(tmp_path) as made:
        yield made


async def test_a_person_signs_in_and_is_who_the_provider_says(browser: Browser):
    assert (await browser.gateway.get("/auth/session")).json() == {"signIn": True, "signedIn": False}
    back = await browser.sign_in()
    assert (back.status_code, back.headers["location"]) == (303, "/graphql")
    assert await browser.who() == {"subject": "acme:ann", "kind": "PERSON", "roles": ["operator"], "entity": "user:default/ann"}
    assert (await browser.gateway.get("/auth/session")).json() == {"signIn": True, "signedIn": True}


async def test_a_client_with_a_secret_signs_in_too(tmp_path: Path):
    secret = {"client_id": "callboard-server", "client_secret": "callboard+server/secret"}
    async with browsing(tmp_path, **secret) as browser:
        await browser.sign_in()
        assert (await browser.who())["subject"] == "acme:ann"


async def test_a_wrong_secret_signs_nobody_in_and_shows_nowhere(tmp_path: Path):
    async with browsing(tmp_path, client_id="callboard-server", client_secret="wrong-secret") as browser:
        with structlog.testing.capture_logs() as logs:
            back = await browser.sign_in()
        assert back.status_code == 400 and "invalid_client" in back.text
        assert "wrong-secret" not in back.text + str(logs)


async def test_who_signs_out_is_nobody_again(browser: Browser):
    await browser.sign_in()
    answer = await browser.gateway.post("/auth/sign-out", headers=OWN)
    assert answer.status_code == 204
    assert await browser.who() is None
    assert (await browser.gateway.get("/auth/session")).json()["signedIn"] is False


async def test_a_stolen_cookie_is_worth_nothing_after_sign_out(browser: Browser):
    await browser.sign_in()
    stolen = dict(browser.gateway.cookies)
    await browser.gateway.post("/auth/sign-out", headers=OWN)
    browser.gateway.cookies.update(stolen)
    assert await browser.who() is None


async def test_the_request_to_the_provider_has_all_that_protects_the_code(browser: Browser):
    asked = parse_qs((await browser.begin()).query.decode())
    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{HERE}/auth/callback"]
    for member in ("state", "nonce", "code_challenge"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked[member][0])
    assert len({asked[member][0] for member in ("state", "nonce", "code_challenge")}) == 3


async def test_a_code_counts_once(browser: Browser):
    url = await browser.begin()
    attempt = dict(browser.gateway.cookies)
    back = await browser.at_the_provider(url)
    assert (await browser.gateway.get(back)).status_code == 303
    browser.gateway.cookies.clear()
    browser.gateway.cookies.update(attempt)
    again = await browser.gateway.get(back)
    assert again.status_code == 400 and "invalid_grant" in again.text


async def test_a_code_of_another_browser_signs_nobody_in(browser: Browser):
    back = await browser.at_the_provider(await browser.begin(), "mallory")
    browser.gateway.cookies.clear()
    assert (await browser.gateway.get(back)).status_code == 400
    await browser.begin()  # a browser that has begun an attempt of its own
    refused = await browser.gateway.get(back)
    assert refused.status_code == 400 and "not to what this browser asked" in refused.text
    assert await browser.who() is None


async def test_a_session_before_sign_in_is_not_the_one_after(browser: Browser):
    await browser.sign_in()
    before = browser.gateway.cookies["callboard-session"]
    await browser.sign_in()
    after = browser.gateway.cookies["callboard-session"]
    assert before != after
    browser.gateway.cookies.set("callboard-session", before, domain="127.0.0.1", path="/")
    browser.gateway.cookies.clear()
    browser.gateway.cookies.update({"callboard-session": before})
    assert await browser.who() is None


async def test_no_code_and_no_token_is_in_an_address_a_page_or_a_log(browser: Browser, tmp_path: Path):
    with structlog.testing.capture_logs() as logs:
        back = await browser.at_the_provider(await browser.begin())
        answer = await browser.gateway.get(back)
        await browser.who()
    code = parse_qs(urlsplit(back).query)["code"][0]
    session = browser.gateway.cookies["callboard-session"]
    for secret in (code, session):
        assert secret not in str(logs) and secret not in answer.headers["location"] + answer.text
        assert secret.encode() not in b"".join(file.read_bytes() for file in tmp_path.glob("callboard.sqlite*"))
    assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"


async def test_a_provider_that_is_down_signs_nobody_in_and_costs_nothing_else(browser: Browser):
    await browser.real.stop()
    answer = await browser.gateway.get("/auth/sign-in")
    assert answer.status_code == 503 and "try again shortly" in answer.text
    assert (await browser.gateway.post("/graphql", json={"query": "{ __typename }"})).status_code == 200


async def test_who_is_signed_in_makes_a_token_and_uses_it_without_the_cookie(browser: Browser):
    await browser.sign_in()
    query = 'mutation { createAccessToken(input: {roles: ["operator"], days: 1}) { secret } }'
    made = (await browser.gateway.post("/graphql", json={"query": query}, headers=OWN)).json()
    secret = made["data"]["createAccessToken"]["secret"]
    browser.gateway.cookies.clear()
    answer = await browser.gateway.post("/graphql", json=WHO, headers={"authorization": f"Bearer {secret}"})
    assert answer.json()["data"]["viewer"]["subject"] == "acme:ann"
