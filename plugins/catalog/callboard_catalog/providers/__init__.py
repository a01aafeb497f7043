"""The providers: each reads one kind of source, and says what it holds as events of the SDK's contract."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from callboard_sdk import Client, Known
from callboard_sdk.sources import Events

from callboard_catalog.settings import CatalogSettings
from callboard_catalog.settings.remote import BackstageSource, GitHubSource, GitLabSource, GitSource, UrlsSource
from callboard_catalog.settings.source import AccountsSource, SourceSettings

from .accounts import Accounts
from .backstage import Backstage
from .git import GitRepository
from .github import GitHub
from .gitlab import GitLab
from .upstreams import upstreams, url_upstream
from .urls import Urls, origin

__all__ = ["Read", "reader", "upstreams"]

Read = Callable[[Known], Events]
"""Begins one reading of a source."""


def reader(
    source: SourceSettings, settings: CatalogSettings, clients: Mapping[str, Client], path: str = os.defpath
) -> Read | None:
    """How this source is read, by the clients of its `upstreams`; `path` says where programs are, such as `git`.

    None for a source that isn't read from elsewhere: files, what is pushed, and what a plugin brings.
    """
    limit = settings.max_file_bytes
    match source:
        case UrlsSource():
            return Urls(source, {one: clients[url_upstream(source, one)] for one in map(origin, source.urls)}).read
        case GitSource():
            return GitRepository(source, max_bytes=limit, path=path).read
        case GitHubSource():
            return GitHub(source, clients[source.name], max_bytes=limit).read
        case GitLabSource():
            return GitLab(source, clients[source.name], max_bytes=limit).read
        case BackstageSource():
            return Backstage(source, clients[source.name]).read
        case AccountsSource():
            return Accounts(source, max_bytes=limit).read
        case _:
            return None
