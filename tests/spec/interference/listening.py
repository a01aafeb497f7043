"""Trials of subscriptions: a viewer listens to chronicles of which it may know the same, day by day, and must hear the same bytes.

A. a round        one version of the rules, with many roles
B. a chronicle    what a viewer may know of each of its days, and what it listens to
C. a pair         the chronicle and another one, changed on any day where the viewer may not look; then all of it again, from cursors on
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from types import TracebackType
from typing import Any

from callboard_catalog.queries.changes import Changes
from callboard_sdk import EntityRef, encode_cursor
from gateway.request import GraphQLRequest
from gateway.streams.streams import Told

from .chronicle import Chronicle, Dated, Historian, times
from .judge import Asker, Judge, Said
from .arguments import Asked
from .operations import Draft, Operation
from .past import ruled
from .stage import Stage
from .trial import held, so_many
from .view import View, view
from .world import EPOCH, TAGS, Thing, World

CHRONICLES, OTHERS, LISTENERS, DAYS = 8, 4, 1, 3
Choose = Callable[[Sequence[Sequence[bytes]]], Sequence[str]]
"""Of what was heard, a cursor for each thing that was listened to."""
_PEOPLE = ("Group", "User")
_STREAMS = ("entityChanges",) * 4 + ("problemChanges",) * 3 + ("sourceChanges",)


@dataclass(frozen=True)
class Diary(Chronicle):
    """A chronicle, with the days on which something of its source changes: for all to see, or for who sees every entity."""

    outside: tuple[bool, ...] = ()
    inside: tuple[bool, ...] = ()

    def on(self, day: int, world: World) -> Diary:
        """The same with another world on this day."""
        return replace(self, days=super().on(day, world).days)


@dataclass(frozen=True)
class Heard:
    """All that a viewer heard: of each thing it listened to, its events; and those from each cursor on."""

    events: tuple[tuple[bytes, ...], ...]
    again: tuple[tuple[bytes, ...], ...] = ()


@dataclass(frozen=True)
class Pair:
    """One case that was tried."""

    judge: Judge
    asker: Asker
    one: Diary
    other: Diary
    operations: tuple[Operation, ...]
    heard: Heard
    instead: Heard | None = None
    """What was heard of the other one, if that isn't the same."""

    def told(self) -> str:
        """What interferes, as text."""
        assert self.instead is not None
        lines = [f"  rule: {one.role} {one.effect} {one.object} when {one.when}" for one in self.judge.said]
        for day, (one, other) in enumerate(zip(self.one.days, self.other.days, strict=True)):
            lines += [f"  day {day}, in one: {thing}" for thing in one.things if thing not in other.things]
            lines += [f"  day {day}, in the other: {thing}" for thing in other.things if thing not in one.things]
        operations = (*self.operations, *("again, from a cursor on" for _ in self.heard.again))
        ones, others = ((*heard.events, *heard.again) for heard in (self.heard, self.instead))
        for operation, mine, yours in zip(operations, ones, others, strict=True):
            if mine != yours:
                lines += [f"  {operation}", *(f"  one: {body.decode()}" for body in mine)]
                lines += [f"  other: {body.decode()}" for body in yours]
        return "\n".join(lines)


class Diarist(Historian):
    """Makes diaries in which the people stay the same, so that on all days a viewer is the same.

    Something is wrong with a few of the others, which come into sight and go with it.
    """

    def diary(self, days: int) -> Diary:
        """So many days."""
        flags = [tuple(self._dice.random() < 0.3 for _ in range(days)) for _ in range(2)]
        return Diary(self.chronicle(days).days, *flags)

    def _begun(self) -> World:
        world = super()._begun()
        wrong = self._dice.sample(range(len(world.things)), 2)
        things = (
            replace(one, metadata={**one.metadata, "title": 7}) if n in wrong else one for n, one in enumerate(world.things)
        )
        return replace(world, things=tuple(things))

    def _next(self, world: Dated) -> Dated:
        made = super()._next(world)
        rest = tuple(self._marked(one) for one in made.things if one.kind not in _PEOPLE)
        return replace(made, things=(*(one for one in world.things if one.kind in _PEOPLE), *rest))

    def _marked(self, one: Thing) -> Thing:
        """The same, where something is wrong with it often with other tags."""
        if one.metadata.get("title") != 7 or self._dice.random() < 0.2:
            return one
        return replace(one, metadata={**one.metadata, "tags": self._dice.sample(TAGS, self._dice.choice((0, 1, 2)))})

    def _altered(self, world: World, judge: Judge) -> World:
        """One that differs; of those that are hidden often one with which nothing is wrong instead."""
        wrong = [one for one in self._hidden(world, judge) if one.metadata.get("title") == 7]
        if not wrong or self._dice.random() < 0.5:
            return super()._altered(world, judge)
        one = self._dice.choice(wrong)
        mended = replace(one, metadata={**one.metadata, "title": "mended"})
        return replace(world, things=tuple(mended if thing is one else thing for thing in world.things))

    def same(self, made: Diary, judge: Judge, before: View) -> bool:
        """Whether the viewer may know no more, and no less, of any day."""
        return len({_people(world) for world in made.days}) == 1 and known(made, judge) == before

    def another(self, diary: Diary, judge: Judge, before: View) -> Diary | None:
        """Another of which the viewer may know as much."""
        made = self.other(diary, judge, before)
        if made is None or judge.whole:
            return made
        return replace(made, inside=tuple(self._dice.random() < 0.3 for _ in made.days))


