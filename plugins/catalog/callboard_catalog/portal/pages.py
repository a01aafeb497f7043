"""Lists of the portal's API: as many pages of the graph's list as an answer needs, and cursors that say how to go on.

A cursor holds what was asked first, and the place in the list; whoever changes it asks something else, and learns no more by it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from callboard_sdk import Ask, HttpError

from .entities import Json, Wanted
from .operations import ENTITIES, given

PAGE = 100
"""Entities that one operation gives at most."""
FURTHEST = 10_000
"""Entities that `offset` may leave out."""
_NONE: Mapping[str, bool] = {"descriptor": False, "relations": False}


class Cursor(msgspec.Struct, omit_defaults=True):
    """What was asked first, the place in its list, and whether what comes before it is meant; `query` only where it was."""

    asked: dict[str, Any]
    place: str
    back: bool = False
    query: Any = msgspec.UNSET

    def text(self) -> str:
        """What a client gives back unchanged."""
        return base64.b64encode(msgspec.json.encode(self)).decode()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """The cursor. Raises HttpError for what is none."""
        try:
            return msgspec.json.decode(base64.b64decode(text, validate=True), type=cls)
        except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
            raise HttpError(400, "`cursor` is none of this address: give a `nextCursor` or `prevCursor` unchanged") from None


@dataclass(slots=True)
class Page:
    """A part of a list: the operation's own objects, in the list's order, where it begins and ends, and what is beyond."""

    nodes: list[Mapping[str, Any]] = field(default_factory=list)
    total: int | None = None
    start: str | None = None
    end: str | None = None
    more_before: bool = False
    more_after: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """One list of the graph, as one request asks for it. `reply_bytes` is how large its answer may be."""

    ask: Ask
    filter: Mapping[str, Any] | None
    order: Mapping[str, Any] | None
    wanted: Wanted
    reply_bytes: int

    async def page(self, most: int, place: str | None = None, *, back: bool = False, counted: bool = False) -> Page:
        """At most so many after the place, or before it; of the whole list where there is none."""
        found = Page()
        async for part in self._parts(most, place, back=back, counted=counted):
            if back:
                found.nodes[:0] = part.nodes
                found.start, found.more_before = part.start or found.start, part.more_before
                found.end, found.more_after = found.end or part.end, found.more_after or part.more_after
            else:
                found.nodes += part.nodes
                found.start, found.more_before = found.start or part.start, found.more_before or part.more_before
                found.end, found.more_after = part.end or found.end, part.more_after
            found.total = part.total if found.total is None else found.total
        return found

    async def _parts(self, most: int, place: str | None, *, back: bool, counted: bool) -> AsyncIterator[Page]:
        size = 0
        while True:
            part = await self._part(min(most, PAGE), place, self.wanted.variables(), back=back, counted=counted)
            yield part
            most -= len(part.nodes)
            place = part.start if back else part.end
            if most <= 0 or not (part.more_before if back else part.more_after):
                return
            size += len(msgspec.json.encode(part.nodes))
            if size > self.reply_bytes:
                raise HttpError(
                    400, f"the answer would have more than {self.reply_bytes} bytes: ask for pages, or for fewer `fields`"
                )
            counted = False

    async def passed(self, offset: int) -> str | None:
        """The place after so many of the list. Raises HttpError for more than FURTHEST."""
        if offset > FURTHEST:
            raise HttpError(400, f"`offset` is {offset}: leave out at most {FURTHEST}, and page on with the cursors")
        place: str | None = None
        while offset > 0:
            part = await self._part(min(offset, PAGE), place, _NONE, back=False, counted=False)
            offset -= len(part.nodes)
            place = part.end or place
            if not part.more_after:
                break
        return place

    async def _part(self, size: int, place: str | None, parts: Mapping[str, bool], *, back: bool, counted: bool) -> Page:
        sizes = {"last": size, "before": place} if back else {"first": size, "after": place}
        asked = {**sizes, **parts, "filter": self.filter, "order": self.order, "counted": counted}
        found = given(await self.ask(ENTITIES, asked), "entities")
        info = found["pageInfo"]
        return Page(
            found["nodes"], found.get("totalCount"), info["startCursor"], info["endCursor"],
            info["hasPreviousPage"], info["hasNextPage"],
        )  # fmt: skip

    def shown(self, page: Page) -> list[Json]:
        """The page's entities with the wanted fields."""
        return [self.wanted.shown(node) for node in page.nodes]
