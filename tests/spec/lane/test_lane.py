"""The lane answers what is large, by the same pipeline, and nobody can tell but by the clock."""

import asyncio
import itertools
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from callboard_sdk import Viewer, ViewerKind
from gateway.lane.ask import LaneLost
from gateway.planning.operation import LONG
from gateway.request import GraphQLRequest
from gateway.testing import running_gateway
from resolvers.tokens.issuing import TokenWish

from .process import plugins

PROCESS = Path(__file__).with_name("process.py")
LARGE = "{ run { process fillers } components(first: 100) { nodes { ref onCall { person } a: onCall { person } } } }"
SMALL = "{ run { process } }"
PADDING = "#" + "x" * LONG


@asynccontextmanager
async def gateway_with_lane(folder, rules, *, without=False, **settings):
    server = {"lane_nodes": 100, "lane": not without}
    own = {"policies": {"rules": str(rules)}, "plugins": {"company": {"components": 100}}, "server": server}
    async with running_gateway(folder, own | settings, plugins=plugins(folder), lane=command(folder)) as harness:
        async with asyncio.timeout(60):
            while not (harness.gateway.pipeline.lane.ready or without):
                await asyncio.sleep(0.02)
        yield harness


def command(folder):
    return [sys.executable, str(PROCESS), str(folder / "callboard.yaml")]


async def answer(harness, query, roles=("admin",), **more):
    asked = GraphQLRequest(query, authorization=(harness.bearer(roles),), **more)
    response = await harness.gateway.pipeline.answer(asked)
    return response, orjson.loads(response.body)


async def there(file):
    async with asyncio.timeout(10):
        while not file.exists() or not file.read_text():
            await asyncio.sleep(0.02)
    return int(file.read_text())


@pytest.mark.parametrize("padding", ["", PADDING])
async def test_who_asks_with_an_access_token_is_answered_there_too_within_its_limits(tmp_path, rules, padding):
    async with gateway_with_lane(tmp_path, rules) as harness:
        await answer(harness, SMALL)
        tester = Viewer("tester", ViewerKind.PERSON, frozenset({"admin"}))
        _, secret = await harness.gateway.identity.issuing.create(tester, TokenWish(["admin"], 1, points=5))
        asked = GraphQLRequest(LARGE + padding, authorization=(f"Bearer {secret}",))
        codes = []
        for _ in range(6):
            response = await harness.gateway.pipeline.answer(asked)
            body = orjson.loads(response.body)
            codes += [error["extensions"]["code"] for error in body.get("errors", [])]
            assert codes or body["data"]["run"]["process"] != os.getpid()
        assert codes and set(codes) == {"RATE_LIMITED"}


