"""What lists of the catalog can be narrowed by."""

from __future__ import annotations

from typing import Annotated

import callboard_sdk as sdk
from callboard_sdk import EntityRef, Severity, filters

_WHOLES = filters("Entity.system", "Entity.subcomponentOf", "Entity.domain", "Entity.subdomainOf")


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
    text: Annotated[str | None, filters("Entity.title", "Entity.description")] = None
    """This text in its name, title or description, without case."""
    type: Annotated[str | None, filters("Entity.type")] = None
    """Of this type, such as `service`."""
    lifecycle: Annotated[str | None, filters("Entity.lifecycle")] = None
    """At this point of its life, such as `production`."""
    tag: Annotated[str | None, filters("Entity.tags")] = None
    """With this tag."""
    label: Annotated[LabelFilter | None, filters("Entity.labels")] = None
    """With this label."""
    owned_by: Annotated[EntityRef | None, filters("Entity.owner")] = None
    """Owned by this group or user itself."""
    part_of: Annotated[EntityRef | None, _WHOLES] = None
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
