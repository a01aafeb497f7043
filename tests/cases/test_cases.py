"""Each folder here is a case; to add one is to add its folder."""

from __future__ import annotations

import asyncio
from difflib import unified_diff
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from gateway.request import GraphQLRequest
from gateway.planning.explain import explain
from gateway.testing import Harness

from tests.cases.case import FOLDER, Case, alike, differences, read_case
from tests.cases.world import World, watching

CASES = sorted(file.parent for file in FOLDER.glob("*/case.yaml"))


@pytest.fixture(params=CASES, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


async def test_case(folder: Path, world: World, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    case = read_case(folder)
    query = (folder / "query.graphql").read_text(encoding="utf-8")
    rules = {"policies": {"rules": str(folder / "rules.csv")}} if (folder / "rules.csv").exists() else {}
    addresses = world.servers(case.down, case.hang)
    async with world.gateway(tmp_path, addresses, rules | case.settings) as harness:
        asked = GraphQLRequest(query, variables=case.variables, authorization=_authorization(harness, case))
        # who asks is known: a viewer's groups are asked for at its first request, and then kept for a while
        await harness.gateway.pipeline.answer(GraphQLRequest("{ __typename }", authorization=asked.authorization))
        if case.asked_before:
            await harness.gateway.pipeline.answer(asked)
        with watching(harness, addresses, case.down) as calls:
            async with asyncio.timeout(harness.gateway.pipeline.limits.seconds):
                response = await harness.gateway.pipeline.answer(asked)
        plan, _ = await harness.plan(query, case.viewer, case.variables)
        text = explain(plan).replace(harness.gateway.policy.version, "VERSION") + "\n"
    answer = orjson.loads(response.body)
    wrong = [
        *_compared("errors", sorted(case.errors, key=_text), sorted(alike(answer.get("errors", [])), key=_text)),
        *_compared("calls", case.calls, calls.found),
        *(f"asked twice: {one}" for one in calls.twice()),
        *differences(case.result, answer["data"]),
        *_plan(folder / "plan.txt", text, update=request.config.getoption("--update-plans", default=False)),
    ]
    if wrong:
        pytest.fail("\n".join([f"{folder.name}: {case.about}", *wrong]), pytrace=False)


def _authorization(harness: Harness, case: Case) -> tuple[str, ...]:
    return (harness.bearer(case.viewer),) if case.viewer else ()


def _text(error: dict[str, Any]) -> str:
    return str(sorted(error.items()))


def _compared(what: str, expected: Any, found: Any) -> list[str]:
    """What was found, as it would stand in `case.yaml`, where it isn't what was expected."""
    return [] if expected == found else [yaml.safe_dump({what: found}, sort_keys=False, width=130)]


def _plan(file: Path, plan: str, *, update: bool) -> list[str]:
    if update:
        file.write_text(plan, encoding="utf-8")
    written = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    changed = [*unified_diff(written, plan.splitlines(), "plan.txt", "the plan now", lineterm="")]
    return [*changed, "if that is right: pytest tests/cases --update-plans"] if changed else []
