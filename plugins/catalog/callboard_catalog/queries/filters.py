"""What lists of the catalog can be narrowed by."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import callboard_sdk as sdk
from callboard_sdk import EntityRef, Severity, filters

_WHOLES = filters("Entity.system", "Entity.subcomponentOf", "Entity.domain", "Entity.subdomainOf")


@sdk.input
class ValueFilter:
    """What a value must be; all of what is given."""

    eq: str | None = None
    """This."""
    in_: list[str] | None = sdk.field(name="in", default=None, description="One of these.")
    prefix: str | None = None
    """Anything that begins so, with at most 64 characters."""
    exists: bool | None = None
    """Any value at all, or none."""


@sdk.input
class NamespaceFilter:
    """What a namespace must be, compared without case; all of what is given."""

    eq: str | None = None
    """This."""
    in_: list[str] | None = sdk.field(name="in", default=None, description="One of these.")
    prefix: str | None = None
    """Anything that begins so, with at most 64 characters."""


@sdk.input
class NameFilter:
    """What a name must be, compared without case; all of what is given."""

    eq: str | None = None
    """This."""
    in_: list[str] | None = sdk.field(name="in", default=None, description="One of these.")
    prefix: str | None = None
    """Anything that begins so, with at most 64 characters."""
    contains: str | None = None
    """Has these words, the last of which may be the beginning of one."""


@sdk.input
class TitleFilter:
    """What a title must be; all of what is given."""

    eq: str | None = None
    """This."""
    in_: list[str] | None = sdk.field(name="in", default=None, description="One of these.")
    prefix: str | None = None
    """Anything that begins so, with at most 64 characters."""
    contains: str | None = None
    """Has these words without case, the last of which may be the beginning of one."""
    exists: bool | None = None
    """Any title at all, or none."""


@sdk.input
class DescriptionFilter:
    """What a description must say."""

    contains: str | None = None
    """Has these words without case, the last of which may be the beginning of one."""


@sdk.input
class LabelFilter:
    """A label, or an annotation, under this key; all of what is given."""

    key: str
    """Its key."""
    value: str | None = None
    """With exactly this value."""
    in_: list[str] | None = sdk.field(name="in", default=None, description="With one of these values.")
    prefix: str | None = None
    """With a value that begins so, with at most 64 characters."""
    exists: bool | None = None
    """With any value, which is what is asked when nothing else is; or that there is none."""


@sdk.input
class SpecFilter:
    """A scalar of the spec, or one of a list of scalars, that no field shows by itself; all of what is given."""

    path: str
    """The keys that lead to it, such as `deployment.region`."""
    eq: str | None = None
    """With exactly this value; numbers and truth as JSON has them."""
    in_: list[str] | None = sdk.field(name="in", default=None, description="With one of these values.")
    prefix: str | None = None
    """With a value that begins so, with at most 64 characters."""
    exists: bool | None = None
    """With any value, which is what is asked when nothing else is; or that there is none."""


@sdk.input
class RefFilter:
    """What it must refer to itself; all of what is given."""

    eq: EntityRef | None = None
    """This entity."""
    in_: list[EntityRef] | None = sdk.field(name="in", default=None, description="One of these entities.")
    exists: bool | None = None
    """Any entity at all, or none."""


@sdk.input
class RelatedFilter:
    """A relation to one of some entities, whichever side declares it."""

    type: str
    """What the relation is, seen from the entities that are looked for, such as `dependsOn`."""
    ref: EntityRef | None = None
    """To this entity."""
    refs: list[EntityRef] | None = None
    """To one of these entities."""


@sdk.input
class InstantFilter:
    """When something was; all of what is given."""

    after: datetime | None = None
    """Later than this."""
    before: datetime | None = None
    """Earlier than this."""


@sdk.input
class EntityFilter:
    """What an entity must be; all of what is given."""

    and_: list[EntityFilter] | None = sdk.field(name="and", default=None, description="All of these.")
    or_: list[EntityFilter] | None = sdk.field(name="or", default=None, description="At least one of these.")
    not_: EntityFilter | None = sdk.field(name="not", default=None, description="Not this.")
    kinds: list[str] | None = None
    """One of these kinds, compared without case."""
    namespace: str | None = None
    """In this namespace."""
    namespaces: NamespaceFilter | None = None
    """In such a namespace."""
    name: NameFilter | None = None
    """With such a name."""
    title: Annotated[TitleFilter | None, filters("Entity.title")] = None
    """With such a title."""
    description: Annotated[DescriptionFilter | None, filters("Entity.description")] = None
    """With such a description."""
    text: Annotated[str | None, filters("Entity.title", "Entity.description")] = None
    """With these words in its name, title or description, without case; the last may be the beginning of one."""
    type: Annotated[str | None, filters("Entity.type")] = None
    """Of this type, such as `service`."""
    types: Annotated[ValueFilter | None, filters("Entity.type")] = None
    """Of such a type."""
    lifecycle: Annotated[str | None, filters("Entity.lifecycle")] = None
    """At this point of its life, such as `production`."""
    lifecycles: Annotated[ValueFilter | None, filters("Entity.lifecycle")] = None
    """At such a point of its life."""
    tag: Annotated[str | None, filters("Entity.tags")] = None
    """With this tag."""
    tags: Annotated[ValueFilter | None, filters("Entity.tags")] = None
    """With such a tag."""
    label: Annotated[LabelFilter | None, filters("Entity.labels")] = None
    """With such a label."""
    annotation: Annotated[LabelFilter | None, filters("Entity.annotations")] = None
    """With such an annotation."""
    spec: Annotated[SpecFilter | None, filters("Entity.specValues")] = None
    """With such a value in its spec."""
    owned_by: Annotated[EntityRef | None, filters("Entity.owner")] = None
    """Owned by this group or user itself."""
    owner: Annotated[RefFilter | None, filters("Entity.owner")] = None
    """Owned by such a group or user itself."""
    part_of: Annotated[EntityRef | None, _WHOLES] = None
    """Part of this system, domain or component itself."""
    whole: Annotated[RefFilter | None, _WHOLES] = None
    """Part of such a system, domain or component itself."""
    related_to: Annotated[RelatedFilter | None, filters("Entity.relations")] = None
    """With a relation to one of these."""
    created: Annotated[InstantFilter | None, filters("Entity.createdAt")] = None
    """Known to the catalog since then."""
    changed: Annotated[InstantFilter | None, filters("Entity.changedAt")] = None
    """Changed last then."""


@sdk.enum(
    filters={
        "TITLE": filters("Entity.title"), "CREATED": filters("Entity.createdAt"), "CHANGED": filters("Entity.changedAt"),
    }
)  # fmt: skip
class EntityOrderField(Enum):
    """What entities are ordered by; those that are equal in it are in the order of their names."""

    NAME = "NAME"
    """The name."""
    KIND = "KIND"
    """The kind."""
    NAMESPACE = "NAMESPACE"
    """The namespace."""
    TITLE = "TITLE"
    """The title without case, or else the name."""
    CREATED = "CREATED"
    """Since when the catalog has it."""
    CHANGED = "CHANGED"
    """When it changed last."""


@sdk.enum
class OrderDirection(Enum):
    """Which end of an order comes first."""

    ASC = "ASC"
    """The least, or the earliest."""
    DESC = "DESC"
    """The greatest, or the latest."""


@sdk.input
class EntityOrder:
    """In which order entities are listed."""

    field: EntityOrderField
    """What they are ordered by."""
    direction: OrderDirection = OrderDirection.ASC
    """Which end comes first."""


@sdk.input
class ProblemFilter:
    """What a problem must be; all of what is given."""

    severities: list[Severity] | None = None
    """One of these severities."""
    rule: str | None = None
    """Of this rule, such as `catalog.dangling-reference`."""
    source: str | None = None
    """Found in this source of the catalog."""
    entity: EntityRef | None = None
    """About this entity."""
    kinds: list[str] | None = None
    """About an entity of one of these kinds, compared without case."""
    owned_by: Annotated[EntityRef | None, filters("Entity.owner")] = None
    """About an entity that this group or user owns itself."""
