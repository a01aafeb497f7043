"""The first step of a request: its Authorization headers to a Viewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from callboard_sdk import CallboardError, Viewer, ViewerKind


class Unauthenticated(CallboardError):
    """The request carries a token that can't be taken; one without a token is anonymous instead."""

    code = "UNAUTHENTICATED"


class Identify(Protocol):
    """Anything that tells who sent a request."""

    async def __call__(self, authorization: Sequence[str]) -> Viewer:
        """The viewer. Raises Unauthenticated for a token that is wrong, saying how."""
        ...


class VerifyToken(Protocol):
    """What checks one token."""

    async def verify(self, token: str) -> Viewer:
        """The token's viewer. Raises Unauthenticated."""
        ...


def identify_by(verifier: VerifyToken, anonymous_roles: Sequence[str]) -> Identify:
    """Identify by bearer token (RFC 6750, section 2.1)."""
    anonymous = Viewer("anonymous", ViewerKind.ANONYMOUS, frozenset(anonymous_roles))

    async def identify(authorization: Sequence[str]) -> Viewer:
        if not authorization:
            return anonymous
        if len(authorization) > 1:
            raise Unauthenticated("the request has several Authorization headers: send one, `Authorization: Bearer TOKEN`")
        scheme, _, token = authorization[0].strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("the Authorization header isn't `Bearer TOKEN`: write the word Bearer, a space, and the token")
        return await verifier.verify(token.strip())

    return identify