def _people(world: World) -> frozenset:
    return frozenset(repr(one) for one in world.things if one.kind in _PEOPLE)


def known(diary: Diary, judge: Judge) -> View:
    """All that this viewer may know of each day."""
    return frozenset(
        (day, one) for day, world in enumerate(diary.days) for one in (*view(world, judge), *times(diary, judge, day))
    )


class _Subscription(Draft):
    """One thing to listen to."""

    left_out = frozenset({"resetAt", "origin", "score", "mood", "twin", "near", "peers"})
    typos = 0.0

    def operation(self) -> Operation:
        """Its cursors and instants always, and of what it tells something."""
        name = self._dice.choice(_STREAMS)
        root = self._schema.subscription_type
        assert root is not None
        self._variables["after"] = "String", None
        arguments = {"after": "$after"}
        if name == "entityChanges" and self._dice.random() < 0.3:
            arguments["kinds"] = json.dumps(self._dice.sample(("component", "API", "system"), 2))
        told = {"entityChanges": "entity", "problemChanges": "problem", "sourceChanges": "source"}[name]
        given = ", ".join(f"{key}: {value}" for key, value in arguments.items())
        held = root.fields[name].type
        inner = self._field(getattr(held, "of_type", held), told, 3)
        named = " ref" if told == "entity" else ""
        text = f"{name}({given}) {{ cursor at kind{named} {inner} }}"
        declared = ", ".join(f"${key}: {kind}" for key, (kind, _) in self._variables.items())
        values = {key: value for key, (_, value) in self._variables.items()}
        return Operation(" ".join([f"subscription ({declared}) {{ {text} }}", *self._fragments]), values)


@dataclass
class Listener:
    """Somebody who listens, and all that it has heard."""

    stage: Stage
    asker: Asker
    operation: Operation
    after: str | None = None
    heard: list[bytes] = field(default_factory=list)

    async def __aenter__(self) -> Listener:
        self.task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _listen(self) -> None:
        variables = {**self.operation.variables, "after": self.after}
        request = GraphQLRequest(
            self.operation.query, variables=variables, authorization=[self.stage._token(self.asker).decode()]
        )
        async with aclosing(self.stage._gateway.streams.answer(request, "sse")) as messages:
            async for message in messages:
                if isinstance(message, Told):
                    self.heard.append(message.response.body)


async def quiet(stage: Stage, listeners: Sequence[Listener]) -> None:
    """Wait until all that there is to hear has been heard: what follows the journal waits for news, and each listener for events."""
    streams, changes = stage._gateway.streams, stage._gateway.plugins.runtimes["catalog"].resources[Changes]
    await changes._refresh()  # rather than when it looks again by itself
    async with asyncio.timeout(60):
        while True:
            listening = sum(not one.task.done() for one in listeners)
            waiting = sum(not one.done() for one in changes._news._waiters)
            idle = all(not one._events and any(not w.done() for w in one._came._waiters) for one in streams._sources)
            if len(streams._sources) == waiting == listening and idle:
                return
            await asyncio.sleep(0.003)


