"""Lists of rows that have a number of their own, the newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from callboard_sdk import BadArgument, Connection, Edge, Page, connect

T = TypeVar("T")
S = TypeVar("S")


def asked_for(number: Any, page: Page, *, digits: int) -> tuple[list[Any], Any]:
    """The conditions and the order by which SQL finds a page, and one row more; `number` is the column.

    Raises BadArgument for a cursor that is no number of at most so many digits.
    """
    after, before = _number(page.after, digits), _number(page.before, digits)
    within = [*([number < after] if after is not None else []), *([number > before] if before is not None else [])]
    return within, number.desc() if page.first else number


def connected(found: Sequence[T], page: Page, number: Callable[[T], int], *, total: int) -> Connection[T]:
    """The page of what was found so: as many as were asked for, or one more."""
    items, more = found[: page.size], len(found) > page.size
    if page.last:
        items, before, after = items[::-1], more, page.before is not None
    else:
        before, after = page.after is not None, more
    return connect(
        items,
        page,
        lambda item: str(number(item)),
        total=total,
        more_before=before,
        more_after=after,
        access=page.access,  # nothing that has a number of its own is an entity
    )


def shown(connection: Connection[T], show: Callable[[T], S]) -> Connection[S]:
    """The same page, of what each of its nodes is shown as."""
    edges = [Edge(node=show(edge.node), cursor=edge.cursor) for edge in connection.edges]
    return Connection(edges=edges, page_info=connection.page_info, total_count=connection.total_count)


def _number(cursor: str | None, digits: int) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= digits):
        raise BadArgument("the cursor is not one of this list: use `endCursor` or `startCursor` unchanged")
    return int(cursor)
