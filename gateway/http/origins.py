"""Which pages may open a websocket: a browser asks nobody first, and says where the page is from (RFC 6455, section 10.2)."""

from __future__ import annotations

from collections.abc import Collection

from .headers import Headers


def may_connect(headers: Headers, origins: Collection[str]) -> bool:
    """Whether what asks is no browser, a page of this very host, or one of the origins that may ask."""
    if headers.origin is None or headers.origin in origins:
        return True
    return headers.host is not None and headers.origin in (f"http://{headers.host}", f"https://{headers.host}")
