"""An issuer's keys are fetched without blocking, seldom, and only from where the issuer says."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.auth import KeysUnavailable, Unauthenticated

from tests.spec.auth.world import ISSUER, KEYS, World, claims, jwk, new_ed25519, rsa_key, sign, world

DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"


async def settle(here: World) -> None:
    """Let the background fetch land; the fake provider answers at once."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_keys_are_fetched_when_first_needed_and_then_kept() -> None:
    here = world()
    assert here.provider.fetched == []
    for subject in ("ann", "bob", "cyd"):
        await here.verifier.verify(sign(claims(sub=subject)))
    assert here.provider.fetched == [KEYS]


async def test_a_hundred_requests_at_once_cause_one_fetch() -> None:
    here = world()
    here.provider.before_answer = lambda: asyncio.sleep(0.01)
    viewers = await asyncio.gather(*(here.verifier.verify(sign(claims(sub=f"u{number}"))) for number in range(100)))
    assert len({viewer.subject for viewer in viewers}) == 100
    assert here.provider.fetched == [KEYS]


async def test_a_request_that_gives_up_does_not_take_the_others_fetch_with_it() -> None:
    here, gate = world(), asyncio.Event()
    here.provider.before_answer = gate.wait
    first = asyncio.create_task(here.verifier.verify(sign(claims(sub="ann"))))
    second = asyncio.create_task(here.verifier.verify(sign(claims(sub="bob"))))
    await settle(here)
    first.cancel()
    gate.set()
    assert (await second).subject == "acme:bob"
    assert first.cancelled() or (await asyncio.gather(first, return_exceptions=True))
    assert here.provider.fetched == [KEYS]


async def test_a_slow_fetch_is_not_joined_by_a_second() -> None:
    here, gate = world(), asyncio.Event()
    here.provider.before_answer = gate.wait
    waiting = []
    for number in range(3):
        waiting.append(asyncio.create_task(here.verifier.verify(sign(claims(sub=f"u{number}")))))
        await settle(here)
        here.clock.pass_(40)
    gate.set()
    assert len(await asyncio.gather(*waiting)) == 3
    assert here.provider.fetched == [KEYS]


async def test_a_fetch_that_all_share_carries_nothing_of_the_request_that_began_it() -> None:
    here, seen = world(), []
    deadline = contextvars.ContextVar("deadline", default="none")

    async def look() -> None:
        seen.append(deadline.get())

    here.provider.before_answer = look
    deadline.set("in 1 ms")
    await here.verifier.verify(sign(claims()))
    assert seen == ["none"]


async def test_a_new_key_is_seen_after_one_fetch() -> None:
    here = world()
    await here.verifier.verify(sign(claims()))
    here.clock.pass_(30)
    here.provider.publish(jwk(rsa_key("acme")), jwk(rsa_key("next"), "k2"))
    tokens = [sign(claims(sub=f"u{number}"), rsa_key("next"), kid="k2") for number in range(20)]
    await asyncio.gather(*(here.verifier.verify(token) for token in tokens))
    assert here.provider.fetched == [KEYS, KEYS]


async def test_unknown_key_ids_cause_at_most_one_fetch_in_30_seconds() -> None:
    here = world()
    await here.verifier.verify(sign(claims()))
    for number in range(50):
        with pytest.raises(Unauthenticated, match="didn't publish"):
            await here.verifier.verify(sign(claims(), kid=f"invented-{number}"))
    assert len(here.provider.fetched) == 1
    here.clock.pass_(30)
    for number in range(50):
        with pytest.raises(Unauthenticated, match="didn't publish"):
            await here.verifier.verify(sign(claims(), kid=f"invented-{number}"))
    assert len(here.provider.fetched) == 2


async def test_old_keys_serve_while_new_ones_are_fetched_behind() -> None:
    here, gate = world(), asyncio.Event()
    await here.verifier.verify(sign(claims()))
    here.clock.pass_(61)
    here.provider.before_answer = gate.wait
    assert (await here.verifier.verify(sign(claims(sub="bob")))).subject == "acme:bob"
    await settle(here)
    assert here.provider.fetched == [KEYS, KEYS]
    gate.set()
    await settle(here)


