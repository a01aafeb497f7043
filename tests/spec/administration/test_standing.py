"""Which version is in force: on every replica, after a restart, and when it doesn't fit or can't be read."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
import structlog
from callboard_sdk import Batch, Plugin, Viewer, value
from gateway.administration import showing, standing, trying
from gateway.pipeline import Pipeline
from gateway.testing import Harness, running_gateway
from policies import Policy
from resolvers import following
from resolvers.policy import PolicyStore
from sqlalchemy.exc import OperationalError
from tests.postgresql import PostgreSQL
from tests.spec.administration.person import Person

PLUGINS = "p, viewer, permission:core.plugins, read, allow\n"


@value
class Shift:
    """One person's turn on call."""

    person: str
    """Who."""


def pager(**more: str) -> Plugin[Any]:
    """A plugin that may be there or not, and may have more permissions."""
    permissions = {"pager.read": "See who is on call."} | {f"pager.{name}": text for name, text in more.items()}
    plugin: Plugin[Any] = Plugin("pager", permissions=permissions)

    @plugin.query(permission="pager.read")
    async def on_call() -> str | None:
        """Who is on call."""
        return "olaf"

    return plugin


async def publish(harness: Harness, text: str, expected: int) -> None:
    alice = Person(harness, "alice", ["admin"])
    if not text:  # no rules at all are said by reverting to version 0
        _, errors = await alice.change("revertPolicy", {"version": 0, "expectedVersion": expected}, "number")
        assert errors == []
        return
    draft, errors = await alice.change("createPolicyDraft", {"text": text}, "id")
    assert errors == []
    _, errors = await alice.change("publishPolicyDraft", {"draft": draft["id"], "expectedVersion": expected}, "id")
    assert errors == []


async def access(harness: Harness, coordinate: str = "Query.plugins") -> str:
    vera = Person(harness, "vera", ["viewer"])
    return (await vera.ask('{ viewer { canI(coordinates: ["%s"]) { access } } }' % coordinate))["viewer"]["canI"][0]["access"]


async def in_force(harness: Harness, number: int) -> None:
    """Waits until this version is in force."""
    async with asyncio.timeout(20):
        while (await Person(harness, "alice", ["admin"]).ask("{ policy { version { number } } }"))["policy"]["version"] != {
            "number": number
        }:
            await asyncio.sleep(0.02)


async def test_a_version_stays_in_force_over_a_restart(own: dict[str, Any], tmp_path: Path) -> None:
    async with running_gateway(tmp_path, own) as harness:
        await publish(harness, PLUGINS, 0)
    async with running_gateway(tmp_path, own) as harness:
        assert await access(harness) == "ALLOWED"


