"""Changes that a viewer must not notice: of hidden entities anything, of visible ones what it may not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from callboard_catalog.descriptors.references import FIELDS

from .judge import Judge
from .view import LEADING, View, view
from .world import WASTE, Maker, Thing, World

_ATTEMPTS = 8
_KNOWN = ("score", "alone", "spoils", "twin")
_PROPERTIES = {
    **dict.fromkeys(("title", "description", "tags", "labels", "annotations", "links"), "metadata"),
    **dict.fromkeys(("type", "lifecycle", "definition", "profile", "owner", "system", "region"), "spec"),
    **dict.fromkeys(_KNOWN, "known"),
}
"""Where a thing has what a field tells; `owner` and `system` are told by other fields as well."""
_FIELDS = {"alone": "score", "spoils": "mood", "profile": "email", "region": "specValues"}


class Changer:
    """Changes worlds by chance, and keeps a change only if the viewer's view of the world stays the same."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._maker = Maker(dice, iter(range(10**6, 10**9)))

    def changed(self, world: World, judge: Judge, before: View) -> World | None:
        """Another world of which the viewer may know as much; None where none was found."""
        self._maker.there[:] = world.entities
        found, wanted = world, self._dice.choice((1, 1, 2, 4))
        for _ in range(_ATTEMPTS):
            step: Callable[[World, Judge], World] = self._dice.choice(
                (self._added, self._added, self._removed, self._altered, self._altered, self._denied, self._denied, self._wasted)
            )
            other = step(found, judge)
            if other != world and other != found and view(other, judge) == before:
                found, wanted = other, wanted - 1
                if not wanted:
                    break
        return found if found is not world else None

    def _added(self, world: World, judge: Judge) -> World:
        """One more, hidden if possible, anywhere in the order of files."""
        for _ in range(6):
            thing = self._maker.thing()
            made = replace(world, things=(*world.things, thing))
            if thing.ref not in world.entities and not judge.sees(made, thing.ref):
                break
        place = self._dice.randrange(len(world.things) + 1)
        return replace(world, things=(*world.things[:place], thing, *world.things[place:]))

    def _removed(self, world: World, judge: Judge) -> World:
        hidden = self._hidden(world, judge)
        return world.without(world.things.index(self._dice.choice(hidden))) if hidden else world

    def _altered(self, world: World, judge: Judge) -> World:
        """One that differs in one or all of its properties, a hidden one mostly."""
        hidden = self._hidden(world, judge)
        if not (hidden or world.things):
            return world
        one = self._dice.choice(hidden if hidden and self._dice.random() < 0.6 else world.things)
        other = self._maker.thing(of=one)
        made = other if self._dice.random() < 0.1 else self._mixed(one, other)
        return replace(world, things=tuple(made if thing is one else thing for thing in world.things))

    def _denied(self, world: World, judge: Judge) -> World:
        """A visible one that differs in a property whose field the viewer may not read of it."""
        seen = [thing for thing in world.things if judge.sees(world, thing.ref)]
        closed = [(thing, name) for thing in seen for name in _PROPERTIES if not self._reads(world, judge, thing, name)]
        if not closed:
            return world
        one, name = self._dice.choice(closed)
        other, place = self._maker.thing(of=one), _PROPERTIES[name]
        if place == "known":
            made = replace(one, known=replace(one.known, **{name: getattr(other.known, name)}))
        else:
            made = replace(one, **{place: _taken(getattr(one, place), getattr(other, place), name)})
        return replace(world, things=tuple(made if thing is one else thing for thing in world.things))

    def _reads(self, world: World, judge: Judge, thing: Thing, name: str) -> bool:
        coordinate = f"{judge.type_of(thing.ref)}.{_FIELDS.get(name, name)}"
        return coordinate not in judge.graph.guards or judge.allows(coordinate, world, thing.ref)

    def _mixed(self, one: Thing, other: Thing) -> Thing:
        """The one, but for one property that it has of the other."""
        match self._dice.randrange(5):
            case 0 | 1:
                return replace(one, metadata=self._swapped(one.metadata, other.metadata))
            case 2 | 3:
                return replace(one, spec=self._swapped(one.spec, other.spec))
        name = self._dice.choice(_KNOWN)
        return replace(one, known=replace(one.known, **{name: getattr(other.known, name)}))

    def _swapped(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
        names = sorted({*one, *other})
        return _taken(one, other, self._dice.choice(names)) if names else one

    def _wasted(self, world: World, _judge: Judge) -> World:
        count = len(world.waste)
        if count and self._dice.random() < 0.5:
            return world.without(len(world.things) + self._dice.randrange(count))
        return replace(world, waste=(*world.waste, self._dice.choice(WASTE)))

    def _hidden(self, world: World, judge: Judge) -> list[Thing]:
        return [thing for thing in world.things if not judge.sees(world, thing.ref)]


def telling(world: World, other: World) -> list[str]:
    """The fields that would show most likely what differs, if anything did."""
    found: set[str] = set()
    for ref in {*world.entities, *other.entities}:
        one, another = world.entities.get(ref), other.entities.get(ref)
        if one is not None and another is not None:
            for place in ("metadata", "spec"):
                ones, others = getattr(one, place), getattr(another, place)
                found |= {name for name in {*ones, *others} if ones.get(name) != others.get(name)}
            found |= {"spec"} if one.spec != another.spec else set()
            found |= {_FIELDS.get(name, name) for name in _KNOWN if getattr(one.known, name) != getattr(another.known, name)}
        specs = [thing.spec for thing in (one, another) if thing is not None and one != another]
        relations = FIELDS.get(ref.kind, {})
        declared = [relations[name] for spec in specs for name in spec if name in relations]
        found |= {"relations", *(field for relation in declared for field in LEADING[relation.backward])} if declared else set()
    return sorted(found)


def _taken(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The one, with what the other has under this name, if anything."""
    rest = {key: value for key, value in one.items() if key != name}
    return rest | ({name: other[name]} if name in other else {})
