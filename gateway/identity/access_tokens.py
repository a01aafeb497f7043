"""Checks access tokens of the gateway's own: what it stores of one, and what its owner may now, make the viewer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from callboard_sdk import EntityRef, TokenLimits, Viewer, ViewerKind

from gateway.auth import OperationNotAllowed, Unauthenticated
from gateway.auth.claims import shown_time
from gateway.request import document_hash
from resolvers.tokens.record import Owner, StoredToken
from resolvers.tokens.store import TokenStore
from resolvers.tokens.text import is_token

Known = Callable[[EntityRef], Awaitable[bool]]
"""Whether the catalog has this user. Raises CallboardError where that can't be known."""


class AccessTokens:
    """`gateway.auth.identify.VerifyToken` over the store. Expiry and revocation are looked at for each request.

    `known` tells whether the owner's user is there still; None for not asking.

    The viewer comes without roles: those are of the token's limits and its owner's roles, as the policy in force has them.
    """

    def __init__(self, store: TokenStore, clock: Callable[[], float] = time.time, known: Known | None = None) -> None:
        self._store = store
        self._clock = clock
        self._known = known

    async def verify(self, token: str) -> Viewer:
        """The token's viewer. Raises Unauthenticated, saying what is wrong without showing the token, and what `known` raises."""
        if not is_token(token):
            raise Unauthenticated("the access token is mistyped or cut off, for its checksum is wrong: copy it whole")
        found = await self._store.find(token)
        if found is None:
            raise Unauthenticated("no access token of this gateway is this one, or it ended long ago: make a new one")
        stored, owner = found
        if stored.revoked_at is not None:
            raise _over(f"the access token was revoked at {shown_time(stored.revoked_at)}: make a new one", stored)
        if self._clock() >= stored.expires_at:
            raise _over(f"the access token expired at {shown_time(stored.expires_at)}: make a new one", stored)
        if self._known is not None and owner.entity is not None and not await self._known(owner.entity):
            raise _over(f"the catalog has no {owner.entity}, whose access token this is: ask whoever keeps the catalog", stored)
        self._store.used(stored)
        return _viewer(stored, owner)


def permit(viewer: Viewer, document: str) -> None:
    """Raises OperationNotAllowed when the viewer's token is for other documents; one is known by the SHA-256 of its text."""
    if viewer.token is None or viewer.token.operations is None:
        return
    if document_hash(document) not in viewer.token.operations:
        raise OperationNotAllowed


def _viewer(stored: StoredToken, owner: Owner) -> Viewer:
    maker = Viewer(owner.subject, owner.kind, owner.roles, owner.entity, owner.groups)
    limits = TokenLimits(stored.id, maker, stored.roles, stored.operations, stored.points)
    kind = owner.kind if stored.name is None else ViewerKind.BOT
    # a bot is asked conditions about its owner's entity and groups: a denial that holds for the owner holds for it too
    return Viewer(stored.subject, kind, frozenset(), owner.entity, owner.groups, limits)


def _over(message: str, stored: StoredToken) -> Unauthenticated:
    return Unauthenticated(message, token=stored.id)
