"""Texts at web addresses: each an item, asked for again only if it changed.

What an address answers is one whole text or nothing: a 200 that is empty, or a page for people, is no text of descriptors.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from urllib.parse import urlsplit

from callboard_sdk import Client, Event, Gone, Item, Known, Reply, Same, Unread, Unreadable, UpstreamError, Whole
from callboard_sdk.sources import Events

from callboard_catalog.descriptors.files import decoded
from callboard_catalog.settings.remote import UrlsSource

from .asking import fresh, unanswered
from .together import in_order

AT_ONCE = 8
_CONDITIONS = {"etag": "if-none-match", "last-modified": "if-modified-since"}


class Urls:
    """One source's addresses; `clients` has a client for each origin, as `origin` names it."""

    def __init__(self, settings: UrlsSource, clients: Mapping[str, Client]) -> None:
        self._settings = settings
        self._clients = clients

    async def read(self, known: Known) -> Events:
        """Each address is named in every reading, so what the settings no longer have is gone."""
        versions = await known.versions(self._settings.urls)

        async def ask(url: str) -> Event:
            return await self._ask(url, versions.get(url))

        async with aclosing(in_order(ask, self._settings.urls, AT_ONCE)) as answers:
            async for url, answer in answers:
                match answer:
                    case UpstreamError():
                        yield self._failed(url, answer)
                    case Unreadable():
                        yield Unread(url, answer)
                    case Exception():
                        raise answer
                    case _:
                        yield answer
        yield Whole()

    async def _ask(self, url: str, version: str | None) -> Event:
        client = self._clients[origin(url)]
        reply = await fresh(client, url, headers=_condition(version), ok=frozenset({304}))
        if reply.status == 304:
            return Same(url)
        if not reply.content.strip():
            raise Unreadable(
                "empty", "answers with nothing", "Put its descriptors back, or take the address out of the settings."
            )
        if _header(reply, "content-type").lower().startswith("text/html"):
            raise Unreadable("unreadable", "answers with a page for people", "Write the address of the text itself.")
        return Item(url, text=decoded(reply.content), version=_version(reply))

    def _failed(self, url: str, error: UpstreamError) -> Event:
        gone = error.status == 410 or (error.status == 404 and self._settings.missing_is_gone)
        return Gone(url) if gone else Unread(url, unanswered(error))


def origin(url: str) -> str:
    """The part of an address that names who answers."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _condition(version: str | None) -> dict[str, str]:
    name, _, value = (version or "").partition(" ")
    return {_CONDITIONS[name]: value} if name in _CONDITIONS else {}


def _version(reply: Reply) -> str | None:
    """What tells whether it changed (RFC 9110, section 8.8), with the name of its header."""
    return next((f"{name} {value}" for name in _CONDITIONS if (value := _header(reply, name))), None)


def _header(reply: Reply, name: str) -> str:
    return next((value for key, value in reply.headers.items() if key.lower() == name), "")
