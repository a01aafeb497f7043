"""The references in a spec, with the kind that each field assumes; every relation is kept in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from callboard_sdk import EntityRef, InvalidRef, Problem, Severity

from .descriptor import Descriptor, Reading, Relation


@dataclass(frozen=True, slots=True)
class Field:
    """A spec field that refers to entities: the kind it assumes ('' for none), and the relation's two names."""

    kind: str
    forward: str
    backward: str


OWNER = Field("group", "ownedBy", "ownerOf")
PART = ("partOf", "hasPart")
FIELDS: dict[str, dict[str, Field]] = {
    "component": {
        "owner": OWNER,
        "system": Field("system", *PART),
        "subcomponentOf": Field("component", *PART),
        "providesApis": Field("api", "providesApi", "apiProvidedBy"),
        "consumesApis": Field("api", "consumesApi", "apiConsumedBy"),
        "dependsOn": Field("", "dependsOn", "dependencyOf"),
        "dependencyOf": Field("", "dependencyOf", "dependsOn"),
    },
    "api": {"owner": OWNER, "system": Field("system", *PART)},
    "resource": {
        "owner": OWNER,
        "system": Field("system", *PART),
        "dependsOn": Field("", "dependsOn", "dependencyOf"),
        "dependencyOf": Field("", "dependencyOf", "dependsOn"),
    },
    "system": {"owner": OWNER, "domain": Field("domain", *PART)},
    "domain": {"owner": OWNER, "subdomainOf": Field("domain", *PART)},
    "template": {"owner": OWNER},
    "user": {"memberOf": Field("group", "memberOf", "hasMember")},
    "group": {
        "parent": Field("group", "childOf", "parentOf"),
        "children": Field("group", "parentOf", "childOf"),
        "members": Field("user", "hasMember", "memberOf"),
    },
}
_LONGEST = 300
"""Characters of a reference: kind, namespace and name have at most 63 each in the format, and some catalogs bend it."""
_ANY_KIND = {"owner": OWNER}


def relate(reading: Reading) -> None:
    """Add every relation of the descriptors read, and a problem for each reference that is none or leads nowhere."""
    names: dict[str, list[str]] = {}
    for ref in reading.descriptors:
        names.setdefault(ref.kind, []).append(ref.name)
    for descriptor in reading.descriptors.values():
        for name, field in FIELDS.get(descriptor.ref.kind, _ANY_KIND).items():
            for path, raw in _values(descriptor.spec.get(name), name):
                try:
                    target = _reference(raw, field.kind, descriptor.ref.namespace)
                except InvalidRef as error:
                    reading.problems.append(_malformed(descriptor, path, str(error)))
                    continue
                reading.relations.add(Relation(descriptor.ref, field.forward, target))
                reading.relations.add(Relation(target, field.backward, descriptor.ref))
                if target not in reading.descriptors:
                    reading.problems.append(_dangling(descriptor, path, target, names.get(target.kind, [])))


def _values(value: Any, name: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, list):
        yield from ((("spec", name, index), item) for index, item in enumerate(value))
    elif value is not None:
        yield ("spec", name), value


def _reference(raw: Any, kind: str, namespace: str) -> EntityRef:
    found = _ref(raw, kind, namespace)
    if len(str(found)) > _LONGEST or not str(found).isprintable():
        raise InvalidRef(f"a reference has at most {_LONGEST} characters, none of them a control character")
    return found


def _ref(raw: Any, kind: str, namespace: str) -> EntityRef:
    if isinstance(raw, dict):
        parts = [raw.get("kind") or kind, raw.get("namespace") or namespace, raw.get("name")]
        texts = [part for part in parts if isinstance(part, str) and part]
        if len(texts) != len(parts):
            raise InvalidRef("a reference written as a mapping needs kind and name")
        return EntityRef(*texts)
    if not isinstance(raw, str):
        raise InvalidRef(f"a reference is a text like group:default/payments, not a {type(raw).__name__}")
    return EntityRef.parse(raw, kind=kind, namespace=namespace)


def _malformed(descriptor: Descriptor, path: tuple[str | int, ...], message: str) -> Problem:
    return descriptor.place.problem("reference", message, "Write [kind:][namespace/]name.", path=path, entity=descriptor.ref)


def _dangling(descriptor: Descriptor, path: tuple[str | int, ...], target: EntityRef, names: list[str]) -> Problem:
    near = get_close_matches(target.name, names[:5000], n=1)
    remedy = f"Did you mean {target.kind}:{near[0]}?" if near else "Add its descriptor to a source, or mend the name."
    return descriptor.place.problem(
        "dangling-reference",
        f"{'.'.join(map(str, path))} refers to {target}, which no source has",
        remedy,
        path=path,
        severity=Severity.LOW,
        entity=descriptor.ref,
    )
