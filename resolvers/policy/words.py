"""The words that the graph has for policies."""

from __future__ import annotations

from enum import Enum

from callboard_sdk import enum


@enum
class PolicyAction(Enum):
    """What a rule is about."""

    READ = "read"
    """Reading."""
    MUTATE = "mutate"
    """Changing."""
    ADMINISTER = "administer"
    """What only administrators do."""


@enum
class PolicyEffect(Enum):
    """What a rule does."""

    ALLOW = "allow"
    """It allows, unless another rule denies."""
    DENY = "deny"
    """It denies, whatever other rules allow."""


@enum
class PolicySource(Enum):
    """Where a rule stands."""

    FILE = "FILE"
    """In a file of the gateway: it always counts, and can't be changed here."""
    DATABASE = "DATABASE"
    """In the version that was published last, or in a draft."""


@enum
class PolicyAccess(Enum):
    """What a viewer may do with a coordinate."""

    ALLOWED = "ALLOWED"
    """It may use it."""
    CONDITIONAL = "CONDITIONAL"
    """It may use it for those entities for which a condition holds."""
    DENIED = "DENIED"
    """It may not use it, or there is no such coordinate."""


@enum
class PolicyMistakeCode(Enum):
    """What kind of mistake it is."""

    INVALID = "INVALID"
    """Something given is wrong: a rule, a name, a number."""
    CONFLICT = "CONFLICT"
    """Someone else was first: look at what there is now, and decide again."""
    NOT_FOUND = "NOT_FOUND"
    """There is nothing by that id or number."""
    NOT_YOURS = "NOT_YOURS"
    """It belongs to someone else."""
    TOO_MUCH = "TOO_MUCH"
    """It is longer, or there are more, than may be."""
    UNAVAILABLE = "UNAVAILABLE"
    """The database doesn't answer: nothing was changed; try again."""


@enum
class PolicyObjectKind(Enum):
    """What kind of object a rule may be about."""

    COORDINATE = "COORDINATE"
    """One field, or whether objects of an entity type are seen at all."""
    TYPE = "TYPE"
    """All fields of a type."""
    PLUGIN = "PLUGIN"
    """All fields of a plugin."""
    PERMISSION = "PERMISSION"
    """All fields that need a permission."""
    EVERYTHING = "EVERYTHING"
    """The whole graph."""
