"""Sign-in by authorization code: an ID token counts only from the provider asked, for this client, and for this attempt."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from gateway.auth.issuers import issuers_of
from gateway.auth.settings import AuthSettings
from gateway.auth.signing_in import Attempt, SignInFailed, SigningIn
from hashlib import sha256

from tests.spec.auth.world import ISSUER, NOW, OTHER_ISSUER, Clock, Provider, claims, encode, jwk, rsa_key, sign

DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
CLIENT = "callboard-page"


@dataclass
class Desk:
    """Where people sign in, and the provider's token endpoint with the answer that a test puts there."""

    signing_in: SigningIn
    provider: Provider
    clock: Clock
    status: int = 200
    answer: Any = None
    posted: list[tuple[str, dict[str, str], Mapping[str, str]]] = field(default_factory=list)

    async def post(self, url: str, form: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self.posted.append((url, {key: values[0] for key, values in parse_qs(form.decode()).items()}, headers))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.status, self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()

    async def finish(self, attempt: Attempt, token: Any, **returned: str | None) -> Any:
        self.answer = {"id_token": token, "access_token": "a", "token_type": "Bearer"}
        return await self.signing_in.finish(attempt.cookie, answer_to(attempt, **returned))


def answer_to(attempt: Attempt, **changes: str | None) -> dict[str, str]:
    found = {"code": "the-code", "state": attempt.state, "iss": ISSUER, **changes}
    return {name: value for name, value in found.items() if value is not None}


def desk(**sign_in: Any) -> Desk:
    provider, clock = Provider(), Clock()
    provider.documents[DISCOVERY] = {
        "issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "authorization_endpoint": f"{ISSUER}/auth?tenant=acme", "token_endpoint": f"{ISSUER}/token",
    }  # fmt: skip
    provider.publish(jwk(rsa_key("acme")))
    auth = AuthSettings(
        local=None,
        issuers=[{"issuer": ISSUER, "name": "acme"}],
        sign_in={"issuer": "acme", "client_id": CLIENT, "public_url": "https://callboard.acme.example", **sign_in},
    )
    made = Desk(None, provider, clock)  # type: ignore[arg-type]
    issuer = issuers_of(auth, lambda _: provider.fetch, clock)[0]
    made.signing_in = SigningIn(auth.sign_in, auth.issuers[0], issuer, provider.fetch, made.post, leeway=60, clock=clock)
    return made


def id_token(attempt: Attempt, key: Any = None, **changes: Any) -> str:
    header = changes.pop("header", {})
    return sign(claims(**{"aud": CLIENT, "nonce": attempt.nonce, **changes}), key, **header)


async def refusal(made: Desk, attempt: Attempt, token: Any, **returned: str | None) -> str:
    """What the person is told, and what the log says; neither has a code or a token in it."""
    with structlog.testing.capture_logs() as logs, pytest.raises(SignInFailed) as caught:
        await made.finish(attempt, token, **returned)
    said = f"{caught.value.message} | {logs}"
    assert "the-code" not in said and attempt.cookie not in said and attempt.verifier not in said
    assert not isinstance(token, str) or token.split(".")[-1] not in said or len(token) < 12
    return said


async def test_the_viewer_is_read_from_the_id_token_as_from_the_issuers_other_tokens():
    made, attempt = desk(), Attempt.new()
    viewer = await made.finish(attempt, id_token(attempt))
    assert (viewer.subject, viewer.roles) == ("acme:ann", {"engineer"})


async def test_the_code_is_redeemed_with_what_the_challenge_was_made_of():
    made = desk()
    address, cookie = await made.signing_in.begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{ISSUER}/auth?tenant=acme&response_type=code&")
    attempt = Attempt(cookie)
    await made.finish(attempt, id_token(attempt), state=asked["state"])
    [(url, form, headers)] = made.posted
    digest = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert digest == asked["code_challenge"] and 43 <= len(form["code_verifier"]) <= 128
    assert (url, form["code"], form["client_id"]) == (f"{ISSUER}/token", "the-code", CLIENT)
    assert form["redirect_uri"] == asked["redirect_uri"] == "https://callboard.acme.example/auth/callback"
    assert "authorization" not in headers and cookie not in address


async def test_a_secret_goes_in_a_header_and_not_in_the_form():
    made, attempt = desk(client_id="a b", client_secret="p:w+d"), Attempt.new()
    await made.finish(attempt, id_token(attempt, aud="a b"))
    [(_, form, headers)] = made.posted
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"a%20b:p%3Aw%2Bd"
    assert "client_id" not in form and "client_secret" not in form


@pytest.mark.parametrize("cookie", [None, "", "short", "é" * 43, "a" * 44, "a b" + "c" * 40])
async def test_who_has_not_begun_cannot_end(cookie: str | None):
    made = desk()
    with pytest.raises(SignInFailed, match="has not begun"):
        await made.signing_in.finish(cookie, {"code": "x", "state": "y"})
    assert made.posted == []


@pytest.mark.parametrize("state", [None, "", "x", pytest.param(Attempt.new().state, id="of another"), "\ud800", "é"])
async def test_another_attempts_state_is_refused_before_the_code_is_used(state: str | None):
    made, attempt = desk(), Attempt.new()
    assert "not to what this browser asked" in await refusal(made, attempt, id_token(attempt), state=state)
    assert made.posted == []


async def test_an_answer_that_names_another_provider_is_refused_before_the_code_is_used():
    made, attempt = desk(), Attempt.new()
    assert "another provider" in await refusal(made, attempt, id_token(attempt), iss=OTHER_ISSUER)
    assert made.posted == []
    await made.finish(attempt, id_token(attempt), iss=None)  # a provider need not say (RFC 9207)


@pytest.mark.parametrize(
    ("error", "shown"), [("access_denied", "access_denied"), ("<script>", "an error"), ("", "an error"), ("a" * 500, "an error")]
)
async def test_a_providers_refusal_is_told_in_words_that_hold_no_text_of_others(error: str, shown: str):
    made, attempt = desk(), Attempt.new()
    said = await refusal(made, attempt, id_token(attempt), error=error, error_description="call 555-evil")
    assert f"({shown})" in said and "555-evil" not in said
    assert made.posted == []


@pytest.mark.parametrize("code", [None, ""])
async def test_an_answer_without_a_code_is_refused(code: str | None):
    made, attempt = desk(), Attempt.new()
    assert "no code" in await refusal(made, attempt, id_token(attempt), code=code)


@pytest.mark.parametrize("nonce", [None, "", 5, pytest.param(Attempt.new().nonce, id="of another"), "\ud800"])
async def test_an_id_token_of_another_attempt_is_refused(nonce: Any):
    made, attempt = desk(), Attempt.new()
    token = sign(claims(aud=CLIENT, **({} if nonce is None else {"nonce": nonce})))
    assert "nonce" in await refusal(made, attempt, token)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"aud": "callboard"}, "for someone else"),
        ({"aud": ["another"]}, "for someone else"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"iss": OTHER_ISSUER}, "another issuer"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "exp claim"),
        ({"iat": NOW + 61}, "yet to come"),
        ({"sub": ""}, "sub claim"),
        ({"header": {"typ": "at+jwt2"}}, "typ header"),
        ({"header": {"kid": "k2"}}, "didn't publish"),
    ],
)
async def test_an_id_token_that_is_not_the_issuers_for_this_client_now_is_refused(changes: dict[str, Any], why: str):
    made, attempt = desk(), Attempt.new()
    assert why in await refusal(made, attempt, id_token(attempt, **changes))


