"""What a plugin's tests stand on: entities made by hand, upstreams that answer as told, readings, and what the contract needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from .entities import Component, Entity
from .errors import UpstreamError
from .ref import DEFAULT_NAMESPACE, EntityRef
from .sources import Event, Events, Files, Item, Part, Whole
from .upstream import Params, Reply

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


@dataclass(frozen=True)
class Samples:
    """What the contract suite runs a plugin with: made by `samples(folder)` in the module `contract` of its package.

    `settings` are the plugin's; files that they name may be written into `folder`. `annotations` are on every entity that its
    fields are asked for, `{name}` standing for the entity's name: give those that make the plugin ask its upstreams.
    `parents` has objects of each type of its own that it adds batch fields to. A plugin without the module runs with nothing.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    parents: Sequence[object] = ()


def make_entity(
    kind: type[E], name: str, *, annotations: Mapping[str, str] | None = None, spec: Mapping[str, Any] | None = None, **more: Any
) -> E:
    """An entity of this type, with everything else empty."""
    values: dict[str, Any] = {
        "ref": EntityRef(kind.KIND or "opaque", DEFAULT_NAMESPACE, name),
        "kind": kind.KIND,
        "namespace": DEFAULT_NAMESPACE,
        "name": name,
        "labels": {},
        "annotations": annotations or {},
        "links": (),
        "spec": spec or {},
        "source": None,
    }
    return kind(**(values | more))


def make_component(name: str, **more: Any) -> Component:
    """A Component; `make_entity` for the other kinds."""
    return make_entity(Component, name, **more)


class Answers:
    """A `Client` whose answers a test gives: by path, as JSON. `asked` is what it was asked, in order.

    A path that has no answer raises UpstreamError NOT_FOUND; an answer that is an exception is raised.
    """

    def __init__(self, answers: Mapping[str, object], name: str = "upstream") -> None:
        self.name = name
        self.asked: list[tuple[str, object]] = []
        self._answers = answers

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        ok: frozenset[int] = frozenset(),
    ) -> Reply:
        """The answer for this path; what was asked is kept with its parameters."""
        return self._reply(path, dict(params or {}))

    async def post(
        self, path: str, body: object, *, headers: Mapping[str, str] | None = None, ok: frozenset[int] = frozenset()
    ) -> Reply:
        """The answer for this path; what was asked is kept with its body."""
        return self._reply(path, body)

    def _reply(self, path: str, sent: object) -> Reply:
        self.asked.append((path, sent))
        answer = self._answers.get(path, UpstreamError(self.name, "NOT_FOUND", f"{self.name} has no answer for {path}"))
        if isinstance(answer, Exception):
            raise answer
        return Reply(200, {}, msgspec.json.encode(answer), datetime.now(UTC), _decode=self._decode)

    def _decode(self, content: bytes, kind: Any) -> Any:
        try:
            return msgspec.json.decode(content, type=Any if kind is object else kind)
        except msgspec.ValidationError as error:
            raise UpstreamError(self.name, "BAD_ANSWER", f"{self.name}'s answer is not as expected: {error}") from None


@dataclass
class Reading:
    """One reading of a source: what it said, in order, and what it raised, if it failed."""

    events: list[Event] = field(default_factory=list)
    error: Exception | None = None

    def of(self, kind: type[T]) -> list[T]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


class Remembered:
    """A `Known` that remembers what readings told it: a test reads a source again and sees what it asks then.

    It takes nothing away and checks no proof: that is the catalog's part.
    """

    def __init__(self, versions: Mapping[str, str] | None = None, cursor: str | None = None) -> None:
        self.cursor = cursor
        self.known = dict(versions or {})
        self.asked: list[Sequence[str]] = []

    async def versions(self, names: Sequence[str]) -> Mapping[str, str]:
        """The versions that are remembered of these names; what was asked is kept."""
        self.asked.append(names)
        return {name: self.known[name] for name in names if name in self.known}

    async def read(self, events: Events) -> Reading:
        """Read to the end, or to what the source raises."""
        found = Reading()
        try:
            async for event in events:
                found.events.append(event)
                self._remember(event)
        except Exception as error:
            found.error = error
        return found

    def _remember(self, event: Event) -> None:
        if isinstance(event, Item | Files):
            self.known.pop(event.name, None)
            if event.version is not None:
                self.known[event.name] = event.version
        elif isinstance(event, Whole | Part):
            self.cursor = event.cursor
