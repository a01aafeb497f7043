"""How long the event loop is held up while rules are published through the graph, beside one that has nothing to do."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
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
_PLUGINS = ("catalog", "ci", "cost", "kubernetes", "security")


async def longest_holds(rules: Rules, rounds: int) -> Row:
    """The longest holds in milliseconds, while these rules are published and while nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.csv").write_text(_OWN)
        settings = {
            "plugins": {name: {} for name in _PLUGINS},
            "policies": {"rules": str(Path(folder) / "rules.csv")},
            "limits": {"body_bytes": 64 * 1024 * 1024},
        }
        async with running_gateway(Path(folder), settings) as harness:
            text, busy, idle, own = write_csv(rules), [], [], []
            await _published(harness, text, 0)  # what the first time costs is not what is asked
            for number in range(1, rounds + 1):
                holds = _Holds()
                started = time.perf_counter()
                await holds.during(_published(harness, f"{text}p, reader-{number}, *, read, allow\n", number))
                busy.append(holds.longest)
                own.append(holds.own)
                holds = _Holds()
                await holds.during(asyncio.sleep(time.perf_counter() - started))
                idle.append(holds.longest)
    return {
        "publish: longest hold (ms)": statistics.median(busy) * 1000,
        "unloaded: longest hold (ms)": statistics.median(idle) * 1000,
        "publish: loop's own work (ms)": statistics.median(own) * 1000,
    }


async def _published(harness: Harness, text: str, number: int) -> None:
    bearer = harness.bearer(["admin"])

    async def ask(query: str, **variables: Any) -> Any:
        request = GraphQLRequest(query, variables=variables, authorization=[bearer])
        [payload] = json.loads((await harness.gateway.pipeline.answer(request)).body)["data"].values()
        assert not payload["errors"], payload["errors"]
        return payload

    draft = (await ask(_DRAFT, text=text))["draft"]["id"]
    await ask(_PUBLISH, draft=draft, expected=number)


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
