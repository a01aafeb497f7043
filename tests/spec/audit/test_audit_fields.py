"""The audit in the graph: what a viewer was denied is there, for who may read it."""

from __future__ import annotations

import json
from pathlib import Path

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
    import yaml

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


async def test_a_filter_and_a_cursor_that_fit_nothing(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as harness:
        answer = await harness.ask(
            '{ auditRecords(first: 1, filter: {kinds: ["token.created"], since: "2026-01-01T00:00:00Z"}) { totalCount } }'
        )
        assert answer.data == {"auditRecords": {"totalCount": 0}}
        answer = await harness.ask('{ auditRecords(first: 1, after: "azp4") { totalCount } }')
        assert "cursor" in answer.errors[0]["message"]
