"""Every known way to have a wrong token believed ends in Unauthenticated, and none of them makes a fetch elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from gateway.auth import Unauthenticated

from tests.spec.auth.world import (
    ISSUER,
    KEYS,
    NOW,
    OTHER_ISSUER,
    claims,
    encode,
    jwk,
    new_ed25519,
    public_pem,
    rsa_key,
    sign,
    sign_raw,
    world,
)


async def refusal(token: str, **settings: Any) -> str:
    """The text of the refusal; checks that it doesn't repeat the token and that only our provider was asked."""
    here = world(**settings)
    with pytest.raises(Unauthenticated) as caught:
        await here.verifier.verify(token)
    assert caught.value.extensions == {"code": "UNAUTHENTICATED", "retryable": False}
    assert set(here.provider.fetched) <= {KEYS, f"{OTHER_ISSUER}/keys"}
    assert all(len(part) < 12 or part not in str(caught.value) for part in token.split("."))
    assert "Traceback" not in str(caught.value)
    return caught.value.message


def header(**members: Any) -> bytes:
    return json.dumps({"alg": "RS256", "kid": "k1", **members}).encode()


async def test_the_token_that_the_attacks_are_made_from_is_good() -> None:
    viewer = await world().verifier.verify(sign(claims()))
    assert (viewer.subject, viewer.roles) == ("acme:ann", {"engineer"})
    assert (await world().verifier.verify(sign_raw(header(), json.dumps(claims()).encode()))).subject == "acme:ann"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
async def test_alg_none_is_refused_in_every_spelling(alg: str) -> None:
    body = encode(json.dumps(claims()).encode())
    for signature in ("", encode(b"x")):
        text = await refusal(f"{encode(header(alg=alg))}.{body}.{signature}")
        assert ("not signed with RS256" in text) if signature else ("signature part is empty" in text)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_an_hmac_with_the_public_key_as_its_secret_is_refused(alg: str) -> None:
    signed = f"{encode(header(alg=alg))}.{encode(json.dumps(claims()).encode())}"
    for secret in (public_pem(rsa_key("acme")), public_pem(rsa_key("acme")).strip(), json.dumps(jwk(rsa_key("acme"))).encode()):
        digest = hmac.new(secret, signed.encode(), getattr(hashlib, f"sha{alg[2:]}")).digest()
        assert "not signed with RS256" in await refusal(f"{signed}.{encode(digest)}")


@pytest.mark.parametrize("alg", ["PS256", "RS512", "ES256", "EdDSA"])
async def test_an_algorithm_that_the_issuer_is_not_configured_with_is_refused(alg: str) -> None:
    token = sign_raw(header(alg=alg), json.dumps(claims()).encode())
    assert "not signed with RS256" in await refusal(token, algorithms=["RS256"])


@pytest.mark.parametrize("alg", [None, 5, ["RS256"], {"alg": "RS256"}, True])
async def test_an_alg_that_is_no_text_is_refused(alg: Any) -> None:
    assert "not signed with" in await refusal(sign_raw(header(alg=alg), json.dumps(claims()).encode()))


async def test_an_rs256_key_is_not_taken_for_another_family() -> None:
    token = sign_raw(header(alg="PS256"), json.dumps(claims()).encode())
    assert "signature" in await refusal(token)


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/etc/passwd",
        "file:///dev/null",
        "k1' OR '1'='1",
        "x' UNION SELECT 'secret' --",
        "| whoami",
        "https://evil.example/keys",
        "k1\x00",
        "K1",
        "",
        "\ud800",
        "k" * 256,
    ],
)
async def test_a_kid_is_only_compared_so_paths_and_sql_in_it_find_nothing(kid: str) -> None:
    token = sign_raw(header(kid=kid), json.dumps(claims()).encode(), new_key())
    assert "didn't publish" in await refusal(token)


@pytest.mark.parametrize("kid", [5, ["k1"], {"kid": "k1"}, False, "k" * 257])
async def test_a_kid_that_is_no_bounded_text_is_refused(kid: Any) -> None:
    assert "kid header" in await refusal(sign_raw(header(kid=kid), json.dumps(claims()).encode()))


async def test_an_unknown_kid_is_refused() -> None:
    assert "didn't publish" in await refusal(sign(claims(), kid="k2"))


async def brought(**members: Any) -> None:
    """A token signed with a key that it brings itself, or says where to find: neither is looked at."""
    evil = new_key()
    assert "signature" in await refusal(sign_raw(header(**members), json.dumps(claims()).encode(), evil))
    foreign_kid = sign_raw(header(kid="evil", **members), json.dumps(claims()).encode(), evil)
    assert "didn't publish" in await refusal(foreign_kid)


async def test_a_jku_of_the_attackers_is_not_followed() -> None:
    await brought(jku="https://evil.example/keys")
    await brought(jku=f"{KEYS}@evil.example/keys")
    await brought(jku=["https://evil.example/keys"])


