"""Runs a case on the engine and on graphql-core, and says in what they differ.

Data, and whether there is an answer at all, must be the same to the byte and the key's place. Errors must be the same in
message, path, locations, extensions and order when nothing is awaited. When something is, graphql-core's errors below a
position that turned null depend on what it happened to await first, and the specification lets an implementation drop
them (section 6.4.4, "Handling Execution Errors"). So errors are then compared by the position that is null because of them:
the same positions must be null by an error, and an error that only one side has must be one that the field does raise,
which is looked up in a lenient run: graphql-core again, on the same schema without any required output.

Every resolver must run at most once for a parent, and exactly as often as graphql-core runs it where nothing fails;
each batch field is loaded at most once for each place in the operation that objects of its type reach by the same types;
nothing is awaited twice, and no task goes on after the answer.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, execute, parse, print_schema

from .answers import AnswerMaker
from .building import Builder
from .dice import Dice
from .model import Model
from .operations import Operation, OperationMaker
from .schemas import SchemaMaker
from .values import ENDED, Node, World

Execute = Callable[..., Any]
Error = tuple[str, tuple[Any, ...] | None, tuple[Any, ...], str]


class Difference(AssertionError):
    """The engine and graphql-core differ."""


@dataclass
class Case:
    model: Model
    operation: Operation
    root: Node

    @cached_property
    def schema(self) -> GraphQLSchema:
        return Builder(self.model).build()

    @cached_property
    def document(self) -> Any:
        return parse(self.operation.text)

    @property
    def asynchronous(self) -> bool:
        return self.model.asynchronous

    @cached_property
    def lenient(self) -> Outcome:
        """What graphql-core gives where no output is required: every error that there is."""
        return run(execute, self, World(lenient=True), Builder(self.model, lenient=True).build())

    def __str__(self) -> str:
        variables = json.dumps(self.operation.variables)
        return f"{print_schema(self.schema)}\n\n{self.operation.text}\n\nvariables {variables}\n\nroot {self.root}"


def make_case(dice: Dice) -> Case:
    model = SchemaMaker(dice).make()
    operation = OperationMaker(dice, model).make()
    return Case(model, operation, AnswerMaker(dice, model).root(operation))


@dataclass
class Outcome:
    """What one side gave. `raised` stands in the place of a result; `left` counts tasks that outlive it."""

    result: ExecutionResult | None
    raised: str | None
    awaited: bool
    left: int
    world: World

    @cached_property
    def data(self) -> str:
        return repr(self.result.data) if self.result else f"raised {self.raised}"

    @cached_property
    def errors(self) -> list[Error]:
        return [
            (
                error.message,
                None if error.path is None else tuple(error.path),
                tuple((place.line, place.column) for place in error.locations or ()),
                repr(error.extensions),
            )
            for error in (self.result.errors if self.result else None) or ()
        ]

    def nulled(self) -> dict[tuple[Any, ...] | None, set[Error]]:
        """The errors by the position that is null because of them."""
        groups: dict[tuple[Any, ...] | None, set[Error]] = defaultdict(set)
        for error in self.errors:
            groups[self._null_above(error[1])].add(error)
        return groups

    def _null_above(self, path: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        here = self.result.data if self.result else None
        for depth, key in enumerate(path or ()):
            if here is None:
                return path[:depth] if path else None
            here = here[key]
        return path

    def at(self, path: tuple[Any, ...]) -> Any:
        here = self.result.data if self.result else None
        for key in path:
            here = here[key]
        return here


loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda *_: None)  # what nobody awaits may fail unseen


def run(engine: Execute, case: Case, world: World, schema: GraphQLSchema | None = None) -> Outcome:
    root = case.root.make(world)

    def start() -> Any:
        asked = case.operation
        return engine(schema or case.schema, case.document, root, world, asked.variables, asked.name)

    awaited, left = False, 0
    try:
        if case.asynchronous:
            result, awaited = loop.run_until_complete(_patiently(start))
            left = _left_behind()
        else:
            result = start()
            awaited = inspect.isawaitable(result)
        return Outcome(result, None, awaited, left, world)
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}", awaited, left, world)


async def _patiently(start: Callable[[], Any]) -> tuple[Any, bool]:
    result = start()
    if not inspect.isawaitable(result):
        return result, False
    async with asyncio.timeout(10):
        return await result, True


TURNS = 10
"""How long a cancellation may take to reach what waits in what waits."""


def _left_behind() -> int:
    """How many tasks an answer left running for more than a few turns of the event loop, cancelled ones aside.

    They end here, as far as they end by themselves.
    """
    for _ in range(TURNS):
        loop.run_until_complete(asyncio.sleep(0))
    tasks = asyncio.all_tasks(loop)
    running = sum(not task.cancelling() for task in tasks)
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1))
    return running


def compare(case: Case, engine: Execute, tidy: bool = True, pace: int = 0) -> None:
    """Raises Difference when the engine's outcome isn't graphql-core's. `tidy`: it must not leave tasks behind, as that does."""
    theirs, ours = run(execute, case, World()), run(engine, case, World(pace))
    found = [*_answers(case, ours, theirs), *_calls(case, ours, theirs)]
    if tidy and ours.left:
        found.append(f"{ours.left} tasks outlive the answer")
    if found:
        raise Difference("\n".join(["", *found, "", str(case), "", f"ours   {ours.data}", f"theirs {theirs.data}"]))


