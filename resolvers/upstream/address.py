"""Where a call goes: paths below an upstream's base URL, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

import httpx
from callboard_sdk.upstream import Params

_MAX_URL = 16_384
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


class BadAddress(ValueError):
    """A path or URL that leads elsewhere; the text says how, and repeats none of it."""


class Address:
    """One upstream's base URL, and what lies below it."""

    def __init__(self, base_url: str) -> None:
        """Raises BadAddress for anything but an http or https URL without user, query or fragment."""
        try:
            base = httpx.URL(base_url.strip())
        except (httpx.InvalidURL, ValueError):
            raise BadAddress("the base URL is not a URL: write one like https://api.example.com") from None
        if base.scheme not in ("http", "https") or not base.host:
            raise BadAddress("the base URL names no http or https host: write one like https://api.example.com")
        if base.userinfo or base.query or base.fragment:
            raise BadAddress("the base URL holds a user, a query or a fragment: put credentials in headers or bearer")
        self._base = base
        self._root = str(base).rstrip("/")

    def at(self, path: str, params: Params | None = None) -> httpx.URL:
        """The URL of `path` (or of an absolute URL of the same origin) with `params`, sorted by name.

        Raises BadAddress when it is of another origin, climbs with `..`, or holds characters that no URL has.
        """
        if _CONTROL.search(path):
            raise BadAddress("its path holds a space, a backslash or a control character: percent-encode it")
        absolute = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) or path.startswith("//")
        try:
            url = httpx.URL(path if absolute else f"{self._root}/{path.lstrip('/')}")
        except (httpx.InvalidURL, ValueError):
            raise BadAddress("its path doesn't make a URL") from None
        if not self.same_origin(url):
            raise BadAddress("its URL is not on the upstream's own host: only the base URL's origin is asked")
        if any(part in (".", "..") for part in unquote(path.partition("?")[0]).split("/")):
            raise BadAddress("its path climbs with '.' or '..'")
        try:
            return _with_params(url, params)
        except UnicodeEncodeError:
            raise BadAddress("a parameter holds characters that no text has") from None

    def same_origin(self, url: httpx.URL) -> bool:
        """Whether `url` has the base URL's scheme, host and port, and names no user."""
        ours, theirs = _origin(self._base), _origin(url)
        return ours == theirs and not url.userinfo


def label(method: str, url: httpx.URL) -> str:
    """How errors name a request: method and path, never the query, whose values may be secret."""
    path = url.raw_path.partition(b"?")[0].decode("ascii", "replace")
    return f"{method} {path if len(path) <= 200 else path[:197] + '...'}"


def unnamed(text: str, label: str) -> str:
    """An error's text without the request it names: for those who see it beside requests of their own."""
    return text.replace(label, "a request") if label else text


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.lower(), url.port or {"http": 80, "https": 443}.get(url.scheme)


def _with_params(url: httpx.URL, params: Params | None) -> httpx.URL:
    pairs = [(name, str(one)) for name, value in sorted((params or {}).items()) for one in _each(value)]
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    whole = "&".join(part for part in (url.query.decode("ascii"), query) if part)
    made = url.copy_with(query=whole.encode("ascii") or None, fragment=None)
    if len(made.raw_path) > _MAX_URL:
        raise BadAddress(f"its URL is longer than {_MAX_URL} bytes: ask for less at once")
    return made


def _each(value: str | int | Sequence[str | int]) -> Sequence[str | int]:
    return [value] if isinstance(value, str | int) else value
