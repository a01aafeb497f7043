"""What a plugin's tests stand on: entities made by hand, and what the contract suite runs the plugin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .entities import Component, Entity
from .ref import DEFAULT_NAMESPACE, EntityRef

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True)
class Samples:
    """What the contract suite runs a plugin with: made by `samples(folder)` in the module `contract` of its package.

    `settings` are the plugin's; files that they name may be written into `folder`. `annotations` are on every entity that its
    fields are asked for, `{name}` standing for the entity's name: give those that make the plugin ask its upstreams.
    `parents` has objects of each type of its own that it adds batch fields to. A plugin without the module runs with nothing.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    parents: Sequence[object] = ()


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
