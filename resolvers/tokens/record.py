"""An access token as it is stored, and its owner as last seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callboard_sdk import EntityRef, Viewer, ViewerKind

BOT = "bot:"
"""How the subjects of owners' bots begin: `bot:OWNER/NAME`."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """One access token; times are seconds since 1970.

    `name` is that of the bot it is for, None for its owner's own. `operations` are SHA-256 digests of documents, None for
    any; `points` what it may spend in an hour, None for what its owner may.
    """

    id: str
    owner: str
    name: str | None
    note: str
    roles: frozenset[str]
    operations: frozenset[str] | None
    points: int | None
    created_at: int
    expires_at: int
    last_used_at: int | None = None
    revoked_at: int | None = None
    revoked_by: str | None = None

    @property
    def subject(self) -> str:
        """Whom it stands for: its owner, or the owner's bot."""
        return self.owner if self.name is None else f"{BOT}{self.owner}/{self.name}"

    def ended(self, now: float) -> bool:
        """Whether it is over: revoked, or expired."""
        return self.revoked_at is not None or now >= self.expires_at


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns tokens, as the gateway saw them last."""

    subject: str
    kind: ViewerKind
    roles: frozenset[str]
    groups: frozenset[EntityRef]
    entity: EntityRef | None

    @classmethod
    def of(cls, viewer: Viewer) -> Owner:
        """The viewer as an owner."""
        return cls(viewer.subject, viewer.kind, viewer.roles, viewer.groups, viewer.entity)


def token_row(token: StoredToken, digest: str) -> dict[str, Any]:
    """The columns of a token."""
    return {
        "id": token.id, "digest": digest, "owner": token.owner, "name": token.name, "note": token.note,
        "roles": sorted(token.roles), "operations": None if token.operations is None else sorted(token.operations),
        "points": token.points, "created_at": token.created_at, "expires_at": token.expires_at,
    }  # fmt: skip


def token_of(row: Any) -> StoredToken:
    """The token in these columns."""
    return StoredToken(
        id=row.id, owner=row.owner, name=row.name, note=row.note, roles=frozenset(row.roles),
        operations=None if row.operations is None else frozenset(row.operations), points=row.points,
        created_at=row.created_at, expires_at=row.expires_at, last_used_at=row.last_used_at,
        revoked_at=row.revoked_at, revoked_by=row.revoked_by,
    )  # fmt: skip


def owner_row(owner: Owner) -> dict[str, Any]:
    """The columns of an owner."""
    return {
        "subject": owner.subject,
        "kind": owner.kind.value,
        "held": sorted(owner.roles),
        "groups": sorted(map(str, owner.groups)),
        "entity": str(owner.entity) if owner.entity else None,
    }


def owner_of(row: Any) -> Owner:
    """The owner in these columns."""
    return Owner(
        row.subject,
        ViewerKind(row.kind),
        frozenset(row.held),
        frozenset(map(EntityRef.parse, row.groups)),
        EntityRef.parse(row.entity) if row.entity else None,
    )
