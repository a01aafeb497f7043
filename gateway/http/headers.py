"""The headers of a request that GraphQL over HTTP looks at, found in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Headers:
    """What a request's headers say, each None where it is absent.

    `site` is `Sec-Fetch-Site`, `callboard` the header that only the gateway's own page or no browser sends.
    """

    accept: str | None = None
    content_type: str | None = None
    content_length: str | None = None
    content_encoding: str | None = None
    authorization: tuple[str, ...] = ()
    cookie: tuple[str, ...] = ()
    host: str | None = None
    origin: str | None = None
    site: str | None = None
    callboard: str | None = None


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Read an ASGI scope's headers, whose names are lower case."""
    found = Headers()
    for name, value in pairs:
        match name:
            case b"accept":
                text = value.decode("latin-1")
                found.accept = text if found.accept is None else f"{found.accept},{text}"
            case b"content-type":
                found.content_type = value.decode("latin-1")
            case b"content-length":
                found.content_length = value.decode("latin-1")
            case b"content-encoding":
                found.content_encoding = value.decode("latin-1")
            case b"authorization":
                found.authorization += (value.decode("latin-1"),)
            case b"cookie":
                found.cookie += (value.decode("latin-1"),)
            case b"host":
                found.host = value.decode("latin-1")
            case b"origin":
                found.origin = value.decode("latin-1")
            case b"sec-fetch-site":
                found.site = value.decode("latin-1")
            case b"x-callboard":
                found.callboard = value.decode("latin-1")
    return found