def _answers(case: Case, ours: Outcome, theirs: Outcome) -> list[str]:
    if ours.data != theirs.data:
        return ["data differ", *_both("errors", ours.errors, theirs.errors)]
    if ours.errors == theirs.errors:
        return []
    if not case.asynchronous:
        return _both("errors differ", ours.errors, theirs.errors)
    mine, yours = ours.nulled(), theirs.nulled()
    if mine.keys() != yours.keys():
        return _both("what is null by an error differs", ours.errors, theirs.errors)
    if len(set(ours.errors)) != len(ours.errors):
        return [f"an error stands twice: {ours.errors}"]
    for position, errors in mine.items():
        for error in errors - yours[position]:
            if not _possible(case.lenient, error):
                return [f"nothing raises {error}", *_both("errors", ours.errors, theirs.errors)]
    return []


def _possible(lenient: Outcome, error: Error) -> bool:
    """Whether the lenient run has this error, or has null there, which a required position makes one.

    How a list ended is its last item there.
    """
    if error in lenient.errors:
        return True
    message, path, *_ = error
    if path is None:
        return False
    if message == ENDED:
        return any(known[0] == ENDED and known[1] and known[1][:-1] == path for known in lenient.errors)
    if not message.startswith("Cannot return null for non-nullable field"):
        return False
    try:
        there = lenient.at(path)
    except LookupError:
        return False
    return there is None and path not in [known[1] for known in lenient.errors]


def _calls(case: Case, ours: Outcome, theirs: Outcome) -> list[str]:
    found = []
    mine, yours = ours.world.calls, theirs.world.calls
    if theirs.errors or theirs.raised:
        if any(count > yours[key] for key, count in mine.items()):
            most = case.lenient.world.calls
            found += [f"{key} ran {n} times, not {most[key]}" for key, n in mine.items() if n > max(most[key], yours[key])]
    else:
        found += [f"{key} ran {mine[key]} times, not {yours[key]}" for key in mine | yours if mine[key] != yours[key]]
        if case.operation.root == "Mutation" and ours.world.order != theirs.world.order:
            found += _both("mutations were not run one after the other", ours.world.order, theirs.world.order)
        places: dict[str, int] = defaultdict(int)
        for coordinate, _ in theirs.world.places:
            places[coordinate] += 1
        loads = ours.world.loads
        found += [f"{name} was loaded {n} times for {places[name]} places" for name, n in loads.items() if n > places[name]]
    if ours.awaited and not case.asynchronous:
        found.append("a case without anything to await gave something to await")
    if ours.world.awaited_twice:
        found.append(f"{ours.world.awaited_twice} values were awaited twice")
    return found


def _both(what: str, ours: Any, theirs: Any) -> list[str]:
    return [f"{what}:", f"  ours   {ours}", f"  theirs {theirs}"]
