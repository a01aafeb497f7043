"""The gateway's own issuer: tokens for people and bots without a provider, such as the demo's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from functools import cached_property

import jwt
from callboard_sdk import EntityRef
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .claims import MAX_NAME, is_name
from .compact import MAX_TOKEN
from .keyfile import KeyFileError, read_or_make
from .keys import Clock
from .keyset import key_of
from .settings import LocalIssuerSettings

__all__ = ["KeyFileError", "LocalIssuer"]


class LocalIssuer:
    """Signs tokens with an Ed25519 key from a file that only its owner can read; made at first use.

    That raises KeyFileError when the file can't be used. The tokens are verified as those of any other issuer.
    """

    def __init__(self, settings: LocalIssuerSettings, audience: str, clock: Clock = time.time) -> None:
        self.name = settings.issuer
        self.audience = audience
        self._longest = settings.max_lifetime_seconds
        self._clock = clock
        self._key_file = settings.key_file

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return read_or_make(self._key_file)

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What verifies its tokens."""
        return self._key.public_key()

    def create(self, subject: str, roles: Sequence[str], *, seconds: int, bot: bool = False, groups: Sequence[str] = ()) -> str:
        """A token for this subject: a user's name or ref for a person, any name for a bot. It is stored nowhere.

        Raises ValueError for a lifetime outside the settings, a name that can't be one, or a token that gets too large.
        """
        if not 0 < seconds <= self._longest:
            most = f"{self._longest} seconds ({self._longest / 86_400:g} days)"
            raise ValueError(f"a token lives 1 to {most}, not {seconds}: see auth.local.max_lifetime_seconds")
        for what, name in [("subject", subject), *(("role", role) for role in roles)]:
            if not is_name(name):
                raise ValueError(f"{what} {name[:40]!a} must have 1 to {MAX_NAME} printable characters")
        now = int(self._clock())
        claims = {"iss": self.name, "aud": self.audience, "sub": subject, "iat": now, "exp": now + seconds}
        claims |= {"jti": secrets.token_urlsafe(16), "callboard_kind": "BOT" if bot else "PERSON"}
        claims |= {"roles": sorted(set(roles)), "groups": sorted({str(_group(group)) for group in groups})}
        token = jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": key_of(self.public_key).kid, "typ": "at+jwt"})
        if len(token) > MAX_TOKEN:
            raise ValueError(f"the token would be longer than {MAX_TOKEN} characters: give it fewer roles or groups")
        return token


def _group(text: str) -> EntityRef:
    ref = EntityRef.parse(text, kind="group")
    if ref.kind != "group":
        raise ValueError(f"{text!r} is not a group: write group:namespace/name, or its name alone")
    return ref
