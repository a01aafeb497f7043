"""Lets browser applications of other origins ask, where the settings name them (Fetch standard, CORS protocol)."""

from __future__ import annotations

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS = ("GET", "POST")
READABLE = ("Retry-After", "WWW-Authenticate", "X-Request-Id")
"""The headers of an answer that such an application may read, beside those that it always may."""
SENDABLE = ("Authorization", "X-Request-Id")
"""The headers that it may send, beside those that it always may."""


def shared(graphql: ASGIApp, origins: Collection[str], max_age: int) -> ASGIApp:
    """The endpoint, for applications of these origins too. Without any it is the endpoint itself.

    Browsers send no cookies from there: who asks is told by a token alone. `max_age` is for how many seconds a browser
    remembers what it may send; that question is answered here, and asks the gateway nothing.
    """
    if not origins:
        return graphql
    return CORSMiddleware(
        graphql,
        allow_origins=frozenset(origins),
        allow_methods=METHODS,
        allow_headers=SENDABLE,
        allow_credentials=False,
        expose_headers=READABLE,
        max_age=max_age,
    )