async def test_other_processes_follow(own: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with running_gateway(tmp_path, own) as one, running_gateway(tmp_path / "other", own) as other:
        assert await access(other) == "DENIED"
        await publish(one, PLUGINS, 0)
        await in_force(other, 1)
        assert await access(other) == "ALLOWED"
        await publish(other, "", 1)
        await in_force(one, 2)
        assert await access(one) == "DENIED"
        rita = Person(one, "rita", ["responder", "viewer"])
        await rita.change("grantEmergencyAccess", {"role": "oncall", "reason": "x", "minutes": 5}, "id")
        there = Person(other, "rita", ["responder", "viewer"])
        async with asyncio.timeout(20):
            while "oncall" not in (await there.ask("{ viewer { roles } }"))["viewer"]["roles"]:
                await asyncio.sleep(0.02)


async def test_a_version_that_does_not_fit_leaves_the_last_good_one(
    postgresql: PostgreSQL, own: dict[str, Any], tmp_path: Path
) -> None:
    own |= {"database": {"url": postgresql.emptied()}}
    (tmp_path / "other").mkdir()
    async with (
        running_gateway(tmp_path, own, plugins=[pager(page="Page whoever is on call.")]) as one,
        running_gateway(tmp_path / "other", own, plugins=[pager()]) as other,
    ):
        await publish(one, PLUGINS, 0)
        await in_force(other, 1)
        await publish(one, PLUGINS + "p, viewer, permission:pager.page, read, allow\n", 1)
        alice = Person(other, "alice", ["admin"])
        async with asyncio.timeout(20):
            while not (told := (await alice.ask("{ policy { problems { message } version { number } } }"))["policy"])["problems"]:
                await asyncio.sleep(0.02)
        assert told["version"] == {"number": 1}
        texts = [one["message"] for one in told["problems"]]
        assert "version 2 doesn't fit" in texts[0] and "version 2:2: 'permission:pager.page' is not in the schema" in texts[1]
        assert await access(other) == "ALLOWED"
        await publish(one, "", 2)
        async with asyncio.timeout(20):
            while (await alice.ask("{ policy { problems { message } } }"))["policy"]["problems"]:
                await asyncio.sleep(0.02)
        assert await access(other) == "DENIED"


async def test_with_no_good_version_nothing_is_allowed(own: dict[str, Any], tmp_path: Path) -> None:
    paging = pager(page="Page whoever is on call.")
    async with running_gateway(tmp_path, own, plugins=[paging]) as harness:
        await publish(harness, "p, viewer, permission:pager.page, read, deny\n", 0)
    async with running_gateway(tmp_path, own, plugins=[pager()]) as harness:
        answer = await Person(harness, "alice", ["admin"]).answer("{ viewer { subject } }")
        assert answer["data"] == {"viewer": None} and answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    async with running_gateway(tmp_path, own, plugins=[paging]) as harness:
        assert (await Person(harness, "alice", ["admin"]).ask("{ onCall }"))["onCall"] == "olaf"


async def test_published_rules_wait_for_coordinates_and_types_that_are_gone(own: dict[str, Any], tmp_path: Path) -> None:
    waits = "p, admin, Query.onCall, read, deny\np, admin, type:Shift, read, deny\n"
    with_shifts = pager()

    @with_shifts.query(permission="pager.read")
    async def shift() -> Shift | None:
        """The shift."""
        return None

    @with_shifts.field(on=Shift, permission="pager.read")
    async def phone(shifts: Batch[Shift]) -> list[str | None]:
        """Its number."""
        return [None for _ in shifts]

    async with running_gateway(tmp_path, own, plugins=[with_shifts]) as harness:
        await publish(harness, PLUGINS + waits, 0)
    with structlog.testing.capture_logs() as logs:
        async with running_gateway(tmp_path, own) as harness:
            assert await access(harness) == "ALLOWED"
            alice = Person(harness, "alice", ["admin"])
            told = (await alice.ask("{ policy { version { number } problems { message } } }"))["policy"]
            assert told["version"] == {"number": 1}
            texts = [one["message"] for one in told["problems"]]
            assert [text.partition(" is not in the schema now")[0] for text in texts] == [
                "version 1:2: Query.onCall",
                "version 1:3: type:Shift",
            ]
            _, errors = await alice.change("createPolicyDraft", {"text": "p, viewer, Query.other, read, deny\n"}, "id")
            assert "'Query.other' is not in the schema" in errors[0]["message"], "what was never published is a mistake"
            await publish(harness, waits, 1)
            assert await access(harness) == "DENIED", "what waits does so in the next version, too"
    assert [one["rules"] for one in logs if one["log_level"] == "warning" and "rules" in one][0] == texts
    async with running_gateway(tmp_path, own, plugins=[with_shifts]) as harness:
        alice = Person(harness, "alice", ["admin"])
        assert (await alice.answer("{ onCall }"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert (await alice.ask("{ policy { problems { message } } }"))["policy"]["problems"] == []


async def test_until_the_database_answers_nothing_is_allowed(
    own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(following, "SQLITE_SECONDS", 0.02)
    whole = PolicyStore.latest
    down = True

    async def latest(self: PolicyStore) -> Any:
        if down:
            raise OperationalError("", {}, Exception("no database"))
        return await whole(self)

    monkeypatch.setattr(PolicyStore, "latest", latest)
    async with running_gateway(tmp_path, own) as harness:
        alice = Person(harness, "alice", ["admin"])
        assert (await alice.answer("{ viewer { subject } }"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        down = False
        async with asyncio.timeout(20):
            while "errors" in await alice.answer("{ viewer { subject } }"):
                await asyncio.sleep(0.02)


async def test_all_that_a_response_tells_of_the_policy_is_of_the_version_that_its_request_began_with(
    own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Pipeline.admit
    waiting, go = asyncio.Event(), asyncio.Event()
    broken: Plugin[Any] = Plugin("broken", permissions={"broken.read": "Fail."})

    @broken.query(permission="broken.read")
    async def fail() -> str | None:
        """Fails."""
        raise ValueError

    async def admit(self: Pipeline, viewer: Viewer, policy: Policy) -> Viewer:
        if viewer.subject == "vera" and not go.is_set():
            waiting.set()
            await go.wait()
        return await whole(self, viewer, policy)

    everything = """{
        viewer { canI(coordinates: ["Query.fail", "Query.node"]) { access } }
        policy { digest version { number } rules { object } }
        policyDiff(from: {version: 0}) { added }
        policyDryRun(rules: {version: 0}, viewer: {subject: "x", roles: ["viewer"]}, query: "{ fail }") {
            coordinates { now { access } }
        }
        plugins { name health { reason } }
    }"""
    seen = "permission:core.policy.read permission:core.plugins Query.fail".split()
    async with running_gateway(tmp_path, own, plugins=[broken]) as harness:
        await publish(harness, "".join(f"p, viewer, {one}, read, allow\n" for one in seen), 0)
        vera = Person(harness, "vera", ["viewer"])
        await vera.answer("{ fail }")
        monkeypatch.setattr(Pipeline, "admit", admit)
        asked = asyncio.create_task(vera.ask(everything))
        await waiting.wait()
        await publish(harness, "p, viewer, Query.node, read, allow\n", 1)
        go.set()
        answer = await asked
        assert answer["viewer"]["canI"] == [{"access": "ALLOWED"}, {"access": "DENIED"}]
        assert answer["policy"]["version"] == {"number": 1}
        assert {"object": "Query.fail"} in answer["policy"]["rules"] and {"object": "Query.node"} not in answer["policy"]["rules"]
        assert "p,viewer, Query.fail, read, allow" in answer["policyDiff"]["added"]
        assert answer["policyDryRun"]["coordinates"] == [{"now": {"access": "ALLOWED"}}]
        [reason] = [one["health"]["reason"] for one in answer["plugins"] if one["name"] == "broken"]
        assert "fail raised ValueError" in reason
        told = await Person(harness, "alice", ["admin"]).ask("{ policy { digest version { number } } }")
        assert told["policy"]["version"] == {"number": 2} and told["policy"]["digest"] != answer["policy"]["digest"]


async def test_a_request_is_answered_under_the_policy_that_it_began_with(own: dict[str, Any], tmp_path: Path) -> None:
    slow: Plugin[Any] = Plugin("slow", permissions={"slow.read": "Wait."})
    waiting, go = asyncio.Event(), asyncio.Event()

    @slow.query(permission="slow.read")
    async def wait() -> str | None:
        """Waits."""
        waiting.set()
        await go.wait()
        return "done"

    async with running_gateway(tmp_path, own, plugins=[slow]) as harness:
        await publish(harness, PLUGINS + "p, viewer, permission:slow.read, read, allow\n", 0)
        vera = Person(harness, "vera", ["viewer"])
        asked = asyncio.create_task(vera.answer("{ wait plugins { name } }"))
        await waiting.wait()
        await publish(harness, "", 1)
        go.set()
        answer = await asked
        assert "errors" not in answer and answer["data"]["plugins"]
        assert (await vera.answer("{ plugins { name } }"))["data"]["plugins"] is None


async def test_long_rules_are_read_and_told_in_a_thread_while_requests_go_on(
    own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_loop: dict[str, bool] = {}

    def watched(module: Any, name: str) -> None:
        whole = getattr(module, name)

        def watch(*given: Any) -> Any:
            on_the_loop[name] = threading.current_thread() is threading.main_thread()
            return whole(*given)

        monkeypatch.setattr(module, name, watch)

    async with running_gateway(tmp_path, own) as harness:
        for module, name in ((standing, "database_rules"), (showing, "info"), (trying, "read_csv"), (trying, "database_rules")):
            watched(module, name)
        await publish(harness, PLUGINS, 0)
        alice = Person(harness, "alice", ["admin"])
        await alice.ask("{ policy { rules { object } } policyDiff(from: {version: 1}) { added } }")
        draft, _ = await alice.change("createPolicyDraft", {"text": ""}, "id")
        await alice.ask("query($d: ID!) { policyDiff(to: {draft: $d}) { removed } }", {"d": draft["id"]})
    assert on_the_loop == {"database_rules": False, "info": False, "read_csv": False}
