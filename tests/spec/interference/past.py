"""Trials of the past: a viewer asks the same of chronicles of which it may know the same, and must get the same bytes.

A. a round        one version of the rules, with many roles
B. a chronicle    what a viewer may know of it, and what it asks of it
C. a pair         the chronicle and another one, changed where the viewer may not look, then or now
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from callboard_sdk import EntityRef
from graphql import GraphQLObjectType

from .chronicle import Chronicle, Historian, known
from .judge import Asker, Judge, Lawmaker, Said, rules_of
from .arguments import Asked
from .operations import Draft, Operation, Writer
from .stage import Reply, Stage
from .trial import EVERYTHING, ROLES, held, so_many

CHRONICLES, OTHERS, OPERATIONS, DAYS = 8, 5, 5, 4
_ROOTS = ("entityAt", "entityAt", "entityDifferences", "entityDifferences", "entity", "entities", "components")


_AT = "2026-01-0"
_SAID = ("title", "description", "tags", "labels", "annotations", "links", "owner", "type", "lifecycle", "spec", "specValues")


class PastLawmaker(Lawmaker):
    """Makes rules under which everybody may ask for what was, and few may read when something changed."""

    def role(self, name: str) -> list[Said]:
        """A role's rules."""
        found = [*super().role(name), Said(name, "permission:catalog.history.read", "allow")]
        closed = ["changedAt", "createdAt"] if self.dice.random() < 0.6 else []
        if self.dice.random() < 0.4:  # a problem tells of a second document, whatever it says
            found.append(Said(name, "permission:catalog.problems.read", "deny"))
        closed += self.dice.sample(_SAID, self.dice.choice((0, 1, 2)))
        for field in closed:
            when = self.condition() if field in _SAID and self.dice.random() < 0.6 else None
            found += (Said(name, one, "deny", when) for one in self._fields if one.endswith(f".{field}"))
        return found


@dataclass(frozen=True)
class Pair:
    """One case that was tried: what the first chronicle was answered with; and what told them apart, if anything did."""

    judge: Judge
    asker: Asker
    one: Chronicle
    other: Chronicle
    replies: tuple[Reply, ...]
    found: tuple[Operation, Reply, Reply] | None

    def told(self) -> str:
        """What interferes, as text."""
        assert self.found is not None
        operation, *replies = self.found
        lines = [f"  asked by roles {', '.join(self.asker.roles)} in groups {', '.join(self.asker.groups) or 'none'}"]
        lines += [f"  rule: {one.role} {one.effect} {one.object} when {one.when}" for one in self.judge.said]
        for day, (one, other) in enumerate(zip(self.one.days, self.other.days, strict=True)):
            lines += [f"  day {day}, in both: {thing}" for thing in one.things if thing in other.things]
            lines += [f"  day {day}, in one: {thing}" for thing in one.things if thing not in other.things]
            lines += [f"  day {day}, in the other: {thing}" for thing in other.things if thing not in one.things]
        lines += [f"  {operation.query}", f"  with {dict(operation.variables)}"]
        return "\n".join([*lines, *(f"  {reply.status} {reply.body.decode()}" for reply in replies)])


class _PastDraft(Draft):
    """One operation that asks for what was."""

    left_out = frozenset({"resetAt"})
    typos = 0.005

    def operation(self) -> Operation:
        """Nothing but queries, one or two parts each."""
        query = self._schema.query_type
        assert isinstance(query, GraphQLObjectType)
        parts = [self._field(query, self._dice.choice(_ROOTS), 4) for _ in range(self._dice.choice((1, 1, 2)))]
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        values = {name: value for name, (_, value) in self._variables.items()}
        text = f"query {f'({declared}) ' if declared else ''}{{ {' '.join(parts)} }}"
        return Operation(" ".join([text, *self._fragments]), values)

    def _written(self, name: str, kind: str) -> object:
        if kind == "DateTime":
            early = name == "since" or (name == "at" and self._dice.random() < 0.7)
            return instant(self._dice, early=early)
        if kind == "EntityRef" and name == "after":
            return str(self._ref())
        return super()._written(name, kind)


