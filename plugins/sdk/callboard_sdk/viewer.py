"""Who asks: a person, a bot, or nobody known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .ref import EntityRef
from .types import enum


@enum
class ViewerKind(Enum):
    """What kind of asker a viewer is."""

    PERSON = "PERSON"
    """A person, signed in."""
    BOT = "BOT"
    """A program with a token of its own."""
    ANONYMOUS = "ANONYMOUS"
    """A request without a token."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, with the roles that policies speak of and the catalog entities that stand for it.

    `entity` is the viewer's own User entity, `groups` the groups it belongs to and all above them, as the token or the
    catalog say. `token` is there when it asks with an access token of the gateway's own.
    """

    subject: str
    kind: ViewerKind
    roles: frozenset[str]
    entity: EntityRef | None = None
    groups: frozenset[EntityRef] = frozenset()
    token: TokenLimits | None = None


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """What an access token of the gateway's own holds its bearer to: it never may what its owner may not.

    `roles` are the token's: whatever gives its bearer roles gives none but these, and none that `owner`, who made it, has not
    now. `operations` are the documents that it may run, as SHA-256 of their text in hexadecimal digits, None for any;
    `points` what it may spend in an hour.
    """

    id: str
    owner: Viewer
    roles: frozenset[str]
    operations: frozenset[str] | None = None
    points: int | None = None


ANONYMOUS = Viewer("anonymous", ViewerKind.ANONYMOUS, frozenset({"anonymous"}))
