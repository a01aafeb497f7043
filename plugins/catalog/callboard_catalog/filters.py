"""What lists of the catalog can be narrowed by."""

from __future__ import annotations

import callboard_sdk as sdk
from callboard_sdk import EntityRef, Severity


@sdk.input
class LabelFilter:
    """A label with exactly this value."""

    key: str
    """The label's key."""
    value: str
    """Its value."""


@sdk.input
class EntityFilter:
    """What an entity must be; all of what is given."""

    kinds: list[str] | None = None
    """One of these kinds, compared without case."""
    namespace: str | None = None
    """In this namespace."""
    text: str | None = None
    """This text in its name, title or description, without case."""
    type: str | None = None
    """Of this type, such as `service`."""
    lifecycle: str | None = None
    """At this point of its life, such as `production`."""
    tag: str | None = None
    """With this tag."""
    label: LabelFilter | None = None
    """With this label."""
    owned_by: EntityRef | None = None
    """Owned by this group or user itself."""
    part_of: EntityRef | None = None
    """Part of this system, domain or component itself."""


@sdk.input
class ProblemFilter:
    """What a problem must be; all of what is given."""

    severities: list[Severity] | None = None
    """One of these severities."""
    rule: str | None = None
    """Of this rule, such as `catalog.dangling-reference`."""
    entity: EntityRef | None = None
    """About this entity."""
