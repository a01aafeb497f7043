"""What a plugin's tests stand on: entities made by hand, upstreams that answer as told, and what the contract suite needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from .entities import Component, Entity
from .errors import UpstreamError
from .ref import DEFAULT_NAMESPACE, EntityRef
from .upstream import Params, Reply

E = TypeVar("E", bound=Entity)


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
