"""Access tokens in the graph: who has which, made and revoked by mutations. A token's text shows once, when it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry
from callboard_sdk import (
    BadArgument,
    Batch,
    Connection,
    Node,
    Page,
    Plugin,
    UserError,
    Viewer,
    decode_id,
    filters,
    input,  # noqa: A004  the GraphQL word
    node,
    value,
)

from resolvers.numbered import shown

from .issuing import Issuing, TokenWish, owner_for
from .record import StoredToken

OWN = "core.tokens.own"
ALL = "core.tokens.all"
PERMISSIONS = {
    OWN: "Make access tokens for oneself and one's bots, see them, and revoke them.",
    ALL: "See everyone's access tokens, and revoke them.",
}


@node(permission=OWN)
class AccessToken(Node):
    """A token of the gateway's own, for a person or a bot; its text is known to its bearer alone."""

    key: strawberry.Private[str]
    owner: str | None = None
    """The subject of who made it; it may do nothing that the owner may not."""
    subject: str | None = None
    """Whom it stands for: the owner, or the owner's bot."""
    bot: str | None = None
    """The name of the bot that it is for; null for the owner's own use."""
    note: str | None = None
    """What it is for, in its owner's words."""
    roles: list[str] | None = None
    """The roles that it is limited to, sorted; of these its bearer has those that the owner has now."""
    operations: list[str] | None = None
    """The documents that it may run, as SHA-256 of their text, sorted; null for any."""
    points: int | None = None
    """What it may spend in an hour, in points as `rateLimit` counts them; null for what its owner may."""
    created_at: datetime | None = None
    """When it was made."""
    expires_at: datetime | None = None
    """When it ends by itself."""
    last_used_at: datetime | None = None
    """When it was last used, a minute exact."""
    revoked_at: datetime | None = None
    """When it was revoked, if it was."""

    def node_key(self) -> str:
        """Chance, given when it was made."""
        return self.key


@input
class CreateAccessTokenInput:
    """What a new access token may be used for."""

    roles: list[str]
    """What it is limited to: some of your own roles."""
    days: int
    """After how many days it ends."""
    note: str = ""
    """What it is for, for whoever looks through the tokens later."""
    bot: str | None = None
    """The name of the bot that it is for; it has a subject of its own, and what you own and belong to counts for it too."""
    operations: list[str] | None = None
    """The documents that it may run, as SHA-256 of their text in hexadecimal digits; any when left out."""
    points: int | None = None
    """What it may spend in an hour, in points as `rateLimit` counts them; what you may when left out."""


@value
class CreateAccessTokenPayload:
    """A new access token, or why there is none."""

    access_token: AccessToken | None
    """The token, as it is stored."""
    secret: str | None
    """Its text, which is shown here and never again: send it as `Authorization: Bearer TEXT`."""
    errors: list[UserError]
    """Why there is none."""


@input
class RevokeAccessTokenInput:
    """Which access token is to end."""

    id: strawberry.ID
    """The token's `id`."""


@value
class RevokeAccessTokenPayload:
    """The access token that ended, or why none did."""

    access_token: AccessToken | None
    """The token, which nothing accepts from now on; other gateways of the same database follow in seconds."""
    errors: list[UserError]
    """Why none ended."""


_KEY = re.compile(r"[0-9a-f]{16}", re.ASCII)
_Owner = Annotated[
    str | None, strawberry.argument(description="Only tokens of the owner with this subject."), filters("AccessToken.owner")
]
_ByOwner = Annotated[Page, filters("AccessToken.owner", "AccessToken.createdAt")]
_Create = Annotated[CreateAccessTokenInput, strawberry.argument(description="What the token may be used for.")]
_Revoke = Annotated[RevokeAccessTokenInput, strawberry.argument(description="Which token is to end.")]


@dataclass
class Tokens:
    """What the fields need, set once the gateway is put together."""

    issuing: Issuing | None = None

    @property
    def made(self) -> Issuing:
        """The same, in a running gateway."""
        assert self.issuing is not None
        return self.issuing


