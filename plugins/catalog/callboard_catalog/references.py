"""The references in a spec, with the kind that each field assumes; every relation is kept in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from callboard_sdk import EntityRef, InvalidRef, Problem
from callboard_sdk.yaml import Path

from .descriptor import Descriptor, Reading, Relation


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
MOST_NEAR = 1_000
_SHORTEST = 4
_ANY_KIND = {"owner": OWNER}


def relate(reading: Reading) -> None:
    """Add every relation of the descriptors, and a problem for each reference read that is none or leads nowhere."""
    missing: list[tuple[Descriptor, Path, EntityRef]] = []
    for descriptor in reading.descriptors.values():
        for path, field, target in _declared(descriptor, reading.problems):
            _add(reading, descriptor.ref, field, target)
            if target not in reading.descriptors and target not in reading.kept:
                missing.append((descriptor, path, target))
    for descriptor in reading.kept.values():
        for _, field, target in _declared(descriptor, []):
            _add(reading, descriptor.ref, field, target)
    known = [*reading.descriptors, *reading.kept] if missing else []
    meant = nearest(dict.fromkeys(target for _, _, target in missing), known)
    reading.problems += (_dangling(descriptor, path, target, meant.get(target)) for descriptor, path, target in missing)


def _declared(descriptor: Descriptor, problems: list[Problem]) -> Iterator[tuple[Path, Field, EntityRef]]:
    """Every reference in the descriptor's spec; what is none goes to the problems."""
    for name, field in FIELDS.get(descriptor.ref.kind, _ANY_KIND).items():
        for path, raw in _values(descriptor, name, field, problems):
            try:
                target = EntityRef.read(raw, kind=field.kind, namespace=descriptor.ref.namespace)
            except InvalidRef as error:
                problems.append(_malformed(descriptor, path, str(error)))
            else:
                yield path, field, target


def _add(reading: Reading, ref: EntityRef, field: Field, target: EntityRef) -> None:
    reading.relations[Relation(ref, field.forward, target)] = True
    reading.relations.setdefault(Relation(target, field.backward, ref), False)


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


def _dangling(descriptor: Descriptor, path: Path, target: EntityRef, meant: EntityRef | None) -> Problem:
    return descriptor.place.problem(
        "dangling-reference",
        f"{'.'.join(map(str, path))} refers to {target}, which no source has",
        f"Did you mean {meant}?" if meant else "Add its descriptor to a source, or mend the name.",
        path=path,
        entity=descriptor.ref,
    )


def nearest(missing: Collection[EntityRef], known: Iterable[EntityRef]) -> dict[EntityRef, EntityRef]:
    """For each missing ref a known one that may be meant: of the same name elsewhere, or one edit away in the same kind.

    Linear in what is known. Two names are one edit apart only if they agree after at most one character is left out of each;
    that is tried for the first MOST_NEAR missing refs.
    """
    by_name: dict[str, list[EntityRef]] = {}
    by_rest: dict[tuple[str, str], list[EntityRef]] = {}
    for ref in missing:
        by_name.setdefault(ref.name, []).append(ref)
    for ref in islice(missing, MOST_NEAR):
        for rest in _near(ref.name):
            by_rest.setdefault((ref.kind, rest), []).append(ref)
    best: dict[EntityRef, tuple[int, EntityRef]] = {}
    for ref in known if missing else ():
        same = [((1 if ref.kind == wanted.kind else 3, ref), wanted) for wanted in by_name.get(ref.name, ())]
        near = [((2, ref), wanted) for rest in _near(ref.name) for wanted in by_rest.get((ref.kind, rest), ())]
        for found, wanted in (*same, *near):
            best[wanted] = min(best.get(wanted, found), found)
    return {wanted: ref for wanted, (_, ref) in best.items()}


def _near(name: str) -> Iterator[str]:
    if len(name) >= _SHORTEST:
        yield name
        yield from {name[:at] + name[at + 1 :] for at in range(len(name))}
