"""What the catalog answers with, beside the entities themselves."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from callboard_sdk import Entity, EntityRef, Problem, enum, node, value

from callboard_catalog.queries.facets import FacetField

READ = "catalog.read"
PROBLEMS = "catalog.problems.read"
SPEC = "catalog.spec.read"
HISTORY = "catalog.history.read"


@value
class Reference:
    """An entity that another one names; it stays visible when nothing by that name exists."""

    ref: EntityRef
    """The name, as the descriptor gives it."""
    entity: Entity | None = None
    """The entity; null when there is none that the viewer may see."""
    problem: Problem | None = None
    """What is wrong with the reference."""


@value
class Relation:
    """One relation of an entity to another."""

    type: str
    """What the relation is, seen from this side, such as `ownedBy` or `dependsOn`."""
    ref: EntityRef
    """The other entity's name."""
    entity: Entity | None = None
    """The other entity; null when there is none that the viewer may see."""


@value
class SourceLocation:
    """Where an entity was read."""

    location: str
    """The file, relative to its source's root."""
    line: int | None = None
    """The line its document starts at, counted from 1."""


@node(permission=PROBLEMS)
class CatalogStatus:
    """What the catalog read last."""

    read_at: datetime | None = None
    """When the sources were read last."""
    changed_at: datetime | None = None
    """When a reading last changed the catalog, since the gateway started."""
    files: int | None = None
    """How many files were read."""
    documents: int | None = None
    """How many documents they had."""
    entities: int | None = None
    """How many entities those are."""
    problems: int | None = None
    """How many problems were found."""
    last_error: str | None = None
    """Why the last reading failed, if it did; what was read before stays."""


@value
class FacetValue:
    """A value, and how often it comes."""

    value: str
    """The value; of one with more than 64 characters their first. An owner is its ref."""
    count: int
    """How many entities have it."""
    owner: Reference | None = None
    """Of the facet OWNER: who it is."""


@value
class Facet:
    """How often each value of a field comes."""

    field: FacetField
    """The field."""
    key: str | None = None
    """The key or path that was asked for."""
    values: list[FacetValue]
    """The most frequent values first, equal ones by value."""
    more: bool
    """Whether there are values that `first` left out."""


@value
class ProblemCount:
    """A value, and how many problems have it."""

    value: str
    """The value. An owner is its ref."""
    count: int
    """How many problems have it."""
    owner: Reference | None = None
    """Of owners: who it is."""


@value
class Reached:
    """An entity that relations lead to."""

    entity: Entity
    """The entity."""
    depth: int
    """How many relations away it is, by the shortest way."""


@enum
class ChangeKind(Enum):
    """What became of something, for who sees it."""

    CREATED = "CREATED"
    """It is there now, and wasn't before."""
    CHANGED = "CHANGED"
    """It is another than before."""
    REMOVED = "REMOVED"
    """It isn't there any more."""