async def test_an_id_token_signed_by_nobody_or_somebody_else_is_refused():
    made, attempt = desk(), Attempt.new()
    body = encode(json.dumps(claims(aud=CLIENT, nonce=attempt.nonce)).encode())
    head = encode(json.dumps({"alg": "none"}).encode())
    assert "not signed with" in await refusal(made, attempt, f"{head}.{body}.{encode(b'x')}")
    assert "signature" in await refusal(made, attempt, id_token(attempt, rsa_key("evil")))


async def test_one_of_several_audiences_is_enough_when_the_token_is_for_this_client():
    made, attempt = desk(), Attempt.new()
    assert (await made.finish(attempt, id_token(attempt, aud=[CLIENT, "another"], azp=CLIENT))).subject == "acme:ann"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": "invalid_grant"}),
        (400, {"error": ["x"]}),
        (401, {}),
        (200, {}),
        (200, {"id_token": 5}),
        (200, {"access_token": "a"}),
    ],
)
async def test_an_answer_without_an_id_token_signs_nobody_in(status: int, answer: Any):
    made, attempt = desk(), Attempt.new()
    made.status, made.answer = status, answer
    with pytest.raises(SignInFailed, match="gave no ID token"):
        await made.signing_in.finish(attempt.cookie, answer_to(attempt))


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"[" * 100_000, b"x" * 300_000, OSError("refused by 10.0.0.7"), TimeoutError()]
)
async def test_a_token_endpoint_that_is_out_of_order_signs_nobody_in(answer: Any):
    made, attempt = desk(), Attempt.new()
    made.answer = answer
    with pytest.raises(SignInFailed, match="try again shortly") as caught:
        await made.signing_in.finish(attempt.cookie, answer_to(attempt))
    assert "10.0.0.7" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": OTHER_ISSUER},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://login.acme.example/auth"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_no_browser_is_sent_where_a_wrong_discovery_document_says(change: dict[str, Any]):
    made = desk()
    made.provider.documents[DISCOVERY] |= change
    with pytest.raises(SignInFailed, match="try again shortly"):
        await made.signing_in.begin()


async def test_the_discovery_document_is_read_once_an_hour():
    made = desk()
    for _ in range(3):
        await made.signing_in.begin()
    made.clock.pass_(3600)
    await made.signing_in.begin()
    assert made.provider.fetched == [DISCOVERY] * 2
