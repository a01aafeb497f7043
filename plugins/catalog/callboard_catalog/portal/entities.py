"""An entity as the portal has it: made of what the graph tells its viewer, with what it may not read left out.

A. wanted   the parts that a request's `fields` need
B. made     the whole of them, with an etag of what the viewer is shown: it says nothing of the rest
C. picked   what `fields` name
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from callboard_sdk import HttpError

MOST_FIELDS = 100
_NAMES = frozenset({"kind", "metadata.name", "metadata.namespace", "metadata.uid"})
"""What is told of any entity."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields that a request names, as paths with points; all of them when it names none."""

    fields: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Sequence[str]) -> Wanted:
        """What parameters say, of which each may have several, with commas between them. Raises HttpError for too many."""
        found = tuple(dict.fromkeys(field for one in given for part in one.split(",") if (field := part.strip())))
        if len(found) > MOST_FIELDS:
            raise HttpError(400, f"`fields` has {len(found)} paths: give at most {MOST_FIELDS}, or none for everything")
        return cls(found)

    def variables(self) -> dict[str, bool]:  # A
        """Which parts of an entity an operation is to give."""
        named = all(field in _NAMES or self._within("relations", field) for field in self.fields)
        related = any(self._within("relations", field) for field in self.fields)
        return {"descriptor": not (self.fields and named), "relations": not self.fields or related}

    @staticmethod
    def _within(part: str, field: str) -> bool:
        return field == part or field.startswith(f"{part}.")

    def shown(self, node: Mapping[str, Any]) -> Json:
        """The entity with these fields, from what an operation gave with these variables."""
        made = entity_json(node)
        if not self.fields:
            return made
        picked: Json = {}
        for field in self.fields:  # C
            _pick(made, field, picked)
        return picked


def _pick(found: Mapping[str, Any], path: str, into: Json) -> None:
    """Take over what is at the path. A key may have points itself, as those of annotations do."""
    for key, value in found.items():
        if path == key:
            into[key] = value
        elif path.startswith(f"{key}.") and isinstance(value, Mapping) and into.get(key) is not value:
            below = into.get(key, {})
            _pick(value, path[len(key) + 1 :], below)
            if below:
                into[key] = below


def entity_json(node: Mapping[str, Any]) -> Json:  # B
    """The entity, of those parts that the operation gave."""
    names = {"namespace": node["namespace"], "name": node["name"], "uid": node["id"]}
    descriptor = node.get("descriptor")
    if descriptor is None:
        made: Json = {"kind": node["kind"], "metadata": names}
    else:
        etag = hashlib.blake2b(msgspec.json.encode(descriptor), digest_size=20).hexdigest()
        made = {**descriptor, "metadata": {**names, "etag": etag, **descriptor["metadata"]}}
    if node.get("relations") is not None:
        made["relations"] = [{"type": one["type"], "targetRef": one["ref"]} for one in node["relations"]]
    return made
