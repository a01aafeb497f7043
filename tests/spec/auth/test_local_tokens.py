"""The gateway's own tokens: a key for its owner alone, and no shortcut around the checks."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from callboard_sdk import EntityRef, ViewerKind
from cryptography.hazmat.primitives import serialization

from gateway.auth import LocalIssuer, Unauthenticated, Verifier
from gateway.auth.issuers import local_issuer
from gateway.auth.keyfile import KeyFileError, read_or_make
from gateway.auth.settings import LocalIssuerSettings

from tests.spec.auth.world import NOW, Clock, new_ed25519, rsa_key

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "own" / "local-key.pem"


def issuer_at(key_file: Path, clock: Clock | None = None, **settings: Any) -> LocalIssuer:
    made = LocalIssuer(LocalIssuerSettings(key_file=key_file, **settings), "callboard", clock or Clock())
    assert made.public_key  # it is there from now on
    return made


def verifier_of(local: LocalIssuer, clock: Clock | None = None) -> Verifier:
    return Verifier([local_issuer(local)], clock=clock or Clock())


def pem(key: Any) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def keep(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


async def test_a_local_token_is_verified_like_any_other(key_file: Path) -> None:
    local = issuer_at(key_file)
    token = local.create("user:default/Ann", ["engineer"], seconds=600, groups=["payments"])
    viewer = await verifier_of(local).verify(token)
    assert (viewer.subject, viewer.kind, viewer.roles) == ("user:default/Ann", ViewerKind.PERSON, {"engineer"})
    assert (viewer.entity, viewer.groups) == (EntityRef.parse("user:default/ann"), {EntityRef.parse("group:default/payments")})


async def test_a_bot_stands_for_no_user(key_file: Path) -> None:
    local = issuer_at(key_file)
    viewer = await verifier_of(local).verify(local.create("deployer", ["bot"], seconds=600, bot=True))
    assert (viewer.kind, viewer.entity) == (ViewerKind.BOT, None)


async def test_a_local_token_expires(key_file: Path) -> None:
    clock = Clock()
    local = issuer_at(key_file, clock)
    token = local.create("ann", [], seconds=600)
    clock.now = NOW + 660
    with pytest.raises(Unauthenticated, match="expired"):
        await verifier_of(local, clock).verify(token)


async def test_another_gateways_local_tokens_are_refused(key_file: Path, tmp_path: Path) -> None:
    token = issuer_at(tmp_path / "theirs" / "key.pem").create("ann", ["admin"], seconds=600)
    with pytest.raises(Unauthenticated, match="another key"):
        await verifier_of(issuer_at(key_file)).verify(token)
    forged = jwt.encode(jwt.decode(token, options={"verify_signature": False}), new_ed25519(), algorithm="EdDSA")
    with pytest.raises(Unauthenticated, match="signature"):
        await verifier_of(issuer_at(key_file)).verify(forged)


async def test_two_processes_with_one_key_file_believe_each_other(key_file: Path) -> None:
    token = issuer_at(key_file).create("ann", [], seconds=600)
    assert (await verifier_of(issuer_at(key_file)).verify(token)).subject == "ann"


@posix
def test_the_key_is_made_for_its_owner_alone_in_a_folder_of_its_own(key_file: Path) -> None:
    issuer_at(key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert [path.name for path in key_file.parent.iterdir()] == ["local-key.pem"]


def test_of_many_that_make_the_key_at_once_one_wins(key_file: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: pem(read_or_make(key_file)), range(64)))
    assert len(set(keys)) == 1
    assert [path.name for path in key_file.parent.iterdir()] == ["local-key.pem"]


def test_a_key_that_another_process_made_in_between_stands(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pem(read_or_make(key_file))
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert pem(read_or_make(key_file)) == first
    assert [path.name for path in key_file.parent.iterdir()] == ["local-key.pem"]


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660, 0o777])
def test_a_key_file_open_to_others_is_refused(key_file: Path, mode: int) -> None:
    keep(key_file, pem(new_ed25519()), mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_or_make(key_file)


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_in_which_others_may_write_is_refused(key_file: Path, mode: int) -> None:
    keep(key_file, pem(new_ed25519()))
    key_file.parent.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod go-w"):
        read_or_make(key_file)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"\xff" * 100, b"-----BEGIN PRIVATE KEY-----\n", pem(rsa_key("acme")), b"x" * 100_000]
)
def test_a_file_that_is_no_such_key_is_refused_and_left_as_it_is(key_file: Path, content: bytes) -> None:
    keep(key_file, content)
    with pytest.raises(KeyFileError, match="delete it to make a new one") as caught:
        read_or_make(key_file)
    assert key_file.read_bytes() == content
    assert "PRIVATE" not in str(caught.value)


def test_a_folder_in_the_files_place_is_refused(key_file: Path) -> None:
    key_file.mkdir(parents=True, mode=0o700)
    key_file.parent.chmod(0o700)
    with pytest.raises(KeyFileError, match="can't be used|is not a file"):
        read_or_make(key_file)


@pytest.mark.parametrize("seconds", [0, -1, 90 * 86_400 + 1])
def test_a_lifetime_outside_the_settings_is_refused(key_file: Path, seconds: int) -> None:
    with pytest.raises(ValueError, match="max_lifetime_seconds"):
        issuer_at(key_file).create("ann", [], seconds=seconds)


@pytest.mark.parametrize(
    "wrong",
    [{"subject": ""}, {"subject": "a\nb"}, {"subject": "a" * 300}, {"roles": [""]}, {"roles": ["\x00"]}, {"groups": ["user:default/ann"]},
     {"groups": ["a/b/c"]}, {"roles": [f"role-{number:0100}" for number in range(100)]}],
)  # fmt: skip
def test_a_token_that_would_not_be_understood_is_not_made(key_file: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        issuer_at(key_file).create(**{"subject": "ann", "roles": [], "seconds": 60, **wrong})
