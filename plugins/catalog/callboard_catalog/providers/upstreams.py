"""The upstreams of the sources on other machines: what the gateway's client for each is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from callboard_sdk import Upstream

from callboard_catalog.settings import CatalogSettings
from callboard_catalog.settings.remote import GitHubSource, RemoteSource, RestSource, UrlsSource

from .urls import AT_ONCE, origin

_KEPT_SECONDS = 0.001
"""Above 0, answers are kept to ask for them again only if they changed; they stand in for nothing (`asking.fresh`)."""


def upstreams(settings: CatalogSettings) -> list[Upstream]:
    """Those of all sources, each by a name of its own."""
    return [one for source in settings.sources for one in _of(source, settings)]


def _of(source: object, settings: CatalogSettings) -> Iterator[Upstream]:
    if isinstance(source, UrlsSource):
        common = _common(source) | {"concurrency": AT_ONCE, "max_bytes": settings.max_file_bytes}
        for address in dict.fromkeys(map(origin, source.urls)):
            yield Upstream(url_upstream(source, address), address, headers={"accept": "*/*"}, **common)
    elif isinstance(source, RestSource):
        headers: Mapping[str, str] = {}
        if isinstance(source, GitHubSource):
            headers = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
        common = _common(source) | {"attempts": source.attempts, "concurrency": source.concurrency, "stale_for": _KEPT_SECONDS}
        yield Upstream(source.name, source.base_address, headers=headers, **common)


def url_upstream(source: UrlsSource, address: str) -> str:
    """The name of one of a source's origins; no other source's name has a space in it."""
    return f"{source.name} {address.partition('://')[2]}"


def _common(source: RemoteSource) -> dict[str, Any]:
    return {
        "bearer": _bearer(source),
        "ca": source.ca_file,
        "timeout": source.timeout_seconds,
        "fresh_for": 0.0,
        "stale_for": 0.0,
    }


def _bearer(source: RemoteSource) -> Callable[[], str] | None:
    token, file = source.token, source.token_file
    if token is not None:
        return token.get_secret_value
    return None if file is None else lambda: file.read_text(encoding="utf-8").strip()
