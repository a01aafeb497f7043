"""What a catalog would hold of one source: the rules of proof of the SDK's contract, and nothing of the ingestion's brakes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from callboard_catalog.providers import Read, reader, upstreams
from callboard_catalog.providers.repository import wanted
from callboard_catalog.settings import CatalogSettings
from callboard_sdk import Event, Files, Gone, Item, Part, Same, Tree, Unread, Unreadable, Whole
from callboard_sdk.sources import Events
from callboard_sdk.testing import Reading, Remembered
from resolvers.upstream import UpstreamClient


class Held(Remembered):
    """Items by name, each with its text or its entities; a tree's files are read in a thread, while their event is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, Any] = {}

    async def read(self, events: Events) -> Reading:
        """Read to the end, or to what the source raises, and hold what it says."""
        found, named = Reading(), set[str]()
        try:
            async for event in events:
                found.events.append(event)
                if isinstance(event, Item | Files | Same | Gone | Unread):
                    named.add(event.name)
                await self._apply(event, named)
        except Exception as error:
            found.error = error
        return found

    async def _apply(self, event: Event, named: set[str]) -> None:
        match event:
            case Item():
                self.items[event.name] = event.text if event.text is not None else list(event.entities)
            case Files():
                self._drop(event.name)
                for path in wanted(event.paths, await asyncio.to_thread(event.tree.below, "")):
                    self.items[f"{event.name}/{path}"] = await asyncio.to_thread(_text, event.tree, path)
            case Gone():
                self._drop(event.name)
            case Same():
                assert event.name in self.known, f"{event.name} is said to be as it was, and nothing is known of it"
            case Whole():
                for name in {*self.items, *self.known}:
                    if not any(_covers(one, name) for one in named):
                        self._drop(name)
        self._remember(event)

    def _drop(self, name: str) -> None:
        self.items = {one: held for one, held in self.items.items() if not _covers(name, one)}
        self.known = {one: version for one, version in self.known.items() if not _covers(name, one)}


def _covers(name: str, other: str) -> bool:
    return name in ("", other) or other.startswith(f"{name}/")


def _text(tree: Tree, path: str) -> str | Unreadable:
    try:
        return tree.text(path)
    except Unreadable as error:
        return error


@asynccontextmanager
async def reading(source: Mapping[str, Any], **limits: int) -> AsyncIterator[Read]:
    """How the source with these settings is read, by clients as the gateway hands them out."""
    settings = CatalogSettings.model_validate({"sources": [{"name": "test", **source}], **limits})
    async with AsyncExitStack() as stack:
        clients = {}
        for upstream in upstreams(settings):
            clients[upstream.name] = UpstreamClient(upstream)
            stack.push_async_callback(clients[upstream.name].aclose)
        read = reader(settings.sources[0], settings, clients, os.environ["PATH"])
        assert read is not None
        yield read


def told(found: Reading, kind: type[Any]) -> list[str]:
    """The names of what was said of this kind."""
    return [event.name for event in found.of(kind)]


def ended(found: Reading) -> bool:
    """Whether the reading proved that it named everything."""
    return found.error is None and isinstance(found.events[-1], Whole) and not found.of(Part)
