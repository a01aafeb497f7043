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

    `entity` is the viewer's own User entity, `groups` the groups it belongs to, as the token or the catalog say.
    """

    subject: str
    kind: ViewerKind
    roles: frozenset[str]
    entity: EntityRef | None = None
    groups: frozenset[EntityRef] = frozenset()


ANONYMOUS = Viewer("anonymous", ViewerKind.ANONYMOUS, frozenset({"anonymous"}))
