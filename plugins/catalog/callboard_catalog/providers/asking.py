"""How providers ask an upstream: answers that are fresh, lists read to their end, and failures as what a source says of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from callboard_sdk import Client, Params, Reply, Unreadable, UpstreamError

T = TypeVar("T")
Page = list[T]

MAX_PAGES = 10_000
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s;,=]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]*))*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?next(?:\s[^\"]*)?\"|next(?=\s|;|$))", re.IGNORECASE)
_TRIES = 3


def unanswered(error: UpstreamError) -> Unreadable:
    """What failed at an upstream, as why something is unread."""
    remedy = "It is read again at the next reading." if error.retryable else "Mend it there, or in the settings of the source."
    return Unreadable("unanswered", f"could not be read: {error.message}", remedy)


def is_over(error: UpstreamError) -> bool:
    """Whether the failure is the upstream's, so that it is not to be asked for anything else now.

    Its limit is reached, it takes no token, or it was not reached at all; a status for one request is that request's own.
    """
    return (
        error.reason == "RATE_LIMITED" or error.status in (401, 407) or (error.reason == "UNREACHABLE" and error.status is None)
    )


async def fresh(
    client: Client,
    path: str,
    params: Params | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    ok: frozenset[int] = frozenset(),
) -> Reply:
    """What `Client.get` answers, unless an older answer stands in for it: that proves nothing. Raises UpstreamError."""
    reply = await client.get(path, params, headers=headers, ok=ok)
    if reply.stale:
        raise UpstreamError(
            client.name, "UNREACHABLE", f"{client.name} did not answer, and what it answered before is not enough."
        )
    return reply


async def pages(client: Client, path: str, params: Params, kind: type[Page[T]]) -> list[Page[T]]:
    """Every page of a list, by its links to the next one (RFC 8288), which the client follows to its own origin alone.

    Raises UpstreamError, and Unreadable when the pages come to no end.
    """
    reply = await fresh(client, path, params)
    found = [reply.json(kind)]
    seen: set[str] = set()
    while (link := next_link(reply)) is not None:
        if link in seen or len(seen) == MAX_PAGES:
            raise Unreadable("incomplete", "has a list whose pages come to no end", "Look at what answers at its address.")
        seen.add(link)
        reply = await fresh(client, link)
        found.append(reply.json(kind))
    return found


def next_link(reply: Reply) -> str | None:
    """The address of the next page, as the answer's `Link` header says."""
    header = {name.lower(): value for name, value in reply.headers.items()}.get("link", "")
    return next((url for url, parameters in _LINK.findall(header) if _NEXT.search(parameters)), None)


async def steady(read: Callable[[], Awaitable[list[Page[T]]]], key: Callable[[T], object]) -> list[T]:
    """A list that was whole at one moment: one page, or several that a second reading found to have the same in them.

    Where something goes while pages are read, what follows moves to a page that was read already, and is missed; to prove
    that something is gone, that won't do. Raises Unreadable when the list doesn't come to rest.
    """
    found = await read()
    for _ in range(_TRIES):
        if len(found) == 1:
            return found[0]
        before, found = found, await read()
        if [key(one) for page in before for one in page] == [key(one) for page in found for one in page]:
            return [one for page in found for one in page]
    raise Unreadable("incomplete", "has a list that changed each time it was read", "It is read again at the next reading.")
