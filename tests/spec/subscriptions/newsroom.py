"""A plugin whose news can be watched, a gateway over it, and who listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
import strawberry
from callboard_sdk import Access, Batch, ClientError, Plugin, Viewer, node, value
from callboard_sdk.entities import Component
from callboard_sdk.testing import make_component
from gateway.request import GraphQLRequest
from gateway.streams.streams import Begun, Told
from gateway.testing import Harness, running_gateway
from policies.csv_form import read_csv

SOON = 10.0
"""Seconds in which a test's events come; without them it fails."""

RULES = """
p, reader, permission:news.read, read, allow
p, reader, permission:core.viewer, read, allow
p, editor, permission:news.edit, read, allow
g, editor, reader
p, tagged, permission:news.read, read, allow
p, tagged, permission:catalog.read, read, allow, "{""hasTag"": {""tag"": ""open""}}"
p, catalog, permission:catalog.read, read, allow
p, admin, *, read, allow
p, admin, *, mutate, allow
"""


@dataclass
class Desk:
    """Where news comes from; it remembers how many listen, and how each stopped."""

    listening: int = 0
    closed: list[str] = field(default_factory=list)
    edited: list[list[str]] = field(default_factory=list)
    _queues: set[asyncio.Queue[Any]] = field(default_factory=set)

    def publish(self, *events: Any) -> None:
        for queue in self._queues:
            for event in events:
                queue.put_nowait(event)

    def end(self) -> None:
        self.publish(None)

    async def events(self) -> AsyncGenerator[Any, None]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self._queues.add(queue)
        self.listening += 1
        how = "closed"
        try:
            while (event := await queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
            how = "over"
        except asyncio.CancelledError:
            how = "cancelled"
            raise
        finally:
            self._queues.discard(queue)
            self.listening -= 1
            self.closed.append(how)


@node(permission="news.read")
class Headline:
    """What happened."""

    text: str | None
    """In one line."""
    source: str | None = None
    """Who said so."""


@value
class Change:
    """A component changed."""

    component: Component | None
    """As it is now."""
    number: int
    """Which change it was."""


Topic = Annotated[str | None, strawberry.argument(description="Only of this topic.")]
Count = Annotated[int, strawberry.argument(description="How many.")]


def newsroom() -> tuple[Plugin[Any], Desk]:
    plugin: Plugin[Any] = Plugin("news", permissions={"news.read": "Read news.", "news.edit": "Read notes."})
    desk = Desk()

    @plugin.resource
    async def the_desk() -> AsyncIterator[Desk]:
        yield desk

    @plugin.query(permission="news.read")
    async def latest() -> Headline | None:
        """The latest."""
        return Headline(text="old news")

    @plugin.mutation(permission="news.edit")
    async def print_it(count: Count) -> int | None:
        """Print it."""
        return count

    @plugin.field(on=Headline, permission="news.edit")
    async def notes(headlines: Batch[Headline]) -> list[str | None]:
        """What the editors say."""
        desk.edited.append([str(one.text) for one in headlines])
        return [f"on {one.text}" for one in headlines]

    @plugin.field(on=Headline, permission="news.read")
    async def wire(headlines: Batch[Headline]) -> list[str | None]:
        """Fails for bad news."""
        return [ClientError("the wire is cut") if one.text == "bad" else "wired" for one in headlines]  # type: ignore[misc]

    @plugin.subscription(permission="news.read", asks="one watch")
    async def news(room: Desk, viewer: Viewer, topic: Topic = None) -> AsyncIterator[Headline]:
        """Headlines as they come."""
        async with aclosing(room.events()) as events:
            async for event in events:
                if topic is None or topic in event:
                    yield Headline(text=event, source=viewer.subject)

    @plugin.subscription(permission="news.read")
    async def count(to: Count) -> AsyncIterator[int]:
        """Counts."""
        for number in range(to):
            yield number

    async def of_what_is_seen(event: tuple[int, Any], access: Access, topic: Topic = None) -> Change | None:
        number, component = event
        if isinstance(component, Exception):
            raise component
        return Change(component=component, number=number) if access.sees(component) else None

    @plugin.subscription(permission="news.read", shown=of_what_is_seen)
    async def changes(room: Desk, topic: Topic = None) -> AsyncIterator[tuple[int, Any]]:
        """Components as they change."""
        async with aclosing(room.events()) as events:
            async for event in events:
                yield event

    return plugin, desk


def tagged(name: str, *tags: str) -> Component:
    return make_component(name, tags=list(tags))


class Listener:
    """Who listens to one subscription, by the gateway's own streams."""

    def __init__(self, messages: AsyncGenerator[Told | Begun, None]) -> None:
        self._messages = messages

    async def begun(self) -> None:
        assert isinstance(await self._next(), Begun)

    async def next(self) -> Any:
        """The next response, decoded; None at the end."""
        told = await self._next()
        return None if told is None else orjson.loads(told.response.body)  # type: ignore[union-attr]

    async def end(self) -> Any:
        """The error code that the stream ended with; None when its source was over."""
        told = await self._next()
        if told is None:
            return None
        assert isinstance(told, Told) and told.final, told
        [error] = orjson.loads(told.response.body)["errors"]
        assert await self._next() is None
        return error["extensions"]["code"]

    async def _next(self) -> Told | Begun | None:
        async with asyncio.timeout(SOON):
            return await anext(self._messages, None)

    async def leave(self) -> None:
        await self._messages.aclose()


@dataclass
class Newsroom:
    """A running gateway over the plugin."""

    harness: Harness
    desk: Desk
    _listeners: list[Listener] = field(default_factory=list)

    @property
    def metrics(self) -> str:
        return self.harness.gateway.pipeline.record.metrics().decode()

    def listen(self, query: str, *roles: str, authorization: str | None = None, **request: Any) -> Listener:
        given = self.harness.bearer(roles or ["reader"]) if authorization is None else authorization
        asked = GraphQLRequest(query, authorization=(given,) if given else (), **request)
        listener = Listener(self.harness.gateway.streams.answer(asked, "test"))
        self._listeners.append(listener)
        return listener

    async def put(self, rules: str) -> None:
        """Put these rules in force."""
        await self.harness.gateway.policies.replace(read_csv("test", rules))

    async def close(self) -> None:
        """Send everybody home."""
        for listener in self._listeners:
            await listener.leave()

    async def listening(self, query: str, *roles: str, **request: Any) -> Listener:
        """Who has begun to listen."""
        listener = self.listen(query, *roles, **request)
        await listener.begun()
        await self.until(lambda: self.desk.listening > 0)
        return listener

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON):
            while not holds():
                await asyncio.sleep(0.002)


@asynccontextmanager
async def a_newsroom(folder: Path, settings: Mapping[str, Any] | None = None, rules: str = RULES) -> AsyncIterator[Newsroom]:
    (folder / "rules.csv").write_text(rules)
    plugin, desk = newsroom()
    given = dict(settings or {})
    given["policies"] = {"rules": str(folder / "rules.csv"), **given.get("policies", {})}
    async with running_gateway(folder, given, plugins=[plugin]) as harness:
        room = Newsroom(harness, desk)
        try:
            yield room
        finally:
            await room.close()
