"""Trials: a viewer asks the same of worlds of which it may know the same, and must get the same bytes.

A. a round   one version of the rules, with many roles
B. a world   what a viewer may know of it, and what it asks of it; rarely after somebody who sees everything
C. a pair    the world and another one, changed where the viewer may not look
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from .change import Changer, telling
from .judge import Asker, Judge, Lawmaker, Said, rules_of
from .arguments import Asked
from .operations import Operation, Writer
from .portal import PortalWriter
from .stage import Reply, Stage
from .view import view
from .world import Maker, World

P = TypeVar("P")
ROLES, WORLDS, OTHERS, OPERATIONS = 16, 12, 5, 3
EVERYTHING = Said("everybody", "*", "allow")
_WHOLE = Asker(("everybody",), ())
_BEFORE = Operation(
    "{ components(first: 50) { totalCount nodes { title score mood twin { name } near(first: 9) { totalCount } dependsOn { ref } } }"
    " entities(last: 3) { totalCount } problems(first: 9) { totalCount } }"
)


Asking = tuple[type[Writer] | type[PortalWriter], type[Asked]]
"""What writes operations, and what remembers those that were asked."""


@dataclass(frozen=True)
class Case:
    """Everything that a pair depends on."""

    said: tuple[Said, ...]
    inherits: Mapping[str, str]
    asker: Asker
    world: World
    other: World
    operations: tuple[Operation, ...]
    before: bool = False

    @property
    def held(self) -> tuple[Said, ...]:
        """The rules that are the viewer's."""
        return held(self.said, self.inherits, self.asker)


@dataclass(frozen=True)
class Interference:
    """What the viewer could tell the worlds of a case apart by."""

    case: Case
    operation: Operation
    one: Reply
    another: Reply


@dataclass(frozen=True)
class Pair:
    """One case that was tried: what the first world answered, and what interferes, if anything does."""

    case: Case
    replies: tuple[Reply, ...]
    found: Interference | None


def held(said: tuple[Said, ...], inherits: Mapping[str, str], asker: Asker) -> tuple[Said, ...]:
    """The rules of all roles that the viewer has, or inherits from."""
    roles, more = set(asker.roles), list(asker.roles)
    while more:
        if (parent := inherits.get(more.pop())) is not None and parent not in roles:
            roles.add(parent)
            more.append(parent)
    return tuple(one for one in said if one.role in roles)


def rounds(stage: Stage, seed: int, pairs: int, asking: Asking = (Writer, Asked)) -> AsyncIterator[Pair]:
    """So many pairs, each with what interferes in it; `asking` writes what is asked."""
    return so_many(pairs, lambda number: _round(stage, Random(f"{seed}/{number}"), asking))


async def so_many(pairs: int, begin: Callable[[int], AsyncIterator[P]]) -> AsyncIterator[P]:
    """So many pairs, of as many rounds as it takes; each round is begun by its number."""
    count, number = 0, 0
    while count < pairs:
        async for pair in begin(number):
            yield pair
            count += 1
            if count == pairs:
                return
        number += 1


async def first(stage: Stage, seed: int, pairs: int, asking: Asking = (Writer, Asked)) -> Interference | None:
    """What interferes first in so many pairs, if anything does."""
    async for pair in rounds(stage, seed, pairs, asking):
        if pair.found is not None:
            return pair.found
    return None


async def _round(stage: Stage, dice: Random, asking: Asking) -> AsyncIterator[Pair]:  # A
    lawmaker = Lawmaker(dice, stage.graph)
    names = [f"role{number}" for number in range(ROLES)]
    said = (*(one for name in names for one in lawmaker.role(name)), EVERYTHING)
    inherits = {name: names[number - 1] for number, name in enumerate(names) if number and dice.random() < 0.2}
    await stage.rule(rules_of(said, inherits))
    for _ in range(WORLDS):
        asker = lawmaker.asker(names)
        async for pair in _world(stage, dice, said, inherits, asker, asking):
            yield pair


async def _world(
    stage: Stage, dice: Random, said: tuple[Said, ...], inherits: Mapping[str, str], asker: Asker, asking: Asking
) -> AsyncIterator[Pair]:  # B
    world = Maker(dice).world()
    await stage.put(world)
    judge = await stage.judge(asker, held(said, inherits, asker))
    known, changer, before = view(world, judge), Changer(dice), dice.random() < 0.1
    if (other := changer.changed(world, judge, known)) is None:
        return
    write, remember = asking
    writer, asked = write(dice, stage.graph, {*world.entities, *other.entities}, telling(world, other)), remember()
    operations: list[Operation] = []
    replies: list[Reply] = []
    if before:
        await stage.ask(_WHOLE, _BEFORE)
    for _ in range(OPERATIONS):
        operations.append(writer.operation(asked))
        replies.append(await stage.ask(asker, operations[-1]))
        asked.hear(replies[-1].body)
    for number in range(1, OTHERS + 1):
        case = Case(said, inherits, asker, world, other, tuple(operations), before)
        if (pair := await _pair(stage, case, judge, replies, number)) is not None:
            yield pair
        further = changer.changed(other, judge, known)
        if further is None or further == world:
            return
        other = further


async def _pair(stage: Stage, case: Case, judge: Judge, replies: list[Reply], number: int) -> Pair | None:  # C
    """The pair, tried; None if it is none, since groups are nested otherwise, which the view doesn't tell."""
    await stage.put(case.other, 0 if judge.whole else number)  # who sees all entities is told when something last changed
    if await stage.judge(case.asker, judge.said) != judge:
        return None
    if case.before:
        await stage.ask(_WHOLE, _BEFORE)
    for operation, reply in zip(case.operations, replies, strict=True):
        if (told := await stage.ask(case.asker, operation)) != reply:
            return Pair(case, tuple(replies), Interference(case, operation, reply, told))
    return Pair(case, tuple(replies), None)


async def interference(stage: Stage, case: Case) -> Interference | None:
    """What interferes in this case; None if nothing does, or if the viewer may know what differs."""
    await stage.rule(rules_of(case.said, case.inherits))
    await stage.put(case.world)
    judge = await stage.judge(case.asker, case.held)
    if view(case.world, judge) != view(case.other, judge):
        return None
    if case.before:
        await stage.ask(_WHOLE, _BEFORE)
    replies = [await stage.ask(case.asker, operation) for operation in case.operations]
    pair = await _pair(stage, case, judge, replies, 1)
    return pair.found if pair else None
