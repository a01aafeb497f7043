"""Who may have which access token: everything wrong with a wish is told at once, and what is done is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from callboard_sdk import Audit, EntityRef, UserError, Viewer, ViewerKind

from .record import Owner, StoredToken
from .store import TokenStore, TooManyTokens

MAX_NOTE = 200
MAX_OPERATIONS = 1_000
_DAY = 86_400
_BOT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What is asked for; the parts mean what they mean in StoredToken."""

    roles: Sequence[str]
    days: int
    note: str = ""
    bot: str | None = None
    operations: Sequence[str] | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What tokens may be at most: how long one may live, and how many that have not ended one owner may have."""

    days: int
    tokens: int


class Roles(Protocol):
    """What the policy in force says of roles."""

    def roles_of(self, viewer: Viewer, groups: Iterable[EntityRef]) -> frozenset[str]:
        """The viewer's own roles, and those that it has as a member: itself, or by one of these groups."""
        ...

    def held(self, roles: Iterable[str]) -> frozenset[str]:
        """These roles, and all that they inherit from."""
        ...

    def escaped(self, limited: frozenset[str], roles: frozenset[str]) -> frozenset[str]:
        """Of all that someone with these roles has, those that deny something and that `limited` doesn't have."""
        ...


class Issuing:
    """Creates and revokes access tokens for viewers, as far as they may. `roles` gives what is in force now."""

    def __init__(self, store: TokenStore, allowance: Allowance, roles: Callable[[], Roles], audit: Audit) -> None:
        self.store = store
        self._allowance = allowance
        self._roles = roles
        self._audit = audit

    async def create(self, viewer: Viewer, wish: TokenWish) -> tuple[StoredToken, str] | list[UserError]:
        """The new token and its text, or everything that is wrong."""
        if mistakes := list(self._mistakes(viewer, wish)):
            return mistakes
        try:
            made, text = await self.store.create(
                Owner.of(viewer),
                roles=wish.roles,
                seconds=wish.days * _DAY,
                note=wish.note,
                name=wish.bot,
                operations=wish.operations,
                points=wish.points,
                most=self._allowance.tokens,
            )
        except TooManyTokens:
            return [_mistake(f"you have {self._allowance.tokens} tokens, as many as one may have: revoke one that is not used")]
        details = {"roles": sorted(made.roles), "bot": made.name, "expiresAt": made.expires_at, "owner": made.owner}
        await self._audit("token.created", viewer.subject, made.id, details)
        return made, text

    async def revoke(self, viewer: Viewer, id: str, *, anyones: bool) -> StoredToken | None:
        """End this token, of the viewer's own or of anyone; None when there is none."""
        owner = None if anyones else owner_for(viewer)
        revoked = None if owner is None and not anyones else await self.store.revoke(id, viewer.subject, owner=owner)
        if revoked is not None:
            await self._audit("token.revoked", viewer.subject, revoked.id, {"owner": revoked.owner})
        return revoked

    def _mistakes(self, viewer: Viewer, wish: TokenWish) -> Iterator[UserError]:
        if viewer.kind is ViewerKind.ANONYMOUS:
            yield _mistake("nobody is signed in who could own a token: sign in first")
            return
        if viewer.token is not None:
            yield _mistake("a token can't make another, which would outlive it: sign in yourself")
            return
        if not 1 <= wish.days <= self._allowance.days:
            yield _mistake(f"a token lives 1 to {self._allowance.days} days, not {wish.days}", "days")
        yield from self._wrong_roles(viewer, wish.roles)
        if wish.bot is not None and not _BOT.fullmatch(wish.bot):
            yield _mistake("a bot's name has 1 to 63 small letters, digits and hyphens, such as deploy-bot", "bot")
        if len(wish.note) > MAX_NOTE or not (wish.note.isprintable()):
            yield _mistake(f"a note has at most {MAX_NOTE} printable characters", "note")
        if wish.operations is not None and not _are_digests(wish.operations):
            yield _mistake(
                f"allowed operations are 1 to {MAX_OPERATIONS} SHA-256 digests of documents, each of 64 small hexadecimal digits",
                "operations",
            )
        if wish.points is not None and wish.points < 1:
            yield _mistake(f"{wish.points} points an hour are none: give at least 1, or leave it out", "points")

    def _wrong_roles(self, viewer: Viewer, roles: Sequence[str]) -> Iterator[UserError]:
        policy = self._roles()
        own = policy.roles_of(self.store.lasting(viewer), viewer.groups)
        held = policy.held(own)
        lent = policy.held(viewer.roles) - held
        if not roles:
            yield _mistake(f"a token without roles may do nothing: give it some of yours ({_listed(held)})", "roles")
        for role in sorted({role for role in roles if role not in held}):
            whose = "lent to you for an emergency" if role in lent else "not a role of yours"
            yield _mistake(f"{role[:80]!r} is {whose}: a token has at most what you have for good ({_listed(held)})", "roles")
        for role in sorted(policy.escaped(held & frozenset(roles), own)) if roles else ():
            yield _mistake(f"your role {role!r} denies something, so a token of yours must have it too", "roles")


def owner_for(viewer: Viewer) -> str | None:
    """Whose tokens this viewer's own are; None for nobody's."""
    if viewer.kind is ViewerKind.ANONYMOUS:
        return None
    return viewer.token.owner.subject if viewer.token else viewer.subject


def _are_digests(texts: Sequence[str]) -> bool:
    return 1 <= len(texts) <= MAX_OPERATIONS and all(_SHA256.fullmatch(text) for text in texts)


def _listed(roles: Collection[str]) -> str:
    return ", ".join(sorted(roles)) or "you have none"


def _mistake(message: str, part: str | None = None) -> UserError:
    return UserError(message=message, path=["input"] if part is None else ["input", part])
