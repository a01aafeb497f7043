"""A viewer belongs to the groups that its claims name, those that the catalog says it is in, and all above them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway.auth import LocalIssuer
from gateway.request import GraphQLRequest
from gateway.testing import Harness, running_gateway
from resolvers.errors import RolesUnknown
from sqlalchemy import event

DESCRIPTORS = """\
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: tester}
spec: {memberOf: [web]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: web}
spec: {type: team, parent: product, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: product}
spec: {type: department, parent: company, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: finance}
spec: {type: department, parent: company, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: company}
spec: {type: root, children: []}
"""
BY_GROUP = "p, reader, permission:core.viewer, read, allow\nm, group:company, reader\n"
WHO = "{ viewer { roles groups } }"


def gateway(tmp_path: Path, rules: str):
    (tmp_path / "rules.csv").write_text(rules)
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "all.yaml").write_text(DESCRIPTORS)
    catalog = {"sources": [{"name": "ours", "paths": [str(tmp_path / "catalog")]}], "refresh_seconds": 0}
    return running_gateway(tmp_path, {"plugins": {"catalog": catalog}, "policies": {"rules": [str(tmp_path / "rules.csv")]}})


async def ask(harness: Harness, authorization: str, query: str = WHO) -> Any:
    response = await harness.gateway.pipeline.answer(GraphQLRequest(query, authorization=(authorization,)))
    return orjson.loads(response.body)


def bearer(harness: Harness, *groups: str, subject: str = "tester") -> str:
    auth = harness._auth
    assert auth.local is not None
    return "Bearer " + LocalIssuer(auth.local, auth.audience).create(subject, ["own"], seconds=60, groups=groups)


def refs(*names: str) -> list[str]:
    return [f"group:default/{name}" for name in names]


async def test_groups_of_the_catalog_and_of_the_claims_and_all_above_give_roles(tmp_path: Path):
    async with gateway(tmp_path, BY_GROUP) as harness:
        told = await ask(harness, bearer(harness, "finance"))
        assert told == {"data": {"viewer": {"roles": ["own", "reader"], "groups": refs("company", "finance", "product", "web")}}}
        told = await ask(harness, bearer(harness, subject="stranger"))
        assert told["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_known_viewer_costs_the_database_nothing(tmp_path: Path):
    async with gateway(tmp_path, BY_GROUP) as harness:
        token = bearer(harness)
        await ask(harness, token)
        sent: list[str] = []
        engine = harness.gateway.plugins.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        for _ in range(5):
            await ask(harness, token)
        assert [statement for statement in sent if "access_token" not in statement] == []


@pytest.mark.parametrize(
    ("rules", "refused"),
    [(BY_GROUP, True), ('p, own, *, read, deny, "{""isOwner"": {}}"\n', True), ("p, own, *, read, allow\n", False)],
)
async def test_groups_that_cannot_be_known_refuse_a_request_where_a_rule_asks_for_them(
    tmp_path: Path, rules: str, refused: bool, monkeypatch: pytest.MonkeyPatch
):
    async with gateway(tmp_path, rules) as harness:

        async def away(*_: object) -> Any:
            raise OSError("the database is away")

        monkeypatch.setattr(harness.gateway.plugins.catalog, "related", away)
        told = await ask(harness, bearer(harness))
        assert ([error["extensions"]["code"] for error in told.get("errors", [])] == [RolesUnknown.code]) is refused
