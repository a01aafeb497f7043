"""The references in a spec, with the kind that each field assumes; every relation is kept in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from callboard_sdk import EntityRef, InvalidRef, Problem
from callboard_sdk.yaml import Path

from .descriptor import Descriptor, Reference


@dataclass(frozen=True, slots=True)
class Field:
    """A spec field that refers to entities: the kind it assumes ('' for none), the relation's two names, whether it is a list."""

    kind: str
    forward: str
    backward: str
    many: bool = False


OWNER = Field("group", "ownedBy", "ownerOf")
PART = ("partOf", "hasPart")
FIELDS: dict[str, dict[str, Field]] = {
    "component": {
        "owner": OWNER,
        "system": Field("system", *PART),
        "subcomponentOf": Field("component", *PART),
        "providesApis": Field("api", "providesApi", "apiProvidedBy", many=True),
        "consumesApis": Field("api", "consumesApi", "apiConsumedBy", many=True),
        "dependsOn": Field("", "dependsOn", "dependencyOf", many=True),
        "dependencyOf": Field("", "dependencyOf", "dependsOn", many=True),
    },
    "api": {"owner": OWNER, "system": Field("system", *PART)},
    "resource": {
        "owner": OWNER,
        "system": Field("system", *PART),
        "dependsOn": Field("", "dependsOn", "dependencyOf", many=True),
        "dependencyOf": Field("", "dependencyOf", "dependsOn", many=True),
    },
    "system": {"owner": OWNER, "domain": Field("domain", *PART)},
    "domain": {"owner": OWNER, "subdomainOf": Field("domain", *PART)},
    "template": {"owner": OWNER},
    "user": {"memberOf": Field("group", "memberOf", "hasMember", many=True)},
    "group": {
        "parent": Field("group", "childOf", "parentOf"),
        "children": Field("group", "parentOf", "childOf", many=True),
        "members": Field("user", "hasMember", "memberOf", many=True),
    },
}
_ANY_KIND = {"owner": OWNER}


INVERSES = {names[0]: names[1] for kind in FIELDS.values() for field in kind.values() for names in (
    (field.forward, field.backward), (field.backward, field.forward))}  # fmt: skip
"""The name of each relation seen from the other side."""


def fields_of(kind: str) -> Mapping[str, Field]:
    """The fields of the spec of such entities that refer to others, by their names; `kind` is in small letters."""
    return FIELDS.get(kind, _ANY_KIND)


def references(descriptor: Descriptor) -> tuple[tuple[Reference, ...], list[Problem]]:
    """Every reference in the descriptor's spec, and a problem for each that is none."""
    found: list[Reference] = []
    problems: list[Problem] = []
    for name, field in fields_of(descriptor.ref.kind).items():
        for path, raw in _values(descriptor, name, field, problems):
            try:
                target = EntityRef.read(raw, kind=field.kind, namespace=descriptor.ref.namespace)
            except InvalidRef as error:
                problems.append(_malformed(descriptor, path, str(error)))
                continue
            document = descriptor.place.document
            mark = document.at(path) if document else None
            place = (mark.line, mark.column) if mark else (None, None)
            found.append(Reference(field.forward, target, ".".join(map(str, path)), *place))
    return tuple(found), problems


def _values(descriptor: Descriptor, name: str, field: Field, problems: list[Problem]) -> Iterator[tuple[Path, Any]]:
    value = descriptor.spec.get(name)
    if value is None or value == "":
        return
    several = isinstance(value, list)
    if several != field.many:
        text = f"spec.{name} is a list, not one reference" if several else f"spec.{name} is one reference, not a list"
        remedy = "Keep one of them; till then all count." if several else "Write it as a - line of its own."
        problems.append(descriptor.place.problem("spec", text, remedy, path=("spec", name), entity=descriptor.ref))
    if several:
        yield from ((("spec", name, index), item) for index, item in enumerate(value))
    else:
        yield ("spec", name), value


def _malformed(descriptor: Descriptor, path: Path, message: str) -> Problem:
    return descriptor.place.problem("reference", message, "Write [kind:][namespace/]name.", path=path, entity=descriptor.ref)
