"""`callboard policy test`: the table tests that stand beside the rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from callboard_sdk import Entity, EntityRef
from rich.text import Text

from gateway.app import Gateway, build
from gateway.cli.settings_file import DEFAULT_FILE, SettingsFile, configuration
from gateway.cli.show import AsJson, err, fail, out
from gateway.configuration import Configuration
from policies import PolicyError
from policies.checks import in_order
from policies.files import TESTS
from policies.policies import NOTHING

from .checking import ruled
from .expectations import Expectation, Table, TestEntity, read_table
from .judging import Judge
from .world import World, world_of

_WORDS = {True: "allowed", False: "denied"}


@dataclass(frozen=True, slots=True)
class Failure:
    """A coordinate that is decided otherwise than a test says."""

    where: str
    name: str | None
    coordinate: str
    expected: str
    found: str
    reason: str


def run_tests(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help=f"Files of tests; those beside the rules that end in {TESTS[0]} when left out.", show_default=False),
    ] = None,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Run the tests of the rules. Exit code 1 when any fails."""
    configured = configuration(settings)
    chosen = files or list(_beside(configured.settings.policies.paths))
    if not chosen:
        fail([f"there are no tests beside the rules: write a file that ends in {TESTS[0]}, or name one"], 2)
    tables = [read_table(file) for file in chosen]
    gateway = _checked(tables, configured)
    failures = asyncio.run(_run(gateway, tables))
    count = sum(len(table.tests) for table in tables)
    if as_json:
        print(json.dumps({"tests": count, "failures": [asdict(failure) for failure in failures]}, indent=2))
    else:
        for failure in failures:
            said = f"{failure.where}: {failure.coordinate} is {failure.found}, not {failure.expected}: {failure.reason}"
            err.print(Text.assemble(("✗", "bold red"), " ", said, (f" ({failure.name})" if failure.name else "", "dim")))
        if not failures:
            out.print(Text.assemble(("✓", "green"), f" {count} tests of the rules pass"), highlight=False)
    if failures:
        raise typer.Exit(1)


def _beside(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.name.endswith(TESTS))
        else:
            yield from (file for end in TESTS if (file := path.with_suffix(end)).exists())


def _checked(tables: Sequence[Table], configured: Configuration) -> Gateway:
    """The gateway with the rules of the settings. Ends the command with every mistake of the rules and of the tests."""
    mistakes: list[str] = []
    try:
        gateway, _ = ruled(configured, None)
    except PolicyError as error:
        mistakes += error.mistakes
        gateway = build(configured, rules=NOTHING)
    mistakes += [mistake for table in tables for mistake in in_order([*table.mistakes, *_unknown(table, gateway)])]
    if mistakes:
        fail(mistakes)
    return gateway


def _unknown(table: Table, gateway: Gateway) -> Iterator[str]:
    guards = gateway.supergraph.guards
    if not table.tests and not table.mistakes:
        yield f"{table.file}: there is no test in it: is the file whole? Write tests, or take it out"
    for line, one in table.tests:
        if not (one.allowed or one.denied):
            yield f"{table.file}:{line}: the test says nothing: give coordinates that are `allowed` or `denied`"
        for coordinate in (*one.allowed, *one.denied):
            if coordinate not in guards:
                near = get_close_matches(coordinate, guards, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield f"{table.file}:{line}: {coordinate!r} is no coordinate that rules decide{hint}"


async def _run(gateway: Gateway, tables: Sequence[Table]) -> list[Failure]:
    needed = any(isinstance(one.entity, EntityRef) for table in tables for _, one in table.tests)
    found: list[Failure] = []
    async with world_of(gateway, catalog=needed) as world:
        for table in tables:
            if table.groups or not needed:
                world.nest(table.groups)
            for line, one in table.tests:
                found += await _tried(gateway, world, f"{table.file}:{line}", one)
    return found


async def _tried(gateway: Gateway, world: World, where: str, one: Expectation) -> list[Failure]:
    """Every coordinate of one test that is decided otherwise than it says."""
    entity: Entity | None = None
    match one.entity:
        case EntityRef():
            entity = await world.entity(one.entity, where)
        case TestEntity():
            entity = one.entity.entity()
    viewer = await world.admitted(one.viewer.viewer(), gateway.policy)
    judge = Judge(gateway.policy, viewer, entity, world.ask(viewer, one.holds))
    expected = [(coordinate, True) for coordinate in one.allowed] + [(coordinate, False) for coordinate in one.denied]
    failures: list[Failure] = []
    for coordinate, wanted in expected:
        verdict = await judge.verdict(coordinate)
        if verdict.allowed is not wanted:
            found = "undecided" if verdict.allowed is None else _WORDS[verdict.allowed]
            failures.append(Failure(where, one.name, coordinate, _WORDS[wanted], found, verdict.reason))
    return failures
