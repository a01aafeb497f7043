"""The store of access tokens: what a token may is looked up at most every few seconds, what it did is written behind."""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from callboard_sdk import BadArgument, Connection, Database, Page, Viewer, connect
from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, delete

from resolvers.recent import Recent
from resolvers.tables import table_of, upsert

from .record import Owner, StoredToken, owner_of, owner_row, token_of, token_row
from .tables import AccessTokenRow, TokenOwnerRow
from .text import digest, new_token

BELIEVED_SECONDS = 3.0
"""How long a token that was looked up is believed: so soon a revocation counts, on every gateway that shares the database."""
KEPT_SECONDS = 90 * 86_400
"""How long a token is remembered after its end."""
_USED_SECONDS = 60
"""How exactly a token's last use is known."""
_MAX_LATEST = 10_000
_CHUNK = 500
_TOKENS, _OWNERS = table_of(AccessTokenRow), table_of(TokenOwnerRow)

Found = tuple[StoredToken, Owner]


class TooManyTokens(Exception):
    """The owner has as many tokens as one may have."""


class TokenStore:
    """Access tokens in the gateway's database. `clock` gives seconds since 1970.

    Call `flush` every few seconds, and at the end: it writes what was noted since.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time, *, believed: float = BELIEVED_SECONDS) -> None:
        self._engine = database.engine
        self._clock = clock
        self._recent: Recent[str, Found | None] = Recent(self._look, believed)
        self._used: dict[str, int] = {}
        self._written: dict[str, int] = {}
        self._seen: dict[str, Owner] = {}
        self._latest: OrderedDict[str, Owner] = OrderedDict()

    async def find(self, token: str) -> Found | None:
        """The token with this text and its owner, as they were at most a few seconds ago; None when there is none."""
        return await self._recent.get(digest(token))

    async def create(
        self,
        owner: Owner,
        *,
        roles: Iterable[str],
        seconds: int,
        note: str = "",
        name: str | None = None,
        operations: Iterable[str] | None = None,
        points: int | None = None,
        most: int,
    ) -> tuple[StoredToken, str]:
        """A new token of this owner, as `seen` last, and its text, which is stored nowhere.

        Raises TooManyTokens when the owner has `most` that have not ended.
        """
        now, text = int(self._clock()), new_token()
        token = StoredToken(
            id=secrets.token_hex(8), owner=owner.subject, name=name, note=note, roles=frozenset(roles),
            operations=None if operations is None else frozenset(operations), points=points,
            created_at=now, expires_at=now + seconds,
        )  # fmt: skip
        async with self._engine.begin() as connection:
            await self._own(connection, owner)
            await connection.execute(delete(AccessTokenRow).where(col(AccessTokenRow.expires_at) < now - KEPT_SECONDS))
            live = select(func.count()).where(
                col(AccessTokenRow.owner) == owner.subject,
                col(AccessTokenRow.revoked_at).is_(None),
                col(AccessTokenRow.expires_at) > now,
            )
            if (await connection.scalar(live) or 0) >= most:
                raise TooManyTokens
            await connection.execute(_TOKENS.insert().values(**token_row(token, digest(text))))
        return token, text

    async def _own(self, connection: AsyncConnection, owner: Owner) -> None:
        """Write down the owner, so that who else makes one of its tokens waits, and then counts right.

        What it was seen with last counts, and not what it has now: that may come from the policy and the catalog, who can take
        it back. If this process has not seen it, another has, and will write it down.
        """
        if (seen := self._latest.get(owner.subject)) is not None:
            await upsert(connection, TokenOwnerRow, owner_row(seen))
        else:
            unknown = replace(owner, roles=frozenset(), groups=frozenset())
            await upsert(connection, TokenOwnerRow, owner_row(unknown), changed=["kind"])

    async def revoke(self, id: str, by: str, *, owner: str | None = None) -> StoredToken | None:
        """End this token (of this owner, when given) for good; None when there is none. Once ended it stays as it is."""
        where = [col(AccessTokenRow.id) == id, *([] if owner is None else [col(AccessTokenRow.owner) == owner])]
        async with self._engine.begin() as connection:
            now = int(self._clock())
            ended = update(AccessTokenRow).where(*where, col(AccessTokenRow.revoked_at).is_(None))
            await connection.execute(ended.values(revoked_at=now, revoked_by=by))
            row = (await connection.execute(select(_TOKENS).where(*where))).one_or_none()
        if row is None:
            return None
        self._recent.forget(row.digest)
        return token_of(row)

    async def get(self, ids: Sequence[str], owner: str | None = None) -> dict[str, StoredToken]:
        """The tokens with these ids (of this owner, when given), by id."""
        where = [] if owner is None else [col(AccessTokenRow.owner) == owner]
        rows = await self._rows(select(_TOKENS).where(col(AccessTokenRow.id).in_(ids), *where))
        return {row.id: token_of(row) for row in rows}

    async def owned_by(self, subject: str) -> list[StoredToken]:
        """All tokens of this owner that are remembered, the newest first."""
        query = select(_TOKENS).where(col(AccessTokenRow.owner) == subject)
        rows = await self._rows(query.order_by(col(AccessTokenRow.created_at).desc(), col(AccessTokenRow.id)))
        return [token_of(row) for row in rows]

    async def page(self, page: Page, owner: str | None = None) -> Connection[StoredToken]:
        """One page of everyone's tokens (of this owner, when given), by owner and age."""
        key = tuple_(col(AccessTokenRow.owner), col(AccessTokenRow.created_at), col(AccessTokenRow.id))
        where = [] if owner is None else [col(AccessTokenRow.owner) == owner]
        total = (await self._rows(select(func.count()).select_from(AccessTokenRow).where(*where)))[0][0]
        after, before = (_cursor(cursor) if cursor is not None else None for cursor in (page.after, page.before))
        within = [*([key > after] if after else []), *([key < before] if before else [])]
        columns = (col(AccessTokenRow.owner), col(AccessTokenRow.created_at), col(AccessTokenRow.id))
        order = columns if page.first else [column.desc() for column in columns]
        rows = list(await self._rows(select(_TOKENS).where(*where, *within).order_by(*order).limit(page.size + 1)))
        more = len(rows) > page.size
        found = [token_of(row) for row in rows[: page.size]]
        if page.first:
            return connect(
                found, page, _key, total=total, more_before=page.after is not None, more_after=more, access=page.access
            )
        return connect(
            found[::-1], page, _key, total=total, more_before=more, more_after=page.before is not None, access=page.access
        )

    def used(self, token: StoredToken) -> None:
        """Note that the token was used now."""
        self._used[token.id] = int(self._clock())

    def seen(self, viewer: Viewer) -> None:
        """Note who this viewer is now: its tokens may do no more from the next `flush` on."""
        self._seen[viewer.subject] = self._latest[viewer.subject] = Owner.of(viewer)
        self._latest.move_to_end(viewer.subject)
        if len(self._latest) > _MAX_LATEST:
            self._latest.popitem(last=False)

    def lasting(self, viewer: Viewer) -> Viewer:
        """With those of its roles that its tokens' owner was `seen` with last: none that was lent to it since, and none that
        other credentials of the same subject have.
        """
        seen = self._latest.get(viewer.subject)
        return viewer if seen is None else replace(viewer, roles=viewer.roles & seen.roles)

    async def flush(self) -> None:
        """Write what was noted: last uses, a minute exact, and what owners of tokens may now."""
        used, self._used = self._used, {}
        seen, self._seen = self._seen, {}
        due = {one: at for one, at in used.items() if at - self._written.get(one, 0) >= _USED_SECONDS}
        try:
            await self._write(await self._changed(seen), due)
        except Exception:
            self._used, self._seen = used | self._used, seen | self._seen
            raise
        self._written = {one: at for one, at in (self._written | due).items() if at > self._clock() - _USED_SECONDS}

    async def _write(self, owners: Sequence[Owner], used: Mapping[str, int]) -> None:
        if not owners and not used:
            return
        async with self._engine.begin() as connection:
            for owner in owners:
                await upsert(connection, TokenOwnerRow, owner_row(owner))
            for one, at in used.items():
                await connection.execute(update(AccessTokenRow).where(col(AccessTokenRow.id) == one).values(last_used_at=at))
        if owners:
            self._recent.clear()

    async def _changed(self, seen: dict[str, Owner]) -> list[Owner]:
        """Those who own tokens and are not what is stored of them."""
        subjects, found = sorted(seen), []
        for start in range(0, len(subjects), _CHUNK):
            part = subjects[start : start + _CHUNK]
            rows = await self._rows(select(_OWNERS).where(col(TokenOwnerRow.subject).in_(part)))
            found += [seen[row.subject] for row in rows if owner_of(row) != seen[row.subject]]
        return found

    async def _look(self, key: str) -> Found | None:
        query = select(_TOKENS, _OWNERS).join(_OWNERS, _TOKENS.c.owner == _OWNERS.c.subject).where(_TOKENS.c.digest == key)
        rows = await self._rows(query)
        return (token_of(rows[0]), owner_of(rows[0])) if rows else None

    async def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        async with self._engine.connect() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows


def _key(token: StoredToken) -> str:
    return f"{token.created_at} {token.id} {token.owner}"


def _cursor(text: str) -> tuple[str, int, str]:
    created, _, rest = text.partition(" ")
    one, _, owner = rest.partition(" ")
    if not re.fullmatch(r"\d{1,15}", created, re.ASCII) or not one:
        raise BadArgument("the cursor is not one of this list: use `endCursor` or `startCursor` unchanged")
    return owner, int(created), one