def add_tokens(core: Plugin[Any], viewer_type: type) -> None:
    """Add the fields to the core's plugin, whose resource yields `Tokens`."""

    @core.field(on=viewer_type, permission=OWN, asks="one SQL statement")
    async def access_tokens(viewers: Batch[Any], viewer: Viewer, tokens: Tokens) -> list[list[AccessToken] | None]:
        """The viewer's own access tokens, those that ended lately too, the newest first."""
        owner = owner_for(viewer)
        found = await tokens.made.store.owned_by(owner) if owner else []
        return [[_shown(token) for token in found] for _ in viewers]

    @core.query(permission=ALL, name="accessTokens", asks="two SQL statements: the page, and the count")
    async def all_access_tokens(page: _ByOwner, tokens: Tokens, owner: _Owner = None) -> Connection[AccessToken] | None:
        """Everyone's access tokens, by owner and age."""
        if owner is not None and not owner.isprintable():
            raise BadArgument(
                "`owner` has characters that no subject has: give one as `accessTokens { nodes { owner } }` shows it"
            )
        found = await tokens.made.store.page(page, owner)
        return shown(found, _shown)

    @core.loader(AccessToken, permission=OWN)
    async def load_access_tokens(keys: Batch[str], viewer: Viewer, tokens: Tokens) -> list[AccessToken | None]:
        """One's own access tokens by their ids."""
        owner = owner_for(viewer)
        found = await tokens.made.store.get([key for key in keys if _KEY.fullmatch(key)], owner) if owner else {}
        return [_shown(found[key]) if key in found else None for key in keys]

    @core.mutation(permission=OWN)
    async def create_access_token(input: _Create, viewer: Viewer, tokens: Tokens) -> CreateAccessTokenPayload | None:
        """Make an access token of one's own, or for a bot; its text is in the payload and is shown only once."""
        wish = TokenWish(input.roles, input.days, input.note, input.bot, input.operations, input.points)
        made = await tokens.made.create(viewer, wish)
        if isinstance(made, list):
            return CreateAccessTokenPayload(access_token=None, secret=None, errors=made)
        return CreateAccessTokenPayload(access_token=_shown(made[0]), secret=made[1], errors=[])

    @core.mutation(permission=OWN)
    async def revoke_access_token(input: _Revoke, viewer: Viewer, tokens: Tokens) -> RevokeAccessTokenPayload | None:
        """End an access token of one's own, for good."""
        return await _revoked(tokens.made, viewer, input.id, anyones=False)

    @core.mutation(permission=ALL)
    async def revoke_any_access_token(input: _Revoke, viewer: Viewer, tokens: Tokens) -> RevokeAccessTokenPayload | None:
        """End anyone's access token, for good."""
        return await _revoked(tokens.made, viewer, input.id, anyones=True)


async def _revoked(issuing: Issuing, viewer: Viewer, id: str, *, anyones: bool) -> RevokeAccessTokenPayload:
    key = _key(id)
    revoked = await issuing.revoke(viewer, key, anyones=anyones) if key else None
    if revoked is None:
        wrong = UserError(message="no access token has this id: use the `id` of one in the graph", path=["input", "id"])
        return RevokeAccessTokenPayload(access_token=None, errors=[wrong])
    return RevokeAccessTokenPayload(access_token=_shown(revoked), errors=[])


def _key(id: str) -> str | None:
    try:
        found = decode_id(id)
    except BadArgument:
        return None
    return found.key if found.type == "AccessToken" and _KEY.fullmatch(found.key) else None


def _shown(token: StoredToken) -> AccessToken:
    return AccessToken(
        key=token.id,
        owner=token.owner,
        subject=token.subject,
        bot=token.name,
        note=token.note,
        roles=sorted(token.roles),
        operations=None if token.operations is None else sorted(token.operations),
        points=token.points,
        created_at=_time(token.created_at),
        expires_at=_time(token.expires_at),
        last_used_at=_time(token.last_used_at),
        revoked_at=_time(token.revoked_at),
    )


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
