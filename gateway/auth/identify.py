"""The first step of a request: its Authorization headers to a Viewer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from callboard_sdk import Viewer, ViewerKind

from .errors import Unauthenticated

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)
_REMEDY = "write the word Bearer, a space, and the token, like `Authorization: Bearer eyJ...`"


class Identify(Protocol):
    """Anything that tells who sent a request."""

    async def __call__(self, authorization: Sequence[str], session: str | None = None, *, again: bool = False) -> Viewer:
        """The viewer; `again` is for a stream that goes on, which is no use of a session.

        Raises Unauthenticated for a token that is wrong, KeysUnavailable when that can't be told now.
        """
        ...


class Permit(Protocol):
    """Anything that tells whether a viewer's token is for a document."""

    def __call__(self, viewer: Viewer, document: str) -> None:
        """Nothing, or raises OperationNotAllowed; before the document is read."""
        ...


class VerifyToken(Protocol):
    """What checks one token."""

    async def verify(self, token: str) -> Viewer:
        """The token's viewer. Raises Unauthenticated or KeysUnavailable."""
        ...


class FindSession(Protocol):
    """What knows who is signed in."""

    async def find(self, session: str, *, used: bool = True) -> Viewer | None:
        """Whose session this is; None when there is none, or no longer. It is `used`, unless it is only looked at."""
        ...


def identify_by(
    verifier: VerifyToken,
    anonymous_roles: Sequence[str],
    own: tuple[str, VerifyToken] | None = None,
    sessions: FindSession | None = None,
) -> Identify:
    """Identify by bearer token (RFC 6750, section 2.1), else by a browser's session; who has neither is anonymous.

    `own` are what checks tokens of the gateway's own, and what those begin with.
    """
    anonymous = Viewer("anonymous", ViewerKind.ANONYMOUS, frozenset(anonymous_roles))

    async def identify(authorization: Sequence[str], session: str | None = None, *, again: bool = False) -> Viewer:
        token = bearer_token(authorization)
        if token is not None:
            if own is not None and token.startswith(own[0]):
                return await own[1].verify(token)
            return await verifier.verify(token)
        signed_in = await sessions.find(session, used=not again) if sessions is not None and session is not None else None
        return signed_in or anonymous

    return identify


def bearer_token(authorization: Sequence[str]) -> str | None:
    """The token in a request's Authorization headers; None when there is none or it is empty.

    Raises Unauthenticated for several headers, another scheme, or what can't be a token.
    """
    if len(authorization) > 1:
        raise Unauthenticated("the request has several Authorization headers: send one, `Authorization: Bearer TOKEN`")
    header = authorization[0].strip(" \t") if authorization else ""
    if not header:
        return None
    if match := _BEARER.fullmatch(header):
        return match[1]
    if not re.match(r"bearer\b", header, re.ASCII | re.IGNORECASE):
        raise Unauthenticated(f"the Authorization header is not of the Bearer scheme: {_REMEDY}")
    raise Unauthenticated(f"the Authorization header has no well-formed token after Bearer: {_REMEDY}")


def challenge(error: Unauthenticated) -> str:
    """The WWW-Authenticate header that goes with a 401 (RFC 6750, section 3), in the characters that it may have."""
    text = re.sub(r"[^\x20\x21\x23-\x5b\x5d-\x7e]", "'", error.message)
    return f'Bearer realm="callboard", error="invalid_token", error_description="{text}"'
