"""Checks a token (RFC 7519, RFC 8725) and answers who bears it; a checked token is kept until it expires.

A. kept       the same token, checked before: its expiry and its key are looked at again, nothing else
B. parts      size, three parts, strict JSON; nothing of it is believed yet
C. issuer     which configured issuer it names
D. algorithm  one of those configured for that issuer
E. key        one of that issuer's own keys; `kid` only chooses among them, and no header says where keys are
F. signature
G. claims     issuer, audience, times, subject
H. viewer     kind, roles, groups, user
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jwt
from callboard_sdk import Viewer

from .claims import check_claims, expiry
from .compact import CompactToken, take_apart
from .errors import Unauthenticated
from .issuer import Issuer
from .keys import Clock
from .keyset import MAX_KID, Key
from .viewers import viewer_of

__all__ = ["Issuer", "Verified", "Verifier"]

KEPT_TOKENS = 10_000
"""How many checked tokens are kept; the one unused for longest goes first."""

_TYPES = ("jwt", "at+jwt", "application/at+jwt")
_JWS = jwt.PyJWS(options={"verify_signature": True, "enforce_minimum_key_length": True})


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that holds until `expires` (seconds since 1970, leeway included), as long as its issuer stands by `key`.

    `token_id` is its `jti`, if it has one.
    """

    viewer: Viewer
    issuer: Issuer
    key: Key
    expires: float
    token_id: str | None


class Verifier:
    """Checks tokens of the given issuers; `leeway` (seconds) bears with clocks that differ."""

    def __init__(
        self, issuers: Sequence[Issuer], *, leeway: float = 60, clock: Clock = time.time, kept: int = KEPT_TOKENS
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._leeway = leeway
        self._clock = clock
        self._kept: OrderedDict[bytes, Verified] = OrderedDict()
        self._most = kept

    async def verify(self, token: str) -> Viewer:
        """The token's viewer. Raises Unauthenticated, saying what is wrong without showing the token.

        Raises KeysUnavailable when the issuer's keys can't be had, which is not the bearer's fault.
        """
        return (await self.examine(token)).viewer

    async def examine(self, token: str) -> Verified:
        """As `verify`, with when it ends: for what outlives one request."""
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        if (known := self._recall(digest)) is not None:  # A
            return known
        verified = await self._check(take_apart(token))  # B
        self._keep(digest, verified)
        return verified

    async def aclose(self) -> None:
        """End every issuer's background work."""
        for issuer in self._issuers.values():
            await issuer.keys.aclose()

    async def _check(self, token: CompactToken) -> Verified:
        issuer = self._issuer(token)  # C
        key = await check_token(token, issuer, now=self._clock, leeway=self._leeway)  # D to G
        token_id = token.claims.get("jti")
        expires = expiry(token.claims) + self._leeway
        return Verified(viewer_of(token.claims, issuer), issuer, key, expires, str(token_id) if token_id else None)  # H

    def _issuer(self, token: CompactToken) -> Issuer:
        name = token.claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise Unauthenticated(
                "the token's issuer is not one that this gateway takes: sign in with one that is, or see auth.issuers"
            )
        return issuer

    def _recall(self, digest: bytes) -> Verified | None:
        known = self._kept.get(digest)
        if known is None:
            return None
        if self._clock() < known.expires and known.issuer.keys.holds(known.key):
            self._kept.move_to_end(digest)
            return known
        del self._kept[digest]
        return None

    def _keep(self, digest: bytes, verified: Verified) -> None:
        self._kept[digest] = verified
        self._kept.move_to_end(digest)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


async def check_token(token: CompactToken, issuer: Issuer, *, now: Clock, leeway: float) -> Key:
    """The key that signed this token, when it is all that a token of this issuer must be. Raises as `verify`."""
    algorithm = _algorithm(token, issuer)  # D
    key = await issuer.keys.find(_key_id(token), algorithm)  # E
    _check_signature(token, key, algorithm)  # F
    check_claims(token.claims, issuer, now=now(), leeway=leeway)  # G
    return key


def _algorithm(token: CompactToken, issuer: Issuer) -> str:
    """The algorithm, of those configured. Headers that offer keys (jku, jwk, x5u, x5c) are never read at all."""
    if "crit" in token.header or "b64" in token.header:
        raise Unauthenticated("the token has critical extensions that this gateway doesn't know: get one without crit and b64")
    kind = token.header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise Unauthenticated("the token's typ header is not that of an access token (JWT or at+jwt): send the access token")
    algorithm = token.header.get("alg")
    if algorithm not in issuer.algorithms:
        raise Unauthenticated(f"the token is not signed with {' or '.join(issuer.algorithms)}: get one that is")
    return str(algorithm)


def _key_id(token: CompactToken) -> str | None:
    kid: Any = token.header.get("kid")
    if kid is None or (isinstance(kid, str) and len(kid) <= MAX_KID):
        return kid
    raise Unauthenticated(f"the token's kid header is not a text of at most {MAX_KID} characters: get a new token")


def _check_signature(token: CompactToken, key: Key, algorithm: str) -> None:
    try:
        _JWS.decode_complete(token.text, key.public, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Unauthenticated(
            "the token's signature is not that of its issuer's key: send it unchanged, or get a new one"
        ) from None