async def test_an_x5u_of_the_attackers_is_not_followed() -> None:
    await brought(x5u="https://evil.example/cert")
    await brought(x5u="file:///etc/ssl/cert.pem")


async def test_an_x5c_certificate_in_the_header_is_not_a_key() -> None:
    await brought(x5c=[certificate(new_key())])
    await brought(x5c=["MIIB"])


async def test_a_jwk_embedded_in_the_header_is_not_a_key() -> None:
    await brought(jwk=jwk(new_key()))
    await brought(jwk=jwk(new_key(), "k1"))
    await brought(jwk={"kty": "oct", "k": "AA"})


async def test_an_address_of_keys_in_a_good_token_is_not_fetched() -> None:
    here = world()
    token = sign_raw(header(jku="https://evil.example/keys"), json.dumps(claims()).encode())
    assert (await here.verifier.verify(token)).subject == "acme:ann"
    assert here.provider.fetched == [KEYS]


async def test_a_signature_by_another_key_is_refused() -> None:
    assert "signature" in await refusal(sign(claims(), new_key()))


async def test_a_signature_by_another_issuers_key_is_refused() -> None:
    assert "signature" in await refusal(sign(claims(), rsa_key("other")))
    assert "signature" in await refusal(sign(claims(iss=OTHER_ISSUER), rsa_key("acme")))


async def test_a_changed_payload_or_signature_is_refused() -> None:
    head, _, signature = sign(claims()).split(".")
    assert "signature" in await refusal(f"{head}.{encode(json.dumps(claims(roles=['admin'])).encode())}.{signature}")
    head, body, signature = sign(claims()).split(".")
    assert "signature" in await refusal(f"{head}.{body}.{'A' * len(signature)}")
    assert "signature" in await refusal(f"{head}.{body}.{signature[:40]}")


@pytest.mark.parametrize(
    "aud", ["another", "Callboard", "callboard ", ["another"], [], "", 5, {"callboard": 1}, [["callboard"]], None]
)
async def test_a_token_for_another_audience_is_refused_and_told_which_is_expected(aud: Any) -> None:
    assert "must have 'callboard'" in await refusal(sign_raw(header(), json.dumps(claims(aud=aud)).encode()))


async def test_one_of_several_audiences_is_enough() -> None:
    assert (await world().verifier.verify(sign(claims(aud=["another", "callboard"])))).subject == "acme:ann"


@pytest.mark.parametrize(
    "iss", [ISSUER + "/", "https://LOGIN.acme.example", "https://evil.example", "", 5, [ISSUER], {"a": 1}, None]
)
async def test_an_unknown_issuer_is_refused_without_a_fetch(iss: Any) -> None:
    here = world()
    with pytest.raises(Unauthenticated, match="issuer is not one"):
        await here.verifier.verify(sign_raw(header(), json.dumps(claims(iss=iss)).encode()))
    assert here.provider.fetched == []


@pytest.mark.parametrize("exp", [None, "soon", True, [1], 1e400, "1e999", -(10**400)])
async def test_a_token_that_does_not_say_when_it_expires_is_refused(exp: Any) -> None:
    assert "exp claim" in await refusal(sign_raw(header(), json.dumps(claims(exp=exp)).replace("Infinity", "1e999").encode()))


async def test_an_expired_token_is_refused_and_told_since_when() -> None:
    text = await refusal(sign(claims(exp=NOW - 61)))
    assert "expired at 2027-01-15T07:58:59Z" in text
    assert "out of all range" in await refusal(sign(claims(exp=-1e300)))


@pytest.mark.parametrize(("claim", "value"), [("nbf", NOW + 61), ("iat", NOW + 61), ("nbf", 1e300)])
async def test_a_token_from_the_future_is_refused(claim: str, value: float) -> None:
    assert "yet to come" in await refusal(sign_raw(header(), json.dumps(claims(**{claim: value})).encode()))


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_a_start_that_is_no_number_is_refused(claim: str) -> None:
    assert f"{claim} claim" in await refusal(sign_raw(header(), json.dumps(claims(**{claim: "now"})).encode()))


@pytest.mark.parametrize("sub", [None, "", " ", 5, ["ann"], "ann\n", "ann\x00", "\ud800", "a" * 257, "\u202eann"])
async def test_a_subject_that_names_nobody_is_refused(sub: Any) -> None:
    assert "sub claim" in await refusal(sign_raw(header(), json.dumps(claims(sub=sub)).encode()))


async def test_a_key_named_twice_in_the_json_is_refused() -> None:
    good = json.dumps(claims())
    twice = f'{good[:-1]}, "sub": "root"}}'
    assert "names a key twice" in await refusal(sign_raw(header(), twice.encode()))
    assert "names a key twice" in await refusal(sign_raw(b'{"alg":"none","alg":"RS256","kid":"k1"}', good.encode()))
    nested = f'{good[:-1]}, "realm_access": {{"roles": [], "roles": ["admin"]}}}}'
    assert "names a key twice" in await refusal(sign_raw(header(), nested.encode()))