async def test_a_token_of_a_new_key_is_told_to_come_again_and_is_taken_then() -> None:
    here, fresh = world(), sign(claims(), rsa_key("next"), kid="k2")
    await here.verifier.verify(sign(claims()))
    here.provider.publish(jwk(rsa_key("acme")), jwk(rsa_key("next"), "k2"))
    with pytest.raises(Unauthenticated, match="fetched again within 30 s: try again then"):
        await here.verifier.verify(fresh)
    here.clock.pass_(30)
    assert (await here.verifier.verify(fresh)).subject == "acme:ann"


async def test_a_withdrawn_key_ends_even_the_tokens_checked_before() -> None:
    here, token = world(), sign(claims())
    await here.verifier.verify(token)
    here.provider.publish(jwk(rsa_key("next"), "k2"))
    here.clock.pass_(61)
    await here.verifier.verify(token)
    await settle(here)
    with pytest.raises(Unauthenticated, match="didn't publish"):
        await here.verifier.verify(token)
    assert here.provider.fetched == [KEYS, KEYS]


GOOD = {"keys": [jwk(rsa_key("acme"))]}
OUTAGES: list[Any] = [
    ConnectionError("refused"), TimeoutError(), b"", b"<html>502</html>", b"[]", {"keys": []}, {"keys": "k1"}, {"keys": [1, None]},
    json.dumps(GOOD).encode() + b" " * 300_000, b"[" * 100_000, {"keys": GOOD["keys"] * 101},
]  # fmt: skip


@pytest.mark.parametrize("outage", OUTAGES, ids=range(len(OUTAGES)))
async def test_an_outage_of_the_provider_is_survived_for_24_hours(outage: Any) -> None:
    here = world()
    await here.verifier.verify(sign(claims()))
    here.provider.documents[KEYS] = outage
    here.clock.pass_(86_300)
    late = {"iat": here.clock.now, "exp": here.clock.now + 600}
    assert (await here.verifier.verify(sign(claims(**late)))).subject == "acme:ann"
    await settle(here)
    here.clock.pass_(100)
    with pytest.raises(KeysUnavailable, match="can't be fetched now") as caught:
        await here.verifier.verify(sign(claims(**late)))
    assert caught.value.retryable and caught.value.extensions["code"] == "UPSTREAM"
    here.provider.publish(jwk(rsa_key("acme")))
    here.clock.pass_(5)
    assert (await here.verifier.verify(sign(claims(**late)))).subject == "acme:ann"


async def test_a_provider_that_is_down_at_the_start_is_no_fault_of_the_bearer() -> None:
    here = world()
    here.provider.documents[KEYS] = ConnectionError("refused by 10.0.0.7 with secret")
    for _ in range(20):
        with pytest.raises(KeysUnavailable) as caught:
            await here.verifier.verify(sign(claims()))
    assert "secret" not in str(caught.value)
    assert here.provider.fetched == [KEYS]
    here.provider.publish(jwk(rsa_key("acme")))
    here.clock.pass_(5)
    assert (await here.verifier.verify(sign(claims()))).subject == "acme:ann"


async def test_an_outage_of_one_provider_leaves_the_others_tokens_alone() -> None:
    here = world()
    here.provider.documents[KEYS] = ConnectionError()
    token = sign(claims(iss="https://login.other.example"), rsa_key("other"))
    assert (await here.verifier.verify(token)).subject == "other:ann"


async def test_a_token_without_a_key_id_is_checked_with_the_only_key_that_fits() -> None:
    here = world()
    assert (await here.verifier.verify(sign(claims(), kid=None))).subject == "acme:ann"
    here.provider.publish(jwk(rsa_key("acme")), jwk(rsa_key("next"), "k2"))
    here.clock.pass_(61)
    await here.verifier.verify(sign(claims(sub="bob")))
    await settle(here)
    with pytest.raises(Unauthenticated, match="didn't publish"):
        await here.verifier.verify(sign(claims(sub="cyd"), kid=None))


