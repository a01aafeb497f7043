"""Worlds that follow one another, one a day: what a viewer may know of their past, and changes of it that it must not notice.

A. now    what it may know of the last of them, and of who it sees there since when, and why
B. then   of each earlier one what it may read of those whom it sees then as it does now: by what they were, and by what they are
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random

from callboard_sdk import EntityRef

from .change import Changer
from .judge import Judge
from .view import BACKWARD, View, leads, values_of, view
from .world import Maker, Thing, World

_ATTEMPTS = 10


@dataclass(frozen=True)
class Dated(World):
    """A world whose items are named by their files, so that no name tells how many others there are."""

    @cached_property
    def ordered(self) -> tuple[Thing, ...]:
        """The things as documents come before others for the same entity."""
        return tuple(sorted(self.things, key=item_of))

    @cached_property
    def entities(self) -> Mapping[EntityRef, Thing]:
        """The things that count."""
        return {thing.ref: thing for thing in reversed(self.ordered)}

    @cached_property
    def items(self) -> list:
        """What the catalog is handed of all of it."""
        found = World(self.ordered, self.waste).items
        return [replace(item, name=item_of(thing)) for item, thing in zip(found, self.ordered)] + found[len(self.things) :]


def item_of(thing: Thing) -> str:
    """The name of the item that it stands in."""
    return f"f{int(thing.file[1:].partition('.')[0]):09}"


@dataclass(frozen=True)
class Chronicle:
    """What was there day by day."""

    days: tuple[Dated, ...]

    @property
    def now(self) -> Dated:
        """What is there."""
        return self.days[-1]

    def on(self, day: int, world: World) -> Chronicle:
        """The same with another world on this day."""
        return Chronicle((*self.days[:day], world, *self.days[day + 1 :]))

    def times(self, ref: EntityRef, day: int | None = None) -> tuple[int, int]:
        """The days on which an entity that is there on that day, or now, came, and changed last."""
        said = [_said(world, ref) for world in self.days[: None if day is None else day + 1]]
        created = max((number + 1 for number, one in enumerate(said) if one is None), default=0)
        changed = max((number for number in range(1, len(said)) if said[number] != said[number - 1]), default=0)
        return created, changed


def _said(world: World, ref: EntityRef) -> object:
    thing = world.entities.get(ref)
    return thing and (thing.kind, thing.namespace, thing.name, thing.metadata, thing.spec)


@dataclass(frozen=True)
class Past(Judge):
    """Judges what entities were, by what they are as well: `last` has the world that each is asked in besides."""

    last: Mapping[EntityRef, World] = field(default_factory=dict)

    def allows(self, coordinate: str, world: World, ref: EntityRef) -> bool:
        """Whether it is allowed both of what it was and of what it is."""
        return super().allows(coordinate, world, ref) and super().allows(coordinate, self.last[ref], ref)

    def sees(self, world: World, ref: EntityRef) -> bool:
        """Whether it was there and is there, and is seen as both."""
        return ref in world.entities and ref in self.last and self.allows(self.type_of(ref), world, ref)


def past(chronicle: Chronicle, judge: Judge) -> Past:
    """Who judges the past of this chronicle: what is gone is for those who see everything what it was last, for others hidden."""
    days = chronicle.days if judge.whole else (chronicle.now,)
    last = {ref: world for world in days for ref in world.entities}
    return Past(judge.graph, judge.said, judge.above, judge.below, last=last)


def known(chronicle: Chronicle, judge: Judge) -> View:
    """All that this viewer may know of it."""
    now, then = chronicle.now, past(chronicle, judge)
    found: set[Hashable] = {("now", one) for one in (*view(now, judge), *_times(chronicle, judge), *_origins(now, judge))}  # A
    for day, world in enumerate(chronicle.days[:-1]):  # B
        seen = [ref for ref in world.entities if then.sees(world, ref)]
        found |= {(day, one) for one in (*values_of(world, then, seen), *_declared(world, then, set(seen)))}
    for relation, declared in now.reading.relations.items():  # what leads to who is gone is told from there as well
        other = then.last.get(relation.target)
        if declared and other not in (None, now) and leads(other, judge, relation.target, BACKWARD[relation.type]):
            found.add(("gone", str(relation.source), relation.type, str(relation.target)))
    return frozenset(found)


def _declared(world: World, judge: Judge, seen: set[EntityRef]) -> Iterator[Hashable]:
    """What those said of others: who reads that an owner changed is told so."""
    for one, declared in world.reading.relations.items():
        if declared and one.source in seen and leads(world, judge, one.source, one.type):
            yield str(one.source), one.type, str(one.target)


def _times(chronicle: Chronicle, judge: Judge) -> Iterator[Hashable]:
    yield from times(chronicle, judge, len(chronicle.days) - 1)


def times(chronicle: Chronicle, judge: Judge, day: int) -> Iterator[Hashable]:
    """Since when who is seen on that day is there, and when it changed last, where that may be read."""
    world = chronicle.days[day]
    for ref in world.entities:
        if judge.sees(world, ref):
            for name, number in zip(("createdAt", "changedAt"), chronicle.times(ref, day), strict=True):
                if judge.allows(f"{judge.type_of(ref)}.{name}", world, ref):
                    yield str(ref), name, number


def _origins(world: Dated, judge: Judge) -> Iterator[Hashable]:
    for ref, thing in world.entities.items():
        if judge.sees(world, ref) and judge.allows(f"{judge.type_of(ref)}.origin", world, ref):
            others = [one for one in world.ordered if one.ref == ref and one is not thing]
            seen = (item_of(one) for one in others if judge.sees(Dated((one,)), ref))
            yield str(ref), "origin", item_of(thing), *seen


class Historian(Changer):
    """Makes chronicles, and others of which a viewer may know as much."""

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._first = Maker(dice)

    def chronicle(self, days: int) -> Chronicle:
        """So many days, on some of which nothing happens."""
        world = self._begun()
        found = [Dated(world.things, world.waste)]
        while len(found) < days:
            found.append(self._next(found[-1]) if self._dice.random() < 0.7 else found[-1])
        return Chronicle(tuple(found))

    def _begun(self) -> World:
        return self._first.world()

    def _next(self, world: Dated) -> Dated:
        for _ in range(self._dice.choice((1, 2, 3))):
            match self._dice.randrange(6):
                case 0:
                    world = replace(world, things=(*world.things, self._first.thing()))
                case 2 if world.things:
                    world = self._moved(world)
                case 1 if world.things:
                    world = world.without(self._dice.randrange(len(world.things)))
                case _ if world.things:
                    one = self._dice.choice(world.things)
                    made = self._mixed(one, self._first.thing(of=one))
                    world = replace(world, things=tuple(made if thing is one else thing for thing in world.things))
        return world

    def other(self, chronicle: Chronicle, judge: Judge, before: View) -> Chronicle | None:
        """Another of which the viewer may know as much; None where none was found."""
        found, wanted = chronicle, self._dice.choice((1, 2, 4))
        for _ in range(_ATTEMPTS):
            steps = (self._added, self._removed, self._altered, self._altered, self._denied, self._denied, self._denied)
            step = self._dice.choice((*steps, self._doubled))
            day = len(found.days) - 1 if step == self._doubled else self._dice.randrange(len(found.days))
            world = found.days[day]
            self._maker.there[:] = world.entities
            then = judge if day == len(found.days) - 1 else past(found, judge)
            made = found.on(day, step(world, then))
            if made not in (found, chronicle) and self.same(made, judge, before):
                found, wanted = made, wanted - 1
                if not wanted:
                    break
        return found if found is not chronicle else None

    def _moved(self, world: Dated) -> Dated:
        """One that says the same in another file."""
        one = self._dice.choice(world.things)
        file = self._first.thing().file
        return replace(world, things=tuple(replace(thing, file=file) if thing is one else thing for thing in world.things))

    def _doubled(self, world: Dated, judge: Judge) -> Dated:
        """One more document for what is seen, by which it would be hidden if possible."""
        seen = [thing for thing in world.things if judge.sees(world, thing.ref)]
        if not seen:
            return world
        one = self._dice.choice(seen)
        for _ in range(6):
            thing = self._maker.thing(of=one)
            if not judge.sees(Dated((thing,)), thing.ref):
                break
        return replace(world, things=(*world.things, thing))

    def same(self, made: Chronicle, judge: Judge, before: View) -> bool:
        """Whether the viewer may know no more, and no less, of it."""
        return known(made, judge) == before
