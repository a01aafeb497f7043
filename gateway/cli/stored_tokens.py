"""The access tokens in the gateway's database, listed and revoked for whoever may reach that."""

from __future__ import annotations

import json
from pathlib import Path

from callboard_sdk import BadArgument, Database, Page, decode_id

from gateway.auth.claims import shown_time
from resolvers.audit import AuditStore
from resolvers.tokens.record import StoredToken
from resolvers.tokens.store import TokenStore

from .show import fail, out
from .stored import OPERATOR, in_database


def show_tokens(settings: Path, owner: str | None, *, as_json: bool) -> None:
    """List the tokens, only this owner's if one is named."""
    found = in_database(settings, lambda database: _all(database, owner))
    if as_json:
        print(json.dumps([_told(token) for token in found]))
        return
    if owner is not None and not found:
        out.print(f"{owner!a} owns no access token: `callboard token list` shows those there are.", markup=False, highlight=False)
    elif not found:
        out.print("There are no access tokens: they are made in the graph, by createAccessToken.")
    rows = [("id", "stands for", "roles", "ends", "last used", "note"), *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows if found else ():
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def revoke_token(settings: Path, id: str) -> None:
    """End the token with this id, or this `id` in the graph, for good."""
    revoked = in_database(settings, lambda database: _revoked(database, _key(id)))
    if revoked is None:
        fail([f"no access token has the id {id!a}: `callboard token list` shows those there are"])
    out.print(f"{revoked.id} of {revoked.owner} is revoked", markup=False, highlight=False)


def _key(id: str) -> str:
    """The token's own id, where the graph's is given."""
    try:
        kind, key = decode_id(id)
    except BadArgument:
        return id
    return key if kind == "AccessToken" else id


async def _revoked(database: Database, id: str) -> StoredToken | None:
    store = TokenStore(database)
    revoked = await store.revoke(id, OPERATOR)
    if revoked is not None:
        await AuditStore(database)("token.revoked", OPERATOR, revoked.id, {"owner": revoked.owner})
    return revoked


async def _all(database: Database, owner: str | None) -> list[StoredToken]:
    store = TokenStore(database)
    found: list[StoredToken] = []
    after: str | None = None
    while True:
        page = await store.page(Page(first=100, after=after), owner)
        found += [edge.node for edge in page.edges]
        if not page.page_info.has_next_page:
            return found
        after = Page.checked(1, page.page_info.end_cursor, None, None).after


def _row(token: StoredToken) -> tuple[str, ...]:
    ends = f"revoked {_time(token.revoked_at)}" if token.revoked_at else str(_time(token.expires_at))
    return token.id, token.subject, ",".join(sorted(token.roles)), ends, _time(token.last_used_at) or "never", token.note


def _told(token: StoredToken) -> dict[str, object]:
    return {
        "id": token.id,
        "owner": token.owner,
        "subject": token.subject,
        "note": token.note,
        "roles": sorted(token.roles),
        "operations": None if token.operations is None else sorted(token.operations),
        "points": token.points,
        "createdAt": _time(token.created_at),
        "expiresAt": _time(token.expires_at),
        "lastUsedAt": _time(token.last_used_at),
        "revokedAt": _time(token.revoked_at),
        "revokedBy": token.revoked_by,
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else shown_time(seconds)