async def test_what_is_large_is_answered_by_another_process_and_all_else_here(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        _, large = await answer(harness, LARGE)
        _, small = await answer(harness, SMALL)
        _, changed = await answer(harness, "mutation { move { process fillers } }")
        assert large["data"]["run"]["process"] != os.getpid() and "errors" not in large
        assert large["data"]["components"]["nodes"][7]["onCall"] == {"person": "p-c007"}
        assert small["data"]["run"]["process"] == changed["data"]["move"][0]["process"] == os.getpid()
        assert harness.gateway.pipeline.lane.taken == 1


async def test_a_long_document_that_is_new_is_read_by_the_lane_alone(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        _, read = await answer(harness, SMALL + PADDING)
        assert read["data"]["run"]["process"] != os.getpid()
        assert not harness.gateway.pipeline.documents.knows(SMALL + PADDING)


async def test_the_lane_answers_as_the_gateway_itself_does(tmp_path, rules):
    texts = [LARGE, SMALL + PADDING, "{ nothing }" + PADDING, "{" + PADDING, LARGE + " query B { run { process } }"]
    viewers = [("admin",), ("reader",), ("blocked", "reader")]
    async with gateway_with_lane(tmp_path, rules) as harness, gateway_with_lane(tmp_path, rules, without=True) as alone:
        for query, roles in itertools.product(texts, viewers):
            (theirs, there), (ours, here) = await answer(harness, query, roles), await answer(alone, query, roles)
            for one in (there, here):
                if (one.get("data") or {}).get("run"):
                    one["data"]["run"]["process"] = 0
            assert there == here
            assert (theirs.executed, theirs.codes, theirs.status) == (ours.executed, ours.codes, ours.status)
        assert harness.gateway.pipeline.lane.taken > len(texts)


async def test_points_are_counted_in_one_place_wherever_a_query_is_answered(tmp_path, rules):
    left = " rateLimit { cost remaining } }"
    async with gateway_with_lane(tmp_path, rules, limits={"points": 10, "seconds": 60}) as harness:
        costs = [
            (await answer(harness, query))[1]["data"]["rateLimit"]
            for query in (SMALL[:-1] + left, LARGE[:-1] + left, SMALL[:-1] + left + PADDING, SMALL[:-1] + left)
        ]
        assert [one["remaining"] for one in costs] == [10 - sum(two["cost"] for two in costs[: n + 1]) for n in range(4)]
        assert costs[1]["cost"] > 1
        for _ in range(costs[-1]["remaining"]):
            await answer(harness, SMALL + PADDING)
        refused, body = await answer(harness, SMALL + PADDING)
        assert refused.status == 429 and body["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_what_runs_in_the_lane_ends_when_its_client_goes_away(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        asking = asyncio.create_task(answer(harness, "{ endless { process } }" + PADDING))
        ran_in = await there(tmp_path / "began")
        asking.cancel()
        assert await there(tmp_path / "cancelled") == ran_in != os.getpid()


async def test_a_query_that_ends_the_lane_is_not_tried_again_and_the_lane_comes_back(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        lane = harness.gateway.pipeline.lane
        _, lost = await answer(harness, "{ deadly { process } }" + PADDING)
        assert lost["errors"][0]["extensions"]["code"] == LaneLost.code and lost["errors"][0]["extensions"]["retryable"]
        async with asyncio.timeout(60):
            while lane.ends == 0:
                await asyncio.sleep(0.02)
            _, meanwhile = await answer(harness, LARGE)
            assert meanwhile["data"]["run"]["process"] == os.getpid()
            while not lane.ready:
                await asyncio.sleep(0.02)
        _, after = await answer(harness, LARGE)
        assert after["data"]["run"]["process"] != os.getpid()


async def test_under_another_policy_the_lane_declines(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        object.__setattr__(harness.gateway.policy, "version", "another")
        _, here = await answer(harness, LARGE)
        assert here["data"]["run"]["process"] == os.getpid()


async def test_without_a_lane_everything_is_answered_here(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules, without=True) as harness:
        _, here = await answer(harness, LARGE)
        assert here["data"]["run"]["process"] == os.getpid()


async def test_the_lane_ends_with_its_gateway_however_that_ends(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        _, large = await answer(harness, LARGE)
    with pytest.raises(ProcessLookupError):
        os.kill(large["data"]["run"]["process"], 0)
    process = await asyncio.create_subprocess_exec(*command(tmp_path), str(tmp_path / "lane"), stdin=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        while not (tmp_path / "lane").exists():
            await asyncio.sleep(0.02)
        process.stdin.close()  # as the system does for a gateway that was killed
        assert await process.wait() == 0


async def test_a_signal_to_all_processes_of_a_terminal_is_not_the_lane_s(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        _, large = await answer(harness, LARGE)
        lane = large["data"]["run"]["process"]
        assert (os.getpgid(lane), os.getsid(lane)) == (lane, lane)


async def test_what_the_lane_decided_is_noted_once_by_the_gateway(tmp_path, rules):
    async with gateway_with_lane(tmp_path, rules) as harness:
        notes, tester = harness.gateway.pipeline.notes, Viewer("tester", ViewerKind.PERSON, frozenset({"reader"}))
        for query in (LARGE, SMALL + PADDING):
            _, read = await answer(harness, query, roles=("reader",))
            assert read["data"]["run"] is None and read["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            decision = read["errors"][0]["extensions"]["decisionId"]
            assert notes.recent.told(decision, tester).decision.coordinate == "Query.run"
        assert [one.seen for one in notes.recent.operations] == [1, 1]
        assert harness.gateway.pipeline.lane.taken == 2
        await notes.denials.write(all_of_it=True)
        audit = await harness.ask('{ auditRecords(first: 5, filter: {subject: "Query.run"}) { nodes { details } } }')
        assert [orjson.loads(node["details"])["count"] for node in audit.data["auditRecords"]["nodes"]] == [2]


@pytest.mark.parametrize("padding", ["", PADDING])
async def test_what_was_refused_of_some_entities_there_is_noted_here(tmp_path, rules, padding):
    with rules.open("a") as more:
        more.write(
            'p, partly, *, read, allow\np, partly, Component.onCall, read, deny, {"inNamespace": {"namespaces": ["default"]}}\n'
        )
    async with gateway_with_lane(tmp_path, rules) as harness:
        _, read = await answer(harness, LARGE + padding, roles=("partly",))
        decisions = {one["extensions"]["decisionId"] for one in read["errors"]}
        assert len(read["errors"]) == 200 and harness.gateway.pipeline.lane.taken == 1
        await harness.gateway.pipeline.notes.denials.write(all_of_it=True)
        audit = await harness.ask('{ auditRecords(first: 5, filter: {subject: "Component.onCall"}) { nodes { details } } }')
        [details] = [orjson.loads(node["details"]) for node in audit.data["auditRecords"]["nodes"]]
        assert details["count"] == 1 and {details["decision"]} == decisions
