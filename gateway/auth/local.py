"""The gateway's own issuer: tokens for people and bots without a provider, such as the demo's."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .settings import LocalIssuerSettings

MAX_LIFETIME_SECONDS = 366 * 24 * 3600


class KeyFileError(Exception):
    """The key file can't be used; the text says why and what to do."""


class LocalIssuer:
    """Signs tokens with an Ed25519 key from a file that only its owner can read; made at first use."""

    def __init__(self, settings: LocalIssuerSettings, audience: str) -> None:
        self.name = settings.issuer
        self._audience = audience
        self._key = _load_or_make(settings.key_file)

    @property
    def public_key(self) -> Any:
        """What verifies its tokens."""
        return self._key.public_key()

    def create(self, subject: str, roles: Sequence[str], *, seconds: int, bot: bool = False, groups: Sequence[str] = ()) -> str:
        """A token for this subject. Raises ValueError for a lifetime that is not between a second and a year."""
        if not 0 < seconds <= MAX_LIFETIME_SECONDS:
            raise ValueError(f"a token lives 1 to {MAX_LIFETIME_SECONDS} seconds, not {seconds}")
        now = int(time.time())
        claims = {"iss": self.name, "aud": self._audience, "sub": subject, "iat": now, "exp": now + seconds}
        claims |= {"roles": sorted(set(roles)), "groups": sorted(set(groups))}
        if bot:
            claims["callboard_kind"] = "bot"
        return jwt.encode(claims, self._key, algorithm="EdDSA")


def _load_or_make(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        _make(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by others: run `chmod 600` on it, or delete it to make a new key")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise KeyFileError(f"{path} is no private key in PEM form: delete it to make a new one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key: delete it to make a new one")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.link(fresh, path)  # fails when another process was first: its key stands
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
