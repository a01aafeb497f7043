"""Entities that a bot pushes: what one push, or one withdrawal, says, as the events of a reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callboard_sdk import EntityRef, Event, Gone, InvalidRef, Item, Part, UserError, Whole

from callboard_catalog.settings.source import PushedSource

_LONGEST_NAME = 200


class Refused(Exception):
    """A push that is refused whole: nothing of it is stored. `errors` say why, each at its place in the input."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__(f"the push is refused: {errors[0].message}")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class PartOf:
    """The complete set that a push is a part of; `size` is how many entities it has, said by its last part alone."""

    name: str
    size: int | None = None


def pushed(settings: PushedSource, entities: Sequence[object], *, complete: bool) -> Sequence[Event]:
    """What a push says: an item for each descriptor, named by its ref.

    With `complete` these are all that the source has, and what it had besides is gone, as far as the brake lets it; without, all
    else stays. Raises Refused.
    """
    if len(entities) > settings.max_entities:
        text = f"{len(entities)} entities are more than the {settings.max_entities} of one push"
        raise refused("entities", f"{text}: push them in parts, by `partOf`.")
    errors: list[UserError] = []
    items: dict[str, Item] = {}
    for index, entity in enumerate(entities):
        try:
            name = _name(entity)
        except InvalidRef as error:
            errors.append(UserError(message=str(error), path=["entities", str(index)]))
            continue
        if name in items:
            errors.append(UserError(message=f"{name} stands twice: push it once.", path=["entities", str(index)]))
        items[name] = Item(name, entities=[entity])  # type: ignore[list-item]  # _name looked at it
    if errors:
        raise Refused(errors)
    return [*items.values(), Whole() if complete else Part()]


def part_of(name: str | None, size: int | None, *, complete: bool) -> PartOf | None:
    """The set that a push is a part of, if it is of one. Raises Refused."""
    if name is None:
        if size is not None:
            raise refused("setSize", "it is for the last part of a set: name the set in `partOf`, or leave it out.")
        return None
    if not name.isprintable() or not 1 <= len(name) <= _LONGEST_NAME:
        raise refused("partOf", f"it is no name of a set: write 1 to {_LONGEST_NAME} printable characters.")
    if complete != (size is not None):
        text = "the last part of a set says `complete: true`, and in `setSize` how many entities the set has in all its parts"
        raise refused("setSize", f"{text}; no other part says either.")
    return PartOf(name, size)


def refused(argument: str, message: str) -> Refused:
    """A push that is refused for one reason, at this argument."""
    return Refused([UserError(message=message, path=[argument])])


def withdrawn(refs: Sequence[EntityRef]) -> Sequence[Event]:
    """What a withdrawal says: these are gone, all else stays."""
    return [*(Gone(str(ref)) for ref in dict.fromkeys(refs)), Part()]


def _name(entity: object) -> str:
    if not isinstance(entity, Mapping):
        raise InvalidRef("it is no descriptor: write apiVersion, kind, metadata and spec.")
    metadata: Any = entity.get("metadata")
    kind = entity.get("kind")
    if not isinstance(metadata, Mapping) or not isinstance(kind, str) or not isinstance(metadata.get("name"), str):
        raise InvalidRef("it has no kind, or no metadata.name: write them.")
    place = {"kind": kind, "name": metadata["name"], "namespace": metadata.get("namespace")}
    return str(EntityRef.read(place, kind="", namespace="default"))
