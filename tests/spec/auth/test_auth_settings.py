"""Settings of identity that could only be a mistake, or unsafe, are refused with what to write instead."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.auth.settings import AuthSettings, IssuerSettings

URL = "https://login.acme.example"


@pytest.mark.parametrize(
    ("algorithm", "why"),
    [
        ("HS256", "secret"),
        ("hs512", "secret"),
        ("none", "unsigned"),
        ("None", "unsigned"),
        ("RSA1_5", "not a signature"),
        ("rs256", "not a signature"),
    ],
)
def test_only_asymmetric_algorithms_are_taken_and_the_refusal_says_why(algorithm: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        IssuerSettings(issuer=URL, algorithms=("RS256", algorithm))
    assert "take one of RS256" in str(caught.value)


def test_an_issuer_takes_at_least_one_algorithm() -> None:
    with pytest.raises(ValidationError):
        IssuerSettings(issuer=URL, algorithms=())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme",
        "ftp://acme.example",
        "https://",
        "https://a b.example",
        "https://u:p@acme.example",
        "https://[::1",
        "https://a.example:port",
        "https://acme.example#x",
    ],
)
@pytest.mark.parametrize("key", ["issuer", "jwks_uri"])
def test_an_address_that_is_none_is_refused(key: str, url: str) -> None:
    with pytest.raises(ValidationError, match=f"{key}: "):
        IssuerSettings(**{"issuer": URL, "name": "acme", key: url})


def test_keys_come_over_https_except_from_this_host_or_where_the_settings_allow_it() -> None:
    with pytest.raises(ValidationError, match="insecure_http"):
        IssuerSettings(issuer="http://keycloak:8080/realms/acme")
    IssuerSettings(issuer="http://keycloak:8080/realms/acme", insecure_http=True)
    for host in ("127.0.0.1", "localhost", "[::1]"):
        IssuerSettings(issuer=f"http://{host}:9000", name="here")


def test_an_issuer_is_named_after_its_host_unless_it_is_given_a_name() -> None:
    assert IssuerSettings(issuer="https://Login.acme.example/realms/a").name == "login.acme.example"
    assert IssuerSettings(issuer=URL, name="acme").name == "acme"


@pytest.mark.parametrize("name", ["user", "group", "a:b", "A", "a/b", "-a"])
def test_a_name_that_could_be_taken_for_another_subject_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        IssuerSettings(issuer=URL, name=name)


@pytest.mark.parametrize(
    ("issuers", "problem"),
    [([{"issuer": URL}, {"issuer": URL, "name": "b"}], "stands twice"),
     ([{"issuer": f"{URL}/a"}, {"issuer": f"{URL}/b"}], "give each a `name`")],
)  # fmt: skip
def test_issuers_that_could_be_confused_are_refused(issuers: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        AuthSettings(issuers=issuers)


def test_a_local_issuer_cannot_take_a_providers_name() -> None:
    with pytest.raises(ValidationError, match="stands twice"):
        AuthSettings(local={"issuer": URL}, issuers=[{"issuer": URL}])


def test_keys_are_kept_at_least_until_they_are_refreshed() -> None:
    with pytest.raises(ValidationError, match="keep_seconds"):
        IssuerSettings(issuer=URL, refresh_seconds=3600, keep_seconds=60)


def test_the_defaults_believe_nobody_but_the_gateway_itself() -> None:
    auth = AuthSettings()
    assert (auth.audience, auth.issuers, auth.anonymous_roles) == ("callboard", (), ("anonymous",))
    assert auth.local is not None and auth.local.issuer == "callboard:local"


SIGN_IN = {"issuer": "login.acme.example", "client_id": "page", "public_url": "https://callboard.acme.example"}


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://callboard.acme.example/", "https://callboard.acme.example"),
        ("https://Callboard.Acme.example:443", "https://callboard.acme.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_the_public_url_is_an_origin_as_browsers_write_it(given: str, origin: str) -> None:
    auth = AuthSettings(issuers=[{"issuer": URL}], sign_in={**SIGN_IN, "public_url": given})
    assert auth.sign_in is not None and auth.sign_in.public_url == origin


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"public_url": "http://callboard.acme.example"}, "this very machine"),
        ({"public_url": "callboard"}, "must be like"),
        ({"public_url": "https://callboard.acme.example/portal"}, "origin alone"),
        ({"public_url": "https://callboard.acme.example?x=1"}, "origin alone"),
        ({"issuer": "other"}, "not the name of one of auth.issuers: login.acme.example"),
        ({"scopes": ["profile"]}, "must have openid"),
        ({"session_hours": 0}, "session_hours"),
    ],
)
def test_a_sign_in_that_could_not_work_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        AuthSettings(issuers=[{"issuer": URL}], sign_in={**SIGN_IN, **change})


def test_a_clients_secret_shows_nowhere() -> None:
    auth = AuthSettings(issuers=[{"issuer": URL}], sign_in={**SIGN_IN, "client_secret": "hunter2"})
    assert "hunter2" not in repr(auth) + auth.model_dump_json()
