"""Sums over several entities: what a viewer may not read of one of them is in no sum of others either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from gateway.request import GraphQLRequest
from gateway.testing import running_gateway

OPEN, CLOSED = ["open"], ["closed"]
ENTITIES = [
    ("Group", "team", {"type": "team", "children": ["below"]}, OPEN),
    ("Group", "below", {"type": "team"}, CLOSED),
    ("Domain", "sales", {}, OPEN),
    ("System", "shop", {"domain": "sales"}, OPEN),
    ("Component", "mine", {"system": "shop"}, OPEN),
    ("Component", "theirs", {"system": "shop"}, CLOSED),
    ("Resource", "database", {"system": "shop"}, CLOSED),
    ("Component", "of-below", {"system": "shop", "owner": "group:default/below"}, CLOSED),
    ("API", "door", {"system": "shop"}, CLOSED),
]
COSTS = {"group:default/below": 1, "component:default/mine": 10, "component:default/theirs": 100, "resource:default/database": 1000,
         "component:default/of-below": 10000, "api:default/door": 100000, "system:default/shop": 1000000}  # fmt: skip
SUMS = """{
  systems(first: 5) { nodes { cost { total { amount } byEntity { ref } } } }
  domains(first: 5) { nodes { cost { total { amount } byEntity { ref } } } }
  groups(first: 5, filter: {name: {eq: "team"}}) { nodes { cost { total { amount } byEntity { ref } } } }
}"""
EVERYTHING = {
    "systems": {"mine", "theirs", "database", "of-below", "door", "shop"},
    "domains": {"mine", "theirs", "database", "of-below", "door", "shop"},
    "groups": {"below", "of-below"},
}


async def sums(tmp_path: Path, desk: Any, rules: str) -> dict[str, set[str]]:
    """The names of the entities in the sums of the system, the domain and the group; each sum is that of their costs."""
    desk.csv("a.csv", [desk.charge(cost=cost, component=None, Tags={"owner": ref}) for ref, cost in COSTS.items()])
    (tmp_path / "rules.csv").write_text(f"p, reader, permission:catalog.read, read, allow\n{rules}\n")
    documents = [
        {"apiVersion": "a/v1", "kind": kind, "metadata": {"name": name, "tags": tags}, "spec": spec}
        for kind, name, spec, tags in ENTITIES
    ]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(documents))
    settings = {
        "policies": {"rules": str(tmp_path / "rules.csv")},
        "plugins": {
            "catalog": {"sources": [{"name": "ours", "paths": [str(tmp_path / "all.yaml")]}], "refresh_seconds": 0},
            "cost": {"sources": [{"path": str(desk.folder), "name": "exports"}], "rules": [{"tag": "owner"}]},
        },
    }
    async with running_gateway(tmp_path, settings) as harness:
        request = GraphQLRequest(SUMS, authorization=[harness.bearer(["reader"])])
        answer = json.loads((await harness.gateway.pipeline.answer(request)).body)
    assert "errors" not in answer, answer["errors"]
    found = {}
    for name, nodes in answer["data"].items():
        [cost] = [node["cost"] for node in nodes["nodes"]]
        refs = {one["ref"] for one in cost["byEntity"]}
        assert float(cost["total"]["amount"]) == sum(COSTS[ref] for ref in refs)
        found[name] = {ref.partition("/")[2] for ref in refs}
    return found


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ("p, reader, permission:cost.read, read, allow", set()),
        (
            'p, reader, permission:cost.read, read, allow, {"hasTag": {"tag": "open"}}',
            {"theirs", "database", "of-below", "below"},
        ),
        ("p, reader, permission:cost.read, read, allow\np, reader, Component.cost, read, deny", {"mine", "theirs", "of-below"}),
        ("p, reader, permission:cost.read, read, allow\np, reader, Resource.cost, read, deny", {"database"}),
        ("p, reader, permission:cost.read, read, allow\np, reader, Component.owner, read, deny", set()),
    ],
)
async def test_a_sum_has_the_costs_that_may_be_read_by_themselves(
    tmp_path: Path, desk: Any, rules: str, missing: set[str]
) -> None:
    assert await sums(tmp_path, desk, rules) == {name: entities - missing for name, entities in EVERYTHING.items()}
