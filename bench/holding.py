"""How long the event loop is held up while rules are published and compared, beside one that has nothing to do."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from bench.table import Row
from gateway.request import GraphQLRequest
from gateway.testing import Harness, running_gateway
from policies import Rules
from policies.csv_form import write_csv

_OWN = "p, admin, *, read, allow\np, admin, *, mutate, allow\np, admin, *, administer, allow\n"
_DRAFT = "mutation ($text: String!) { createPolicyDraft(input: {text: $text}) { draft { id } errors { message } } }"
_PUBLISH = """mutation ($draft: ID!, $expected: Int!) {
  publishPolicyDraft(input: {draft: $draft, expectedVersion: $expected}) { version { number } errors { message } }
}"""
_COMPARE = """query ($number: Int!) {
  policyDiff(from: {version: $number}) {
    added removed roles { role gains loses changes } operations { name } errors { message }
  }
}"""
_PLUGINS = ("catalog", "ci", "cost", "kubernetes", "security")


async def longest_holds(rules: Rules, rounds: int) -> Row:
    """The longest holds in milliseconds: while these rules are published, while they are compared, and while nothing is done."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.csv").write_text(_OWN)
        settings = {
            "plugins": {name: {} for name in _PLUGINS},
            "policies": {"rules": str(Path(folder) / "rules.csv")},
            "limits": {"body_bytes": 64 * 1024 * 1024},
        }
        async with running_gateway(Path(folder), settings) as harness:
            admin, text = _Admin(harness), write_csv(rules)
            publishing, comparing, idle = [], [], []
            await admin.publish(text, 0)  # what the first time costs is not what is asked
            for number in range(1, rounds + 1):
                started = time.perf_counter()
                publishing.append(await _held(admin.publish(f"{text}p, reader-{number}, *, read, allow\n", number)))
                comparing.append(await _held(admin.compare(number)))
                idle.append(await _held(asyncio.sleep(time.perf_counter() - started)))
    return {
        "publish: longest hold (ms)": statistics.median(one.longest for one in publishing) * 1000,
        "compare: longest hold (ms)": statistics.median(one.longest for one in comparing) * 1000,
        "unloaded: longest hold (ms)": statistics.median(one.longest for one in idle) * 1000,
        "publish: loop's own work (ms)": statistics.median(one.own for one in publishing) * 1000,
        "compare: loop's own work (ms)": statistics.median(one.own for one in comparing) * 1000,
    }


async def _held(work: Awaitable[None]) -> _Holds:
    holds = _Holds()
    await holds.during(work)
    return holds


class _Admin:
    """Somebody who changes rules, through the graph."""

    def __init__(self, harness: Harness) -> None:
        self._pipeline = harness.gateway.pipeline
        self._bearer = harness.bearer(["admin"])

    async def publish(self, text: str, number: int) -> None:
        """Draft these rules, and publish them in the place of this version."""
        draft = (await self._ask(_DRAFT, text=text))["draft"]["id"]
        await self._ask(_PUBLISH, draft=draft, expected=number)

    async def compare(self, number: int) -> None:
        """Ask what differs between this version and the one in force."""
        await self._ask(_COMPARE, number=number)

    async def _ask(self, query: str, **variables: Any) -> Any:
        request = GraphQLRequest(query, variables=variables, authorization=[self._bearer])
        [payload] = json.loads((await self._pipeline.answer(request)).body)["data"].values()
        assert not payload["errors"], payload["errors"]
        return payload


class _Holds:
    """How long a task that wakes every millisecond waited at most, and how much of it the loop itself worked at most: the rest is
    what other threads, and other processes of the machine, took.
    """

    def __init__(self) -> None:
        self.longest = self.own = 0.0

    async def during(self, work: Any) -> None:
        """Look while this is done."""
        looking = asyncio.create_task(self._look())
        await work
        looking.cancel()

    async def _look(self) -> None:
        while True:
            slept, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - slept - 0.001)
            self.own = max(self.own, time.thread_time() - worked)
