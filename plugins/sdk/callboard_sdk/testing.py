"""What a plugin's own tests stand on: entities made by hand, without a catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from .entities import Component, Entity
from .ref import DEFAULT_NAMESPACE, EntityRef

E = TypeVar("E", bound=Entity)


def make_entity(
    kind: type[E], name: str, *, annotations: Mapping[str, str] | None = None, spec: Mapping[str, Any] | None = None, **more: Any
) -> E:
    """An entity of this type, with everything else empty."""
    values: dict[str, Any] = {
        "ref": EntityRef(kind.KIND or "opaque", DEFAULT_NAMESPACE, name),
        "kind": kind.KIND,
        "namespace": DEFAULT_NAMESPACE,
        "name": name,
        "labels": {},
        "annotations": annotations or {},
        "links": (),
        "spec": spec or {},
        "source": None,
    }
    return kind(**(values | more))


def make_component(name: str, **more: Any) -> Component:
    """A Component; `make_entity` for the other kinds."""
    return make_entity(Component, name, **more)