async def hear(stage: Stage, asker: Asker, diary: Diary, operations: Sequence[Operation], choose: Choose) -> Heard:
    """Live through it, and listen; then listen again from cursors on, each with the operation of its place."""
    await stage.live(diary.days[:1])
    await quiet(stage, ())
    listeners = [Listener(stage, asker, operation) for operation in operations]
    async with _all(listeners):
        await quiet(stage, listeners)
        for day, world in enumerate(diary.days):
            stage.today(day)
            if day and world != diary.days[day - 1]:
                await stage.put(world, day)
                await quiet(stage, listeners)
            if diary.outside[day] or diary.inside[day]:
                await stage.source(day, outside=diary.outside[day], inside=diary.inside[day])
                await quiet(stage, listeners)
    events = tuple(tuple(one.heard) for one in listeners)
    again = [Listener(stage, asker, operation, cursor) for operation, cursor in zip(operations, choose(events), strict=True)]
    async with _all(again):
        await quiet(stage, again)
    return Heard(events, tuple(tuple(one.heard) for one in again))


@asynccontextmanager
async def _all(listeners: Sequence[Listener]) -> AsyncIterator[None]:
    for listener in listeners:
        await listener.__aenter__()
    try:
        yield
    finally:
        for listener in listeners:
            await listener.__aexit__(None, None, None)


def rounds(stage: Stage, seed: int, pairs: int) -> AsyncIterator[Pair]:
    """So many pairs, each with what interferes in it."""
    return so_many(pairs, lambda number: _round(stage, Random(f"listening/{seed}/{number}")))


async def _round(stage: Stage, dice: Random) -> AsyncIterator[Pair]:  # A
    lawmaker, names, said, inherits = await ruled(stage, dice, MORE)
    for _ in range(CHRONICLES):
        asker = lawmaker.asker(names)
        async for pair in _diary(stage, dice, held(said, inherits, asker), asker):
            yield pair


_PLAIN = tuple(
    Operation(f"subscription ($after: String) {{ {name}(after: $after) {{ cursor at kind {told} }} }}")
    for name, told in (
        ("entityChanges", "ref entity { title description tags }"), ("problemChanges", "problem { rule message entity since }"),
        ("sourceChanges", "source { name lastError }"),
    )
)  # fmt: skip
"""What everybody listens to."""
MORE = ("Subscription.entityChanges", "permission:catalog.sources.read", "permission:catalog.problems.read")
"""What everybody may be told of; of entities everybody may what it may."""


async def _diary(stage: Stage, dice: Random, said: tuple[Said, ...], asker: Asker) -> AsyncIterator[Pair]:  # B
    diarist = Diarist(dice)
    one = diarist.diary(DAYS)
    await stage.live(one.days)
    judge = await stage.judge(asker, said)
    before = known(one, judge)
    if (other := diarist.another(one, judge, before)) is None:
        return
    refs = sorted({ref for diary in (one, other) for world in diary.days for ref in world.entities})
    telling = ("title", "tags", "spec", "description", "source")
    operations = [*_PLAIN, *(_Subscription(dice, stage.graph, refs, telling, Asked()).operation() for _ in range(LISTENERS))]
    cursors: list[str] = []

    def choose(events: Sequence[Sequence[bytes]]) -> list[str]:
        cursors[:] = [_cursor(dice, heard, refs) for heard in events]
        return cursors

    heard = await hear(stage, asker, one, operations, choose)
    for _ in range(OTHERS):
        if (pair := await _pair(stage, Pair(judge, asker, one, other, tuple(operations), heard), cursors)) is not None:
            yield pair
        further = diarist.another(other, judge, before)
        if further is None or further == one:
            return
        other = further


def _cursor(dice: Random, heard: Sequence[bytes], refs: Sequence[EntityRef]) -> str:
    """One of an event that was heard, or one that somebody makes up of an instant and a name."""
    cursors = [found for body in heard for value in (json.loads(body).get("data") or {}).values() if (found := value["cursor"])]
    if cursors and dice.random() < 0.6:
        return dice.choice(cursors)
    instant = EPOCH.timestamp() + dice.randrange(DAYS) * 86_400.0 + dice.choice((0.0, 0.0, 0.0, 7.0))
    return encode_cursor(f"{instant!r}/{dice.choice(refs) if refs else 'nothing'}")


async def _pair(stage: Stage, pair: Pair, cursors: Sequence[str]) -> Pair | None:  # C
    """The pair, tried; None if it is none, since groups are nested otherwise, which `known` doesn't tell."""
    heard = await hear(stage, pair.asker, pair.other, pair.operations, lambda _: cursors)
    if await stage.judge(pair.asker, pair.judge.said) != pair.judge:
        return None
    return pair if heard == pair.heard else replace(pair, instead=heard)