async def test_critical_extensions_and_detached_payloads_are_refused() -> None:
    for members in ({"crit": ["exp"], "exp": NOW}, {"crit": []}, {"crit": None}, {"b64": False, "crit": ["b64"]}, {"b64": False}):
        assert "critical extensions" in await refusal(sign_raw(header(**members), json.dumps(claims()).encode()))


@pytest.mark.parametrize("typ", ["dpop+jwt", "logout+jwt", "secevent+jwt", 5, None])
async def test_a_signed_token_of_another_type_is_refused(typ: Any) -> None:
    assert "typ header" in await refusal(sign_raw(header(typ=typ), json.dumps(claims()).encode()))


async def test_a_nested_token_is_refused() -> None:
    inner = sign(claims())
    assert "not readable JSON" in await refusal(sign_raw(header(cty="JWT"), inner.encode()))
    assert "not a JSON object" in await refusal(sign_raw(header(cty="JWT"), json.dumps(inner).encode()))
    assert "not one that this gateway takes" in await refusal(sign_raw(header(cty="JWT"), json.dumps({"jwt": inner}).encode()))
    encrypted = ".".join(
        [encode(b'{"alg":"dir","enc":"A256GCM","cty":"JWT"}'), "", encode(b"iv"), encode(inner.encode()), encode(b"tag")]
    )
    assert "no three parts" in await refusal(encrypted)


async def test_a_clock_may_be_59_seconds_off_and_not_61() -> None:
    for good in (claims(exp=NOW - 59), claims(nbf=NOW + 59), claims(iat=NOW + 59)):
        assert (await world().verifier.verify(sign(good))).subject == "acme:ann"
    assert "expired" in await refusal(sign(claims(exp=NOW - 61)))
    for early in (claims(nbf=NOW + 61), claims(iat=NOW + 61)):
        assert "yet to come" in await refusal(sign(early))


async def test_a_token_bound_to_its_senders_key_is_refused_as_a_bearer_token() -> None:
    assert "cnf" in await refusal(sign(claims(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})))


async def test_an_oversized_token_is_refused_before_it_is_decoded() -> None:
    assert "longer than 8192" in await refusal(sign(claims(padding="x" * 8192)))
    assert "longer than 8192" in await refusal("." * 1_000_000)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e"])
async def test_a_token_without_three_parts_is_refused(text: str) -> None:
    assert "has no three parts" in await refusal(text)


@pytest.mark.parametrize("part", ["é", "٣٣٣٣", "a b", "a\nb", "YWI=", "a+b/", "\ud800", "a", "%41%41", "A\x00AA"])
async def test_what_is_not_base64url_is_refused(part: str) -> None:
    head, body, signature = sign(claims()).split(".")
    for token in (f"{part}.{body}.{signature}", f"{head}.{part}.{signature}", f"{head}.{body}.{part}"):
        assert "not base64url" in await refusal(token)


@pytest.mark.parametrize(
    "data",
    [b"[" * 3000, b"{", b'{"a":1}}', b"\xff\xfe", b'{"exp": NaN}', b'{"a": Infinity}', b'{"exp": ' + b"9" * 5000 + b"}"],
)
async def test_broken_json_is_refused(data: bytes) -> None:
    assert "not readable JSON" in await refusal(sign_raw(header(), data))
    assert "not readable JSON" in await refusal(sign_raw(data, json.dumps(claims()).encode()))


@pytest.mark.parametrize("depth", [16, 200])
async def test_deep_json_is_refused(depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    assert "nests deeper than 16" in await refusal(sign_raw(header(), nested))
    assert "nests deeper than 16" in await refusal(sign_raw(nested, json.dumps(claims()).encode()))


async def test_json_too_deep_for_any_reader_is_refused() -> None:
    for data in (b"[" * 2000 + b"]" * 2000, b'{"a":' * 900 + b"1" + b"}" * 900):
        text = await refusal(sign_raw(header(), data))
        assert any(reason in text for reason in ("not readable JSON", "nests deeper", "not a JSON object"))


@pytest.mark.parametrize("data", [b"[]", b"null", b'"text"', b"5"])
async def test_json_that_is_no_object_is_refused(data: bytes) -> None:
    assert "not a JSON object" in await refusal(sign_raw(header(), data))
    assert "not a JSON object" in await refusal(sign_raw(data, json.dumps(claims()).encode()))


async def test_a_second_spelling_of_the_same_signature_is_refused() -> None:
    here = world(algorithms=["EdDSA"])
    key = new_ed25519()
    here.provider.publish(jwk(key))
    token = sign(claims(), key, algorithm="EdDSA")
    assert (await here.verifier.verify(token)).subject == "acme:ann"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
    with pytest.raises(Unauthenticated, match="signature"):
        await here.verifier.verify(twin)


def new_key() -> Any:
    return rsa_key("evil")


def certificate(key: Any) -> str:
    """A certificate that the key signs for itself, as `x5c` has it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "login.acme.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2026, 1, 1), datetime(2036, 1, 1))
    return base64.b64encode(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)).decode()
