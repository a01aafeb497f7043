"""What a viewer may know of a world: equal views are what a gateway may not tell apart.

A. seen       which entities there are, for it
B. values     the fields of those, where it may read them; where not, only that it may not; and which lists give them
C. relations  those that something seen declares, if a field of either side leads along them
D. problems   of what is seen; whoever sees everything has all of them
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

import orjson
from callboard_catalog.descriptors.descriptor import Descriptor
from callboard_catalog.descriptors.references import FIELDS
from callboard_catalog.descriptors.rules import TELLING
from callboard_sdk import EntityRef
from callboard_sdk.spec import SHOWN

from .judge import Judge
from .probe import Known
from .world import World

View = frozenset[Hashable]
_SUMS = (".cost", ".costShares")
"""What is added up along relations of any kind."""


def _spec(name: str) -> Callable[[Descriptor], Any]:
    return lambda found: found.spec.get(name) if isinstance(found.spec.get(name), str) else None


def _profile(name: str) -> Callable[[Descriptor], Any]:
    return lambda found: found.spec.get("profile", {}).get(name)


_VALUES: Mapping[str, Callable[[Descriptor], Any]] = {
    "title": lambda found: found.title, "description": lambda found: found.description, "tags": lambda found: found.tags,
    "labels": lambda found: found.labels, "annotations": lambda found: found.annotations, "links": lambda found: found.links,
    "type": _spec("type"), "lifecycle": _spec("lifecycle"), "definition": _spec("definition"),
    "specValues": lambda found: found.spec.get("region"), "displayName": _profile("displayName"), "email": _profile("email"),
    "apiVersion": lambda found: found.api_version,
}  # fmt: skip
_PERSON = ("displayName", "email")
"""The fields that tell what stands in the profile of a person."""
_UNDER = {"dependencyOf": "dependents"}
"""The fields that tell what stands under another name in the spec."""
_FILTERED = ("type", "lifecycle")
"""What lists filter by of every kind, whether its type has a field of that name or not."""
_TIMES = ("createdAt", "changedAt")
_PROBED: Mapping[str, Callable[[Known], Any]] = {
    "score": lambda known: (known.score, known.alone), "mood": lambda known: known.spoils, "twin": lambda known: known.twin,
}  # fmt: skip
LEADING: Mapping[str, tuple[str, ...]] = {
    "ownedBy": ("owner",), "ownerOf": ("owned",), "partOf": ("system", "subcomponentOf", "domain", "subdomainOf"),
    "hasPart": ("subcomponents", "parts", "subdomains", "systems"), "providesApi": ("providesApis",), "apiProvidedBy": ("providers",),
    "consumesApi": ("consumesApis",), "apiConsumedBy": ("consumers",), "dependsOn": ("dependsOn", "peers"),
    "dependencyOf": ("dependents",), "childOf": ("parent",), "parentOf": ("children",), "hasMember": ("members",),
    "memberOf": ("memberOf",),
}  # fmt: skip
"""The fields that lead along a relation, beside `relations`."""
BACKWARD = {one.forward: one.backward for fields in FIELDS.values() for one in fields.values()}


def view(world: World, judge: Judge) -> View:
    """All that this viewer may know."""
    seen = [ref for ref in world.entities if judge.sees(world, ref)]  # A
    return frozenset(
        [*values_of(world, judge, seen), *relations_of(world, judge, set(seen)), *_problems(world, judge, set(seen))]
    )


def values_of(world: World, judge: Judge, seen: Iterable[EntityRef]) -> Iterator[Hashable]:  # B
    """What it may read of those entities."""
    guards = judge.graph.guards
    for ref in seen:
        thing, kind = world.entities[ref], judge.type_of(ref)
        yield str(ref), thing.kind, thing.namespace, thing.name
        for coordinate in (*judge.fields_of(kind), *judge.narrowing):
            if not (judge.plainly(coordinate) or judge.never(coordinate)):
                yield str(ref), coordinate, judge.allows(coordinate, world, ref)
        for name, value in _VALUES.items():
            coordinate = f"{kind}.{name}"
            if coordinate in guards and judge.allows(coordinate, world, ref):
                yield str(ref), coordinate, orjson.dumps(value(thing.read[0]))
            elif coordinate not in guards and name in _FILTERED:
                yield str(ref), coordinate, orjson.dumps(value(thing.read[0]))
        for name, known in _PROBED.items():
            if (coordinate := f"{kind}.{name}") in guards and judge.allows(coordinate, world, ref):
                yield str(ref), coordinate, known(thing.known)
        if any(judge.allows(f"{kind}.{name}", world, ref) for name in _TIMES):  # who learns when it changed learns that it did
            yield str(ref), orjson.dumps([thing.metadata, thing.spec], option=orjson.OPT_SORT_KEYS)
        if judge.allows(f"{kind}.source", world, ref):
            yield str(ref), thing.file
        if judge.allows(f"{kind}.spec", world, ref):
            yield str(ref), "spec", orjson.dumps(list(_spoken(world, judge, ref)))


def _spoken(world: World, judge: Judge, ref: EntityRef) -> Iterator[tuple[str, Any]]:
    """What the spec says, in its order, where no field of that name may not be read."""

    def closed(name: str) -> bool:
        coordinate = f"{judge.type_of(ref)}.{name}"
        return coordinate in judge.graph.guards and not judge.allows(coordinate, world, ref)

    for key, value in world.entities[ref].read[0].spec.items():
        if key == "profile" and isinstance(value, Mapping) and value:
            if left := [(name, one) for name, one in value.items() if not closed(name if name in _PERSON else "specValues")]:
                yield key, left
        elif not closed(_UNDER.get(key, key)) and (key in SHOWN or not closed("specValues")):
            yield key, value


def relations_of(world: World, judge: Judge, seen: set[EntityRef]) -> Iterator[Hashable]:  # C
    """The relations that it may learn of."""
    sums = any(not judge.never(name) for name in judge.graph.guards if name.endswith(_SUMS))
    for one, declared in world.reading.relations.items():
        if declared and sums and one.source in seen and one.target in seen:
            yield str(one.source), one.type, str(one.target)
        elif declared and one.source in seen:
            forth = leads(world, judge, one.source, one.type)
            if forth or (one.target in seen and leads(world, judge, one.target, BACKWARD[one.type])):
                yield str(one.source), one.type, str(one.target)


def leads(world: World, judge: Judge, ref: EntityRef, relation: str) -> bool:
    """Whether a field of this entity leads along the relation."""
    kind = judge.type_of(ref)
    names = (f"{kind}.{name}" for name in ("relations", *LEADING[relation]))
    return any(judge.allows(name, world, ref) for name in names if name in judge.graph.guards)


def _problems(world: World, judge: Judge, seen: set[EntityRef]) -> Iterator[Hashable]:  # D
    if judge.whole:
        yield len(world.reading.problems), len(world.entities), world.reading.files
    listed = not judge.never("Query.problems")
    for number, one in enumerate(sorted(world.reading.problems, key=repr)):
        if judge.whole or (one.entity in seen and one.rule not in TELLING):
            if listed or (one.entity in seen and judge.allows(f"{judge.type_of(one.entity)}.problems", world, one.entity)):
                yield number if judge.whole else 0, repr(one)
