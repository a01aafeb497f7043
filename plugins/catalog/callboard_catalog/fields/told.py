"""Whether a viewer may be told that an entity changed: if it may read something that did, or when entities change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from callboard_sdk import Entity, EntityRef, InvalidRef, Readable
from callboard_sdk.spec import spec_values

from callboard_catalog.descriptors.references import Field, fields_of

from .shown import FIELD_OF, shown_spec

_SAID: Mapping[str, Callable[[Entity], Any]] = {
    "title": lambda entity: entity.title, "description": lambda entity: entity.description, "tags": lambda entity: entity.tags,
    "apiVersion": lambda entity: entity.api_version, "labels": lambda entity: entity.labels,
    "annotations": lambda entity: entity.annotations, "links": lambda entity: entity.links,
    "specValues": lambda entity: spec_values(entity.spec),
}  # fmt: skip
_COMPUTED = {
    "type": "type",
    "lifecycle": "lifecycle",
    "definition": "definition",
    "displayName": "display_name",
    "email": "email",
}
"""Fields that only some types have, and what computes them."""


def differs(before: Entity, after: Entity, readable: Readable) -> bool:
    """Whether the viewer may be told that the one became the other."""
    if before == after:
        return False
    if readable.reads(before, "changedAt") and readable.reads(after, "changedAt"):
        return True
    return _told(before, readable) != _told(after, readable)


def _told(entity: Entity, readable: Readable) -> dict[str, Any]:
    """All that its descriptor says by the fields that the viewer may read of it, and nothing of how it says that."""
    found = {name: said(entity) for name, said in _SAID.items() if readable.reads(entity, name)}
    for name, method in _COMPUTED.items():
        if hasattr(entity, method) and readable.reads(entity, name):
            found[name] = getattr(entity, method)()
    for name, field in fields_of(entity.ref.kind).items():
        if readable.reads(entity, FIELD_OF.get(name, name)) or readable.reads(entity, "relations"):
            found[name] = _targets(entity, name, field)
    if readable.reads(entity, "spec"):
        found["spec"] = shown_spec(entity, readable)
    return found


def _targets(entity: Entity, name: str, field: Field) -> set[EntityRef]:
    found: set[EntityRef] = set()
    raw = entity.spec.get(name)
    for one in raw if isinstance(raw, list) else [raw]:
        with suppress(InvalidRef):
            found.add(EntityRef.read(one, kind=field.kind, namespace=entity.ref.namespace))
    return found
