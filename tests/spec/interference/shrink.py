"""Makes a case that interferes small: whatever can be left out is, and what remains is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphql import REMOVE, GraphQLSyntaxError, SelectionNode, parse, print_ast
from graphql.language import Node, Visitor, visit

from .operations import Operation
from .stage import PLAIN, Setting, Stage, staged
from .trial import EVERYTHING, Case, Interference, interference
from .world import World

_TRIES = 400


async def shrunk(folder: Path, found: Interference, setting: Setting = PLAIN) -> str:
    """The smallest case that was found to interfere still, told; on a stage of its own."""
    small = folder / "small"
    small.mkdir(exist_ok=True)
    async with staged(small, setting) as stage:
        again = await interference(stage, found.case)
        if again is None:
            return "(not alone: it takes what was asked before it)\n" + told(found)
        return told(await _smallest(stage, again))


async def _smallest(stage: Stage, found: Interference) -> Interference:
    tries = 0
    fresh = True
    while fresh:
        fresh = False
        for case in _simpler(found.case):
            tries += 1
            if tries > _TRIES:
                return found
            if (smaller := await interference(stage, case)) is not None:
                found, fresh = smaller, True
                break
    return found


def _simpler(case: Case) -> Iterator[Case]:
    """Cases with a part less, the largest parts first."""
    if len(case.operations) > 1:
        yield from (replace(case, operations=(one,)) for one in case.operations)
    if case.before:
        yield replace(case, before=False)
    if len(case.asker.roles) > 1 or case.inherits or {one.role for one in case.said} - {*case.asker.roles, EVERYTHING.role}:
        yield _alone(case)
    refs = sorted({*case.world.entities, *case.other.entities})
    for ref in refs:
        yield replace(case, world=_less(case.world, ref), other=_less(case.other, ref))
    if case.world.waste or case.other.waste:
        yield replace(case, world=replace(case.world, waste=()), other=replace(case.other, waste=()))
    for number, one in enumerate(case.said):
        if not case.inherits and sum(other.role == one.role for other in case.said) > 1:
            yield replace(case, said=case.said[:number] + case.said[number + 1 :])
    for ref in refs:
        if case.world.entities.get(ref) is not None and case.other.entities.get(ref) not in (None, case.world.entities[ref]):
            yield from _nearer(case, ref)
    for number, operation in enumerate(case.operations):
        for less in _shorter(operation):
            yield replace(case, operations=(*case.operations[:number], less, *case.operations[number + 1 :]))


def _alone(case: Case) -> Case:
    """The same with all of the viewer's rules in one role."""
    role = case.asker.roles[0]
    said = tuple(replace(one, role=role) for one in case.held)
    return replace(case, said=(*said, EVERYTHING) if case.before else said, inherits={}, asker=replace(case.asker, roles=(role,)))


def _less(world: World, ref: object) -> World:
    return replace(world, things=tuple(one for one in world.things if one.ref != ref))


def _nearer(case: Case, ref: object) -> Iterator[Case]:
    """The other world with one property as it is in the first, or without it in both."""
    for name in ("metadata", "spec"):
        ones = [{one.ref: one for one in world.things}[ref] for world in (case.world, case.other)]
        for key in sorted({*getattr(ones[0], name), *getattr(ones[1], name)}):
            worlds = [
                replace(world, things=tuple(
                    replace(one, **{name: {k: v for k, v in getattr(one, name).items() if k != key}}) if one.ref == ref else one
                    for one in world.things
                ))
                for world in (case.world, case.other)
            ]  # fmt: skip
            yield replace(case, world=worlds[0], other=worlds[1])


def _shorter(operation: Operation) -> Iterator[Operation]:
    """The operation without one of its selections, or one of its fragments."""
    try:
        document = parse(operation.query)
    except GraphQLSyntaxError:
        return
    every = _Without(-1)
    visit(document, every)
    for number in range(every.count):
        yield replace(operation, query=print_ast(visit(document, _Without(number))))


class _Without(Visitor):
    """Takes out the selection of this number; those that stand alone are not counted."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.count = 0
        self._number = number

    def enter(self, node: Node, _key: object, parent: Any, *_: object) -> Any:
        """Whatever stands in the document."""
        if isinstance(node, SelectionNode) and len(parent) > 1:
            self.count += 1
            if self.count == self._number + 1:
                return REMOVE
        return None


def told(found: Interference) -> str:
    """A case that interferes, as text."""
    case = found.case
    lines = [f"  asked by roles {', '.join(case.asker.roles)} in groups {', '.join(case.asker.groups) or 'none'}"]
    lines += [f"  rule: {one.role} {one.effect} {one.object} when {one.when}" for one in case.held]
    lines += [f"  in both: {one}" for one in case.world.things if one in case.other.things]
    lines += [f"  in one: {one}" for one in case.world.things if one not in case.other.things]
    lines += [f"  in the other: {one}" for one in case.other.things if one not in case.world.things]
    if case.world.waste != case.other.waste:
        lines.append(f"  waste: {case.world.waste} and {case.other.waste}")
    lines += [f"  {found.operation.query}", f"  with {dict(found.operation.variables)}"]
    lines += [f"  {reply.status} {reply.body.decode()}" for reply in (found.one, found.another)]
    return "\n".join(lines)
