"""Lists of entities as the portal asks for them: all at once, or by query, page after page.

A. all      `GET /entities`: an array, of everything that is let through unless it says how much
B. pages    `/entities/by-query`, by parameters or by a body: items, how many there are in all, and cursors both ways
C. asked    filters, words to be found, and the order, as the graph's list takes them
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from callboard_sdk import Ask, HttpError, HttpReply, HttpRequest

from .bodies import Part, body_of, bounded, number, one, reply, some
from .entities import Wanted
from .filters import EVERYTHING, NOTHING, Filter, every, read_filters, read_query
from .filters import some as some_of
from .pages import FURTHEST, Cursor, List, Page

USUAL, MOST = 20, 5_000
"""Entities of a page by query, when it doesn't say how many, and at most."""
EVERY = 250_000
"""Entities of an array, which its size bounds before."""
_ORDERS = {
    "metadata.name": "NAME", "kind": "KIND", "metadata.namespace": "NAMESPACE", "metadata.title": "TITLE",
}  # fmt: skip
_WORDS = {"metadata.name": "name", "metadata.title": "title", "metadata.description": "description"}


async def entities(request: HttpRequest, ask: Ask) -> HttpReply:  # A
    """Every entity that is let through, or so many after a place."""
    limit = number(request, "limit", 1, EVERY)
    place, offset = one(request, "after"), number(request, "offset", 0, FURTHEST)
    if place and offset:
        raise HttpError(400, "give `after` or `offset`, not both")
    order = _order([_directed(text) for text in some(request, "order")], "order=asc:metadata.name")
    wanted = Wanted.of(some(request, "fields"))
    found = List(ask, read_filters(some(request, "filter")), order, wanted, request.reply_bytes)
    if offset:
        place = await found.passed(offset)
    page = await found.page(limit or EVERY, place or None)
    more = {}
    if limit and page.more_after:
        kept = [(name, value) for name, values in request.query.items() for value in values if name not in ("after", "offset")]
        more = {"link": f'<{request.path}?{urlencode([*kept, ("after", page.end)])}>; rel="next"'}
    return reply(found.shown(page), headers=more)


class Words(Part):
    """Words that are looked for, and where."""

    term: str = ""
    fields: list[str] | None = None


class OrderBy(Part):
    """One part of an order."""

    field: str
    order: str = "asc"


class Query(Part):
    """The body of a query by predicate."""

    query: Any = msgspec.UNSET
    limit: int | None = None
    offset: int | None = None
    cursor: str | None = None
    orderBy: list[OrderBy] = []  # noqa: N815  the portal's name
    fullTextFilter: Words | None = None  # noqa: N815
    fields: list[str] = []
    totalItems: str | None = None  # noqa: N815


class Asked(msgspec.Struct, omit_defaults=True):
    """What a first page was asked for, beside its predicate: what a cursor keeps."""

    filter: Sequence[str] = ()
    order: Sequence[tuple[str, str]] = ()
    term: str = ""
    within: Sequence[str] = ()

    def listed(self, query: Any) -> tuple[Filter, Mapping[str, Any] | None]:
        """The filter and the order of it."""
        predicate = EVERYTHING if query is msgspec.UNSET else read_query(query)
        order = _order(self.order, "orderField=metadata.name,asc")
        return every([read_filters(self.filter), predicate, _words(self.term, self.within)]), order


async def by_parameters(request: HttpRequest, ask: Ask) -> HttpReply:  # B
    """A page, asked for by parameters."""
    cursor = one(request, "cursor")
    asked = Asked(
        some(request, "filter"), [_paired(text) for text in some(request, "orderField")],
        one(request, "fullTextFilterTerm") or "", _commas(some(request, "fullTextFilterFields")),
    )  # fmt: skip
    limit, offset = number(request, "limit", 0, MOST), number(request, "offset", 0, FURTHEST)
    counted = _counted(one(request, "totalItems"))
    fields = some(request, "fields")
    return await _paged(request, ask, cursor, asked, msgspec.UNSET, limit, offset, fields, counted=counted)


