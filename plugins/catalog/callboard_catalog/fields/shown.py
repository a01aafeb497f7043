"""Descriptors as they are, but for what a viewer may not read by the fields that show the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from callboard_sdk import BadArgument, Entity, Problem, Readable
from callboard_sdk.spec import SHOWN

from callboard_catalog.descriptors.descriptor import Place
from callboard_catalog.descriptors.format import read_descriptor

FIELD_OF: Mapping[str, str] = {"dependencyOf": "dependents"}
"""The fields that show what stands in the spec under another name."""
_LINK = ("url", "title", "icon", "type")
_INSIDE = {
    key: {path.partition(".")[2] for path in SHOWN if path.startswith(f"{key}.")}
    for key in (path.partition(".")[0] for path in SHOWN if "." in path)
}
"""What fields show of the mappings in a spec: each what stands there under its own name."""
_PARTS = {path.rpartition(".")[2] for path in SHOWN}
_SAID = ("title", "description", "labels", "annotations", "tags", "links")
_REST = "specValues"
"""The field that shows what no other does."""


def shown_descriptor(entity: Entity, readable: Readable) -> dict[str, Any]:
    """The descriptor without what no field of the entity would tell this viewer."""

    def told(name: str, value: Any) -> dict[str, Any]:
        return {name: value} if value and readable.reads(entity, name) else {}

    links = [{key: value for key in _LINK if (value := getattr(link, key)) is not None} for link in entity.links]
    said = {
        "title": entity.title, "description": entity.description, "labels": entity.labels, "annotations": entity.annotations,
        "tags": entity.tags, "links": links,
    }  # fmt: skip
    metadata: dict[str, Any] = {"name": entity.name, "namespace": entity.namespace}
    for name, value in said.items():
        metadata |= told(name, value)
    spec = {"spec": shown_spec(entity, readable)} if readable.reads(entity, "spec") else {}
    return {**told("apiVersion", entity.api_version), "kind": entity.kind, "metadata": metadata, **spec}


def withheld(entity: Entity, readable: Readable) -> list[str]:
    """The fields that show parts of the descriptor, and that this viewer may not read; whether it has those parts or not."""
    names = ["apiVersion", *_SAID, "spec", *sorted({FIELD_OF.get(name, name) for name in _PARTS}), _REST]
    return [name for name in dict.fromkeys(names) if not readable.reads(entity, name)]


def shown_spec(entity: Entity, readable: Readable) -> dict[str, Any]:
    """The spec without what no field of the entity would tell this viewer; what has no field of its own goes with the whole."""
    return dict(_shown(entity, readable))


def _shown(entity: Entity, readable: Readable) -> Iterator[tuple[str, Any]]:
    for key, value in entity.spec.items():
        inside = _INSIDE.get(key)
        if inside and isinstance(value, Mapping) and value:
            if left := {name: one for name, one in value.items() if readable.reads(entity, name if name in inside else _REST)}:
                yield key, left
        elif readable.reads(entity, FIELD_OF.get(key, key)) and (key in SHOWN or readable.reads(entity, _REST)):
            yield key, value


def problems_with(descriptor: object, kinds: Collection[str]) -> list[Problem]:
    """What is wrong with a descriptor by itself; plugins add these kinds. Raises BadArgument for what is no mapping."""
    if not isinstance(descriptor, dict):
        raise BadArgument("`descriptor` is no mapping: give one with apiVersion, kind, metadata and spec")
    _, problems = read_descriptor(descriptor, Place("", ""), kinds=kinds)
    return problems