@pytest.mark.parametrize(
    "unfit",
    [{"use": "enc"}, {"key_ops": ["sign"]}, {"key_ops": "verify"}, {"alg": "RS512"}, {"alg": "HS256"}, {"kty": "oct"}, {"n": "AQAB"}, {"n": 5},
     {"kid": 5}, {"kid": "k" * 300}, {"kty": ["RSA"]}, {"e": None}],
)  # fmt: skip
async def test_a_key_that_is_not_for_this_is_left_out(unfit: dict[str, Any]) -> None:
    here = world(algorithms=["RS256"])
    here.provider.publish({**jwk(rsa_key("acme")), **unfit}, jwk(rsa_key("next"), "k2"))
    with pytest.raises(Unauthenticated, match="didn't publish"):
        await here.verifier.verify(sign(claims()))
    assert (await here.verifier.verify(sign(claims(), rsa_key("next"), kid="k2"))).subject == "acme:ann"


async def test_a_weak_rsa_key_is_left_out() -> None:
    here, weak = world(), rsa.generate_private_key(65537, 1024)
    here.provider.publish(jwk(weak), jwk(rsa_key("next"), "k2"))
    with pytest.warns(Warning, match="below"):
        token = sign(claims(), weak)
    with pytest.raises(Unauthenticated, match="didn't publish"):
        await here.verifier.verify(token)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("RS256", rsa_key("acme")), ("PS256", rsa_key("acme")), ("RS512", rsa_key("acme")), ("EdDSA", new_ed25519()),
     ("ES256", ec.generate_private_key(ec.SECP256R1())), ("ES384", ec.generate_private_key(ec.SECP384R1())),
     ("ES512", ec.generate_private_key(ec.SECP521R1()))],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_each_algorithm_that_can_be_configured_verifies(algorithm: str, key: Any) -> None:
    here = world(algorithms=[algorithm])
    here.provider.publish(jwk(key))
    assert (await here.verifier.verify(sign(claims(), key, algorithm=algorithm))).subject == "acme:ann"


async def test_discovery_finds_the_keys_once() -> None:
    here = world(jwks_uri=None)
    here.provider.documents[DISCOVERY] = {"issuer": ISSUER, "jwks_uri": KEYS}
    await here.verifier.verify(sign(claims()))
    here.clock.pass_(61)
    await here.verifier.verify(sign(claims(sub="bob")))
    await settle(here)
    assert here.provider.fetched == [DISCOVERY, KEYS, KEYS]


async def test_keys_that_moved_are_found_again() -> None:
    here, moved = world(jwks_uri=None), f"{ISSUER}/moved"
    here.provider.documents[DISCOVERY] = {"issuer": ISSUER, "jwks_uri": KEYS}
    await here.verifier.verify(sign(claims()))
    here.provider.documents = {DISCOVERY: {"issuer": ISSUER, "jwks_uri": moved}}
    here.provider.publish(jwk(rsa_key("next"), "k2"), url=moved)
    for _ in range(2):
        here.clock.pass_(61)
        await here.verifier.verify(sign(claims()))
        await settle(here)
        if here.provider.fetched[-1] == moved:
            break
    assert here.provider.fetched == [DISCOVERY, KEYS, KEYS, DISCOVERY, moved]


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://evil.example", "jwks_uri": KEYS}, {"issuer": ISSUER + "/", "jwks_uri": KEYS}, {"jwks_uri": KEYS}, {"issuer": ISSUER},
     {"issuer": ISSUER, "jwks_uri": 5}, {"issuer": ISSUER, "jwks_uri": "http://login.acme.example/keys"},
     {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}, {"issuer": ISSUER, "jwks_uri": "https://"}, []],
)  # fmt: skip
async def test_a_discovery_document_of_another_issuer_or_with_an_unsafe_address_is_not_followed(document: Any) -> None:
    here = world(jwks_uri=None)
    here.provider.documents[DISCOVERY] = document
    with pytest.raises(KeysUnavailable):
        await here.verifier.verify(sign(claims()))
    assert here.provider.fetched == [DISCOVERY]


async def test_closing_ends_a_fetch_under_way() -> None:
    here, gate = world(), asyncio.Event()
    here.provider.before_answer = gate.wait
    waiting = asyncio.create_task(here.verifier.verify(sign(claims())))
    await settle(here)
    await here.verifier.aclose()
    with pytest.raises((asyncio.CancelledError, KeysUnavailable)):
        await waiting
