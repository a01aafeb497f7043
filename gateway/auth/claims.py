"""Judges a token's claims once its signature holds: is it for us, is it now, and does it say who."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from .errors import Unauthenticated
from .issuer import Issuer

MAX_NAME = 256
"""The longest subject, role or group, in characters."""


def check_claims(claims: Mapping[str, Any], issuer: Issuer, *, now: float, leeway: float) -> None:
    """Raises Unauthenticated unless the claims hold (RFC 7519, section 4.1; RFC 9068, section 4)."""
    if claims.get("iss") != issuer.name:
        raise Unauthenticated("the token is signed by another issuer than it names: get a new token")
    _check_audience(claims, issuer.audience)
    _check_times(claims, now, leeway)
    if not is_name(claims.get("sub")):
        raise Unauthenticated(
            f"the token's sub claim must be a text of 1 to {MAX_NAME} printable characters: get a token with one"
        )
    if claims.get("cnf") is not None:
        raise Unauthenticated("the token is bound to its sender's key (cnf), which Bearer can't prove: get a plain bearer token")


def expiry(claims: Mapping[str, Any]) -> float:
    """When the token expires, in seconds since 1970. Raises Unauthenticated when it doesn't say."""
    if (expires := _seconds(claims, "exp")) is None:
        raise Unauthenticated("the token has no exp claim, so it would never end: get a token that expires")
    return expires


def is_name(value: object) -> TypeGuard[str]:
    """Whether a claim's value can stand for someone or something: a bounded text that prints."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME and value.isprintable() and not value.isspace()


def _check_audience(claims: Mapping[str, Any], audience: str) -> None:
    said = claims.get("aud")
    if audience not in (said if isinstance(said, list) else [said]):
        raise Unauthenticated(f"the token is for someone else: its aud claim must have {audience!r}; ask for that audience")


def _check_times(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    expires = expiry(claims)
    if now >= expires + leeway:
        raise Unauthenticated(f"the token expired at {shown_time(expires)}: get a new one")
    for claim, verb in (("nbf", "holds only from"), ("iat", "was issued at")):
        starts = _seconds(claims, claim)
        if starts is not None and starts > now + leeway:
            raise Unauthenticated(
                f"the token {verb} {shown_time(starts)}, which is yet to come: check its issuer's clock ({claim})"
            )


def _seconds(claims: Mapping[str, Any], claim: str) -> float | None:
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise Unauthenticated(f"the token's {claim} claim is not a number of seconds since 1970: get a new token")
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def shown_time(seconds: float) -> str:
    """An instant for people and scripts, from seconds since 1970: in UTC, to the second."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "a time out of all range"
