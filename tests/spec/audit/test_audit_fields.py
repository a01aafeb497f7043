"""The audit in the graph: what a viewer was denied is there, for who may read it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml
from callboard_sdk import encode_id
from gateway.pipeline import GraphQLRequest
from gateway.testing import Harness, running_gateway

RULES = """
p, reader, permission:core.viewer, read, allow
p, auditor, permission:core.audit.read, read, allow
p, admin, *, read, allow
"""
RECORDS = "{ auditRecords(first: 10) { totalCount nodes { sequence kind actor subject details } pageInfo { hasNextPage } } }"


async def ask(harness: Harness, roles: list[str], query: str) -> dict:
    request = GraphQLRequest(query, authorization=[harness.bearer(roles)])
    return json.loads((await harness.gateway.pipeline.answer(request)).body)


async def test_what_a_viewer_was_denied_is_in_the_audit(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text(RULES)
    own = {"database": yaml.safe_load(settings.read_text())["database"], "policies": {"rules": str(tmp_path / "rules.csv")}}
    async with running_gateway(tmp_path, own) as harness:
        for _ in range(3):
            assert (await ask(harness, ["reader"], "{ viewer { subject } plugins { name } }"))["data"]["plugins"] is None
        assert (await ask(harness, ["auditor"], RECORDS))["data"]["auditRecords"]["totalCount"] == 0, "the minute is not over"
    async with running_gateway(tmp_path, own) as harness:
        denied = await ask(harness, ["reader"], RECORDS)
        assert denied["data"] == {"auditRecords": None} and denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        found = (await ask(harness, ["auditor"], RECORDS))["data"]["auditRecords"]
        [record] = [node for node in found["nodes"] if node["subject"] == "Query.plugins"]
        assert (record["kind"], record["actor"]) == ("reads.denied", "tester")
        assert json.loads(record["details"])["count"] == 3
        head = (await ask(harness, ["auditor"], "{ auditHead { sequence hash } }"))["data"]["auditHead"]
        assert head["sequence"] == found["totalCount"] and len(head["hash"]) == 64


SECRETS = """
p, reader, permission:catalog.read, read, allow
p, reader, permission:core.node, read, allow
p, reader, Component, read, deny, {"hasTag": {"tag": "secret"}}
p, reader, Component.description, read, deny, {"hasTag": {"tag": "shy"}}
p, auditor, permission:core.audit.read, read, allow
p, auditor, permission:core.policy.read, read, allow
p, auditor, permission:core.viewer, read, allow
"""
CATALOG = """
apiVersion: a/v1
kind: Component
metadata: {name: %s, tags: [%s], description: told}
spec: {type: service, lifecycle: production}
"""


@pytest.fixture
async def secrets(settings: Path, tmp_path: Path) -> AsyncIterator[Callable[[], AbstractAsyncContextManager[Harness]]]:
    """Gateways, one after the other, of a catalog with components that a reader may see, see in part, or not see."""
    (tmp_path / "rules.csv").write_text(SECRETS)
    things = [("open", "x"), ("shy", "shy"), ("shyer", "shy"), ("hidden", "secret"), ("gone", "secret")]
    (tmp_path / "catalog.yaml").write_text("---".join(CATALOG % one for one in things))
    own = {
        "database": yaml.safe_load(settings.read_text())["database"],
        "policies": {"rules": str(tmp_path / "rules.csv")},
        "plugins": {"catalog": {"sources": [{"name": "own", "paths": [str(tmp_path / "catalog.yaml")]}]}},
    }
    yield lambda: running_gateway(tmp_path, own)


async def reads(harness: Harness) -> list[tuple[str, str, dict[str, Any]]]:
    """What the audit has of reads."""
    query = "{ auditRecords(first: 50) { nodes { kind subject details } } }"
    found = (await ask(harness, ["auditor"], query))["data"]["auditRecords"]["nodes"]
    told = [(one["kind"], one["subject"], json.loads(one["details"])) for one in found if one["kind"].startswith("reads.")]
    return [(kind, subject, {key: one for key, one in details.items() if key != "minute"}) for kind, subject, details in told]


async def test_a_field_that_is_refused_of_some_entities_is_one_record_of_its_coordinate(secrets) -> None:
    async with secrets() as harness:
        for _ in range(3):
            answer = await ask(harness, ["reader"], "{ components(first: 9) { totalCount nodes { description } } }")
            assert answer["data"]["components"]["totalCount"] == 3
            assert [one["path"][2:] for one in answer["errors"]] == [[1, "description"], [2, "description"]]
        decision = answer["errors"][0]["extensions"]["decisionId"]
        why = f'{{ whyDenied(decisionId: "{decision}") {{ coordinate still }} }}'
        told = (await ask(harness, ["auditor"], why))["data"]["whyDenied"]
        assert told == {"coordinate": "Component.description", "still": "CONDITIONAL"}
    async with secrets() as harness:
        assert await reads(harness) == [("reads.denied", "Component.description", {"count": 3, "decision": decision})]


async def test_a_filter_that_is_refused_is_a_record_of_what_it_asks_by(secrets) -> None:
    async with secrets() as harness:
        answer = await ask(harness, ["reader"], '{ components(first: 9, filter: {text: "a"}) { totalCount } }')
        decision = answer["errors"][0]["extensions"]["decisionId"]
    async with secrets() as harness:
        [(kind, subject, details)] = await reads(harness)
        assert (kind, details) == ("reads.denied", {"count": 1, "decision": decision}) and subject.endswith(".description")


@pytest.mark.parametrize("names", [("hidden", "gone"), ("absent", "lost")])
async def test_ids_that_give_nothing_are_counted_by_type_whether_hidden_or_absent(secrets, names: tuple[str, str]) -> None:
    one, other = (encode_id("Entity", f"component:default/{name}") for name in names)
    unknown = encode_id("Spaceship", "x")
    async with secrets() as harness:
        found = await ask(harness, ["reader"], f'{{ nodes(ids: ["{one}", "{other}", "{unknown}"]) {{ id }} }}')
        assert found == {"data": {"nodes": [None, None, None]}}
        assert await ask(harness, ["reader"], f'{{ node(id: "{one}") {{ id }} }}') == {"data": {"node": None}}
    async with secrets() as harness:
        assert await reads(harness) == [("reads.nothing", "Entity", {"count": 3})]


async def test_who_sees_everything_misses_only_what_is_not_there(secrets, tmp_path: Path) -> None:
    async with secrets() as harness:
        with (tmp_path / "rules.csv").open("a") as rules:
            rules.write("p, admin, *, read, allow\n")
    async with secrets() as harness:
        absent = encode_id("Entity", "component:default/absent")
        assert (await ask(harness, ["admin"], f'{{ node(id: "{absent}") {{ id }} }}'))["data"] == {"node": None}
    async with secrets() as harness:
        assert await reads(harness) == []


async def test_a_filter_and_a_cursor_that_fit_nothing(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as harness:
        answer = await harness.ask(
            '{ auditRecords(first: 1, filter: {kinds: ["token.created"], since: "2026-01-01T00:00:00Z"}) { totalCount } }'
        )
        assert answer.data == {"auditRecords": {"totalCount": 0}}
        answer = await harness.ask('{ auditRecords(first: 1, after: "azp4") { totalCount } }')
        assert "cursor" in answer.errors[0]["message"]
