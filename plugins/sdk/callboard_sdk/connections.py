"""Relay connections: how every list that can grow is paged (Relay cursor connections specification)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .access import EVERYTHING, Access
from .entities import Entity
from .errors import BadArgument
from .types import computed, value

T = TypeVar("T")

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; a resolver's parameter of this type becomes first/after/last/before.

    Exactly one of `first` and `last` is set, 1 to 100; `after` and `before` are cursors already decoded. `access` is what
    the viewer may see of what is listed: whoever makes a connection leaves the rest out.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    access: Access = EVERYTHING
    counted: bool = True
    """Whether anybody asks for `totalCount`: where nobody does, nothing needs to be counted."""

    @classmethod
    def checked(
        cls,
        first: int | None,
        after: str | None,
        last: int | None,
        before: str | None,
        access: Access = EVERYTHING,
        *,
        counted: bool = True,
    ) -> Page:
        """The page these arguments ask for. Raises BadArgument when they ask for none, both, or too much."""
        if (first is None) == (last is None):
            raise BadArgument(f"give exactly one of `first` and `last`, from 1 to {MAX_PAGE}")
        name, size = ("first", first) if first is not None else ("last", last)
        if not 1 <= (size or 0) <= MAX_PAGE:
            raise BadArgument(f"`{name}` is {size}: ask for 1 to {MAX_PAGE}, and page on with `after` or `before`")
        return cls(first, decode_cursor(after), last, decode_cursor(before), access, counted)

    @property
    def size(self) -> int:
        """How many items at most."""
        return self.first or self.last or 0


def encode_cursor(key: str) -> str:
    """A cursor that says: just after (or before) the item with this sort key."""
    return base64.urlsafe_b64encode(f"k:{key}".encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str | None) -> str | None:
    """The sort key that a cursor holds. Raises BadArgument for a text that is none."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raw = ""
    if not raw.startswith("k:"):
        raise BadArgument(f"{cursor[:80]!r} is not a cursor of this list: use `endCursor` or `startCursor` unchanged")
    return raw[2:]


@value
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    """Whether more items follow."""
    has_previous_page: bool
    """Whether items come before."""
    start_cursor: str | None = None
    """The first item's cursor, for `before`."""
    end_cursor: str | None = None
    """The last item's cursor, for `after`."""


@value
class Edge(Generic[T]):
    """One item of a page, with its cursor."""

    node: T
    """The item."""
    cursor: str
    """Its place in the list, for `after` or `before`."""


@value
class Connection(Generic[T]):
    """One page of a list."""

    edges: list[Edge[T]]
    """The page's items with their cursors."""
    page_info: PageInfo
    """Where the page stands in its list."""
    total_count: int
    """How many items the list has in all, on every page together."""

    @computed()
    def nodes(self) -> list[T]:
        """The page's items without their cursors."""
        return [edge.node for edge in self.edges]


def connect(
    items: Sequence[T],
    page: Page,
    key: Callable[[T], str],
    *,
    total: int | None,
    more_before: bool,
    more_after: bool,
    access: Access = EVERYTHING,
) -> Connection[T]:
    """A connection of one page that the source already cut out; `key` gives an item's sort key. `total` is None where the page
    says that nobody asks for it.

    `access` is what the source left hidden entities out by, before it counted: the page's own. Raises RuntimeError when the
    viewer doesn't see everything and the source doesn't say that it knew.
    """
    if total is None and page.counted:
        raise RuntimeError("this page's list was not counted, and its `totalCount` is asked for: count it where page.counted")
    if access != page.access:
        raise RuntimeError(
            "this page was cut without regard to what its viewer may see: let the source leave out what page.access denies, "
            "items, total and all, and say so by connect(..., access=page.access)"
        )
    edges = [Edge(node=item, cursor=encode_cursor(key(item))) for item in items]
    info = PageInfo(
        has_next_page=more_after,
        has_previous_page=more_before,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info, total_count=total)  # type: ignore[arg-type]  # never read where it is None


def paginate(items: Sequence[T], page: Page, key: Callable[[T], str]) -> Connection[T]:
    """A connection over a whole list in memory, sorted here by `key`, which must be unique to each item.

    Entities that the viewer may not see are left out, and not counted.
    """
    ordered = sorted(_seen(items, page.access), key=key)
    within = [i for i in ordered if (page.after is None or key(i) > page.after) and (page.before is None or key(i) < page.before)]
    part = within[: page.first] if page.first else within[-page.size :]
    first = ordered.index(part[0]) if part else 0
    return connect(
        part,
        page,
        key,
        total=len(ordered),
        more_before=first > 0,
        more_after=bool(part) and first + len(part) < len(ordered),
        access=page.access,
    )


def _seen(items: Sequence[T], access: Access) -> Sequence[T]:
    return items if access.whole else [item for item in items if not isinstance(item, Entity) or access.sees(item)]