async def by_predicate(request: HttpRequest, ask: Ask) -> HttpReply:
    """A page, asked for by a body."""
    body = body_of(request, Query)
    words = body.fullTextFilter or Words()
    asked = Asked((), [(one.field, one.order) for one in body.orderBy], words.term, words.fields or ())
    limit, offset = bounded(body.limit, "limit", 0, MOST), bounded(body.offset, "offset", 0, FURTHEST)
    query = {} if body.query is msgspec.UNSET else body.query  # a cursor that has none is taken for one by parameters
    return await _paged(request, ask, body.cursor, asked, query, limit, offset, body.fields, counted=_counted(body.totalItems))


async def _paged(
    request: HttpRequest, ask: Ask, cursor: str | None, asked: Asked, query: Any, limit: int | None, offset: int | None,
    fields: Sequence[str], *, counted: bool,
) -> HttpReply:  # fmt: skip
    place, back = None, False
    if cursor:
        known = Cursor.read(cursor)
        try:
            asked, query = msgspec.convert(known.asked, Asked), known.query
        except msgspec.ValidationError:
            raise HttpError(400, "`cursor` is none of this address: give a `nextCursor` or `prevCursor` unchanged") from None
        place, back = known.place, known.back
    wanted, order = asked.listed(query)
    listed = List(ask, wanted, order, Wanted.of(fields), request.reply_bytes)
    if offset and not cursor:
        place = await listed.passed(offset)
    limit = USUAL if limit is None else limit
    page = await listed.page(limit or 1, place, back=back, counted=counted)
    if not limit:
        page = Page(total=page.total)

    def beyond(place: str | None, *, back: bool) -> str:
        return Cursor(msgspec.to_builtins(asked), place or "", back, query).text()

    info: dict[str, str] = {}
    if page.more_after and page.end:
        info["nextCursor"] = beyond(page.end, back=False)
    if page.more_before and page.start:
        info["prevCursor"] = beyond(page.start, back=True)
    return reply({"items": listed.shown(page), "totalItems": page.total or 0, "pageInfo": info})


# C. asked


def _counted(text: str | None) -> bool:
    if text not in (None, "", "include", "exclude"):
        raise HttpError(400, f"`totalItems` is {text[:40]!r}: give include or exclude")
    return text != "exclude"


def _commas(given: Sequence[str]) -> list[str]:
    return [field for one in given for part in one.split(",") if (field := part.strip())]


def _directed(text: str) -> tuple[str, str]:
    direction, colon, field = text.partition(":")
    return (field, direction) if colon else (direction, "asc")


def _paired(text: str) -> tuple[str, str]:
    field, _, direction = text.partition(",")
    return field, direction or "asc"


def _order(given: Sequence[tuple[str, str]], example: str) -> Mapping[str, Any] | None:
    """The graph's order. By name comes second in any case; what else would is refused."""
    for field, direction in given:
        if field not in _ORDERS or direction not in ("asc", "desc"):
            text = f"nothing is ordered by {field[:80]!r} {direction[:20]!r} here: write it like {example}"
            raise HttpError(400, f"{text}, by one of {', '.join(_ORDERS)}")
    rest = [field for field, _ in given[1:]]
    if rest and rest != ["metadata.name"]:
        raise HttpError(400, f"entities are ordered by one field, and then by name: leave out {', '.join(rest)[:80]}")
    return {"field": _ORDERS[given[0][0]], "direction": given[0][1].upper()} if given else None


def _words(term: str, within: Sequence[str]) -> Filter:
    """Where the words are looked for: a field that is not searched adds nothing; all that is, when none is named."""
    if not term.strip():
        return EVERYTHING
    if not within:
        return {"text": term}
    searched = [{_WORDS[field]: {"contains": term}} for field in within if field in _WORDS]
    return some_of(searched) if searched else NOTHING