def instant(dice: Random, *, early: bool = False) -> str:
    """Some instant of a chronicle: between two days mostly; `early` one of the first."""
    half = DAYS // 2
    day, hour = dice.randrange(half) + (0 if early else half), dice.choice((12, 12, 12, 0))
    return f"{_AT}{1 + day}T{hour:02}:00:00Z"


def _plain(refs: Sequence[EntityRef]) -> list[Operation]:
    """What everybody asks: of all that there is why and since when, what differs, and how everything was."""
    said = "title description source { location }"
    origins = "{ entities(first: 50) { nodes { ref origin { source location line kept others { location line } } } } }"
    times = "{ entities(first: 50) { nodes { ref createdAt changedAt } } }"
    between = f'since: "{_AT}1T12:00:00Z", until: "{_AT}3T12:00:00Z"'
    differs = f"{{ entityDifferences({between}) {{ ref kind before {{ {said} }} after {{ {said} }} }} }}"
    at = " ".join(f'a{n}: entityAt(ref: "{ref}", at: "{_AT}2T12:00:00Z") {{ ref {said} }}' for n, ref in enumerate(refs[:12]))
    return [Operation(query) for query in (origins, times, differs, f"{{ {at} }}" if at else origins)]


class PastWriter(Writer):
    """Writes operations by chance that ask for what was."""

    draft = _PastDraft
    introspects = 0.0


def rounds(stage: Stage, seed: int, pairs: int) -> AsyncIterator[Pair]:
    """So many pairs, each with what interferes in it."""
    return so_many(pairs, lambda number: _round(stage, Random(f"past/{seed}/{number}")))


async def ruled(
    stage: Stage, dice: Random, more: Sequence[str] = ()
) -> tuple[Lawmaker, list[str], tuple[Said, ...], Mapping[str, str]]:
    """One version of the rules, put in force; everybody is allowed `more`."""
    lawmaker = PastLawmaker(dice, stage.graph)
    names = [f"role{number}" for number in range(ROLES)]
    allowed = [Said(name, one, "allow") for name in names for one in more]
    said = (*(one for name in names for one in lawmaker.role(name)), *allowed, EVERYTHING)
    inherits = {name: names[number - 1] for number, name in enumerate(names) if number and dice.random() < 0.2}
    await stage.rule(rules_of(said, inherits))
    return lawmaker, names, said, inherits


async def _round(stage: Stage, dice: Random) -> AsyncIterator[Pair]:  # A
    lawmaker, names, said, inherits = await ruled(stage, dice)
    for _ in range(CHRONICLES):
        asker = lawmaker.asker(names)
        async for pair in _chronicle(stage, dice, held(said, inherits, asker), asker):
            yield pair


async def _chronicle(stage: Stage, dice: Random, said: tuple[Said, ...], asker: Asker) -> AsyncIterator[Pair]:  # B
    historian = Historian(dice)
    one = historian.chronicle(DAYS)
    await stage.live(one.days)
    judge = await stage.judge(asker, said)
    before = known(one, judge)
    if (other := historian.other(one, judge, before)) is None:
        return
    refs = {ref for chronicle in (one, other) for world in chronicle.days for ref in world.entities}
    writer, asked = PastWriter(dice, stage.graph, refs, ("origin", "title", "tags", "spec", "description")), Asked()
    operations = [*_plain(sorted(refs)), *(writer.operation(asked) for _ in range(OPERATIONS))]
    replies = tuple([await stage.ask(asker, operation) for operation in operations])
    for _ in range(OTHERS):
        if (pair := await _pair(stage, Pair(judge, asker, one, other, replies, None), operations)) is not None:
            yield pair
        further = historian.other(other, judge, before)
        if further is None or further == one:
            return
        other = further


async def _pair(stage: Stage, pair: Pair, operations: list[Operation]) -> Pair | None:  # C
    """The pair, tried; None if it is none, since groups are nested otherwise, which `known` doesn't tell."""
    await stage.live(pair.other.days)
    if await stage.judge(pair.asker, pair.judge.said) != pair.judge:
        return None
    for operation, reply in zip(operations, pair.replies, strict=True):
        if (told := await stage.ask(pair.asker, operation)) != reply:
            return Pair(pair.judge, pair.asker, pair.one, pair.other, pair.replies, (operation, reply, told))
    return pair
