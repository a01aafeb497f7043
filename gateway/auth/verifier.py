"""Checks a token (RFC 7519, RFC 8725) and reads the Viewer from it; a checked token is kept until it expires.

A. shape      size and parts, before anything is decoded
B. issuer     which configured issuer the token names; nothing else of it is believed yet
C. key        the issuer's own key, by the token's `kid` alone
D. verify     signature, algorithm, issuer, audience, expiry
E. viewer     subject, kind, roles, groups
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from callboard_sdk import EntityRef, InvalidRef, Viewer, ViewerKind

from .identify import Unauthenticated
from .keys import KeySource

MAX_TOKEN_BYTES = 8 * 1024
MAX_ROLES = 100
_KEPT = 10_000


@dataclass(frozen=True)
class Issuer:
    """One issuer whose tokens are taken, and how its claims are read."""

    name: str
    keys: KeySource
    audience: str
    algorithms: tuple[str, ...]
    roles_claim: str = "roles"
    role_map: Mapping[str, str] | None = None
    groups_claim: str = "groups"


class Verifier:
    """Checks tokens of the given issuers; `clock` gives seconds since the epoch."""

    def __init__(self, issuers: Sequence[Issuer], *, leeway: int = 60, clock: Callable[[], float] = time.time) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._leeway = leeway
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Viewer]] = OrderedDict()

    async def verify(self, token: str) -> Viewer:
        """The token's viewer. Raises Unauthenticated, saying what is wrong without showing the token."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if (known := self._known.get(digest)) is not None and self._clock() < known[0]:
            self._known.move_to_end(digest)
            return known[1]
        header, claims = _shape(token)  # A
        issuer = self._issuer(claims)  # B
        key = await _key(issuer, header)  # C
        checked = self._checked(token, issuer, key)  # D
        viewer = _viewer(checked, issuer)  # E
        self._known[digest] = (float(checked["exp"]) + self._leeway, viewer)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return viewer

    def _issuer(self, claims: Mapping[str, Any]) -> Issuer:
        name = claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise Unauthenticated(
                "the token's issuer is not one that this gateway takes: sign in with one that is, or see auth.issuers"
            )
        return issuer

    def _checked(self, token: str, issuer: Issuer, key: Any) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(issuer.algorithms),
                audience=issuer.audience,
                issuer=issuer.name,
                leeway=self._leeway,
                options={"require": ["exp", "iss", "aud", "sub"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidAudienceError:
            raise Unauthenticated(f"the token is for someone else: its `aud` must be {issuer.audience!r}") from None
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"the token has no {error.claim!r}: ask its issuer for one that has") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Unauthenticated("the token's signature can't be verified: ask for a new one") from None
        self._check_times(claims)
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock()
        expires, starts = claims["exp"], claims.get("nbf", 0)
        if not isinstance(expires, int | float) or not isinstance(starts, int | float):
            raise Unauthenticated("the token's `exp` or `nbf` is not a number: ask for a new one")
        if now >= expires + self._leeway:
            raise Unauthenticated(f"the token expired {int(now - expires)} s ago: ask for a new one")
        if now < starts - self._leeway:
            raise Unauthenticated("the token is not valid yet: check the clock of its issuer")


def _shape(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if len(token) > MAX_TOKEN_BYTES or token.count(".") != 2 or not token.isascii():
        raise Unauthenticated(
            f"the token is no signed JWT of at most {MAX_TOKEN_BYTES} bytes: send the whole token and nothing else"
        )
    try:
        whole = jwt.api_jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated("the token is no signed JWT: send the whole token and nothing else") from None
    header, claims = whole["header"], whole["payload"]
    if "crit" in header:
        raise Unauthenticated("the token has critical extensions that this gateway doesn't know: ask for one without")
    return header, claims


async def _key(issuer: Issuer, header: Mapping[str, Any]) -> Any:
    algorithm = header.get("alg")
    if algorithm not in issuer.algorithms:
        raise Unauthenticated(f"the token is not signed with {' or '.join(issuer.algorithms)}: ask for one that is")
    kid = header.get("kid")
    key = await issuer.keys.key(kid if isinstance(kid, str) else None)
    if key is None:
        raise Unauthenticated("the token is signed with a key that its issuer doesn't publish: ask for a new one")
    return key


def _viewer(claims: Mapping[str, Any], issuer: Issuer) -> Viewer:
    subject = claims["sub"]
    roles = frozenset(_texts(_claim(claims, issuer.roles_claim)))
    if issuer.role_map:
        roles = frozenset(issuer.role_map[role] for role in roles if role in issuer.role_map)
    bot = claims.get("callboard_kind") == "bot" or claims.get("client_id") == subject
    return Viewer(
        subject=subject,
        kind=ViewerKind.BOT if bot else ViewerKind.PERSON,
        roles=roles,
        entity=None if bot else _ref(subject, "user"),
        groups=frozenset(ref for name in _texts(_claim(claims, issuer.groups_claim)) if (ref := _ref(name, "group"))),
    )


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)][:MAX_ROLES] if isinstance(value, list) else []


def _ref(text: str, kind: str) -> EntityRef | None:
    try:
        return EntityRef.parse(text, kind=kind)
    except InvalidRef:
        return None
