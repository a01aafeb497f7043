"""One call as it will be sent: built and checked whole before anything goes out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import httpx
import msgspec
from callboard_sdk.errors import UpstreamError
from callboard_sdk.upstream import Params, Upstream

from .address import Address, BadAddress, label
from .failure import no_token, not_sendable, unusable_token

_BASE_HEADERS = {"accept": "application/json", "accept-encoding": "gzip, deflate", "user-agent": "callboard"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TARGETS = 4096
"""URLs kept at most."""

_Target = tuple[httpx.URL, str, str]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `key` tells equal reads apart from others, `label` names it in errors, `ok` are statuses wanted."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(repr=False)
    ok: frozenset[int]
    label: str
    key: str = ""
    body: bytes | None = field(default=None, repr=False)

    def with_headers(self, more: Mapping[str, str]) -> Ask:
        """The same with these headers where it has none of that name."""
        return replace(self, headers={**more, **self.headers})

    def wants(self, status: int) -> bool:
        """Whether this status is an answer."""
        return 200 <= status < 300 or status in self.ok


class Asks:
    """Makes the requests of one upstream, with its headers and credentials."""

    def __init__(self, upstream: Upstream, address: Address) -> None:
        self._upstream = upstream
        self._address = address
        self._checked = False
        self._targets: dict[str, _Target] = {}
        self._headers = _BASE_HEADERS | {name.lower(): value for name, value in upstream.headers.items()}

    def read(self, path: str, params: Params | None, headers: Mapping[str, str] | None, ok: frozenset[int]) -> Ask:
        """A GET. Raises Failed when it may not or can't be sent."""
        url, text, name = self._target("GET", path, params)
        all_headers = self._all_headers(headers, name)
        return Ask("GET", url, all_headers, ok, name, _key(text, all_headers, ok))

    def write(self, path: str, body: object, headers: Mapping[str, str] | None, ok: frozenset[int]) -> Ask:
        """A POST of `body` as JSON, or as it is when it is bytes. Raises Failed when it may not or can't be sent."""
        url, _, name = self._target("POST", path, None)
        sent = {"content-type": "application/json"} | {name.lower(): value for name, value in (headers or {}).items()}
        try:
            content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        except (TypeError, ValueError, RecursionError, OverflowError):
            raise not_sendable(self._upstream.name, name, "its body can't be written as JSON") from None
        return Ask("POST", url, self._all_headers(sent, name), ok, name, body=content)

    def _target(self, method: str, path: str, params: Params | None) -> _Target:
        """The URL, kept for the next equal call: to parse one costs more than all else about an answer from memory."""
        known = f"{method} {path} {sorted(params.items())}" if params else f"{method} {path}"
        found = self._targets.get(known)
        if found is None:
            try:
                url = self._address.at(path, params)
            except BadAddress as problem:
                raise not_sendable(self._upstream.name, f"a {method}", str(problem)) from None
            if len(self._targets) >= _TARGETS:
                self._targets.clear()
            found = self._targets[known] = (url, str(url), label(method, url))
        return found

    def _all_headers(self, headers: Mapping[str, str] | None, what: str) -> dict[str, str]:
        own = {name.lower(): value for name, value in (headers or {}).items()}
        if self._upstream.bearer is not None:
            own["authorization"] = f"Bearer {self._token(self._upstream.bearer, what)}"
        found = self._headers | own
        for name, value in own.items() if self._checked else found.items():
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise not_sendable(self._upstream.name, what, "a header holds characters that HTTP doesn't allow")
        self._checked = True
        return found

    def _token(self, bearer: Callable[[], str], what: str) -> str:
        try:
            token = str(bearer()).strip()
        except UpstreamError as error:
            raise unusable_token(error) from None
        except Exception:
            token = ""
        if not token:
            raise no_token(self._upstream.name, what)
        return token


def _key(url: str, headers: Mapping[str, str], ok: frozenset[int]) -> str:
    """A digest: it holds the credentials' identity without holding the credentials."""
    parts = [url, *(f"{name}:{value}" for name, value in sorted(headers.items())), str(sorted(ok))]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=20).hexdigest()
