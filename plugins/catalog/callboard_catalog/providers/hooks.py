"""Which deliveries have which source read: those that its secret proves, about something that it reads."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable

from callboard_sdk import Delivery

from callboard_catalog.settings.remote import GitHubSource, GitLabSource, GitSource
from callboard_catalog.settings.source import LEAST_SECRET, SourceSettings

from .deliveries import Forged, content, items, prove
from .repository import fits_any

_log = logging.getLogger("callboard.catalog")


class Hooks:
    """The sources that take deliveries, by name."""

    def __init__(self, sources: Iterable[SourceSettings]) -> None:
        self._sources = {one.name: one for one in sources if one.hook_secret or one.hook_secret_file}
        self._nobodys = secrets.token_bytes()
        for name, secret in self._secrets().items():
            if not secret:
                _log.warning("source %s takes no deliveries: its hook_secret_file has no secret of %d bytes", name, LEAST_SECRET)

    def matters(self, name: str, delivery: Delivery) -> bool:
        """Whether the source of this name is to be read for what was delivered. Raises Forged and Malformed.

        The same is done for a name that there isn't as for one that there is, so that no time tells them apart.
        """
        prove(delivery, self._secrets().get(name) or self._nobodys)
        if name not in self._sources:
            raise Forged
        return _matters(self._sources[name], delivery)

    def _secrets(self) -> dict[str, bytes]:
        """The secrets of all: a file is read again for each delivery, so that a new one counts at once."""
        return {name: _secret(source) for name, source in self._sources.items()}


def _secret(source: SourceSettings) -> bytes:
    """Empty where its file can't be read, or has none that is long enough."""
    if source.hook_secret is not None:
        return source.hook_secret.get_secret_value().encode()
    try:
        found = source.hook_secret_file.read_bytes().strip() if source.hook_secret_file is not None else b""
    except OSError:
        return b""
    return found if len(found) >= LEAST_SECRET else b""


def _matters(source: SourceSettings, delivery: Delivery) -> bool:
    match source:
        case GitHubSource():
            named = items(delivery)
            return named is None or any(_of_github(source, one) for one in named)
        case GitLabSource():
            named = items(delivery)
            return named is None or any(_of_gitlab(source, one) for one in named)
        case GitSource():
            named = items(delivery, source.ref)
            return named is None or any(not one.startswith("@") for one in named)
        case _:  # whoever knows the secret knows what it is about; a ping is about nothing anywhere
            content(delivery)
            return "ping" not in delivery.headers.get("x-github-event", ())


def _of_github(source: GitHubSource, item: str) -> bool:
    owner = (source.organization or source.user or "").lower()
    if item.startswith("@"):
        return (source.teams or source.members) and item[1:].lower() == owner
    if source.repositories:
        return item.lower() in (one.lower() for one in source.repositories)
    whose, _, name = item.partition("/")
    return whose.lower() == owner and fits_any(source.include)(name) and not fits_any(source.exclude)(name)


def _of_gitlab(source: GitLabSource, item: str) -> bool:
    group, path = source.group.lower(), item.lower()
    if path.startswith("@"):
        return (source.groups or source.members) and path[1:] == group.partition("/")[0]
    below = path.removeprefix(f"{group}/")
    return below != path and fits_any(source.include)(below) and not fits_any(source.exclude)(below)
