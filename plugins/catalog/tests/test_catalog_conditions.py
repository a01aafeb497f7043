"""A rule with a condition is enough for searches, facets and counts: they give, and count, what may be seen; on both databases."""

from __future__ import annotations

import pytest
import yaml
from gateway.testing import Harness, running_gateway

from .conftest import write

RULES = """
p, open, permission:catalog.read, read, allow, {"hasTag": {"tag": "open"}}
p, open, permission:catalog.problems.read, read, allow, {"hasTag": {"tag": "open"}}
p, searcher, permission:catalog.read, read, allow
p, searcher, Query.search, read, deny, {"hasTag": {"tag": "secret"}}
p, admin, *, read, allow
"""
ENTITIES = [
    {"apiVersion": "a/v1", "kind": "Component", "metadata": {"name": name, "tags": [tag, name], "labels": {"tier": name}},
     "spec": {"owner": f"team-{name}"}}
    for name, tag in (("web", "open"), ("shop", "open"), ("vault", "secret"))
]  # fmt: skip
SEEN = """{ search(text: "web", first: 9) { totalCount nodes { entity { name } } } hidden: search(text: "vault", first: 9) { totalCount }
  entityFacets(by: [{field: TAG}, {field: OWNER}, {field: LABEL, key: "tier"}]) { values { value count } }
  problemCounts(by: RULE) { value count } }"""


@pytest.fixture
async def harness(tmp_path, root, database):
    write(root, {"all.yaml": yaml.safe_dump_all(ENTITIES)})
    (tmp_path / "rules.csv").write_text(RULES, encoding="utf-8")
    source = {"name": "test", "paths": [str(root)], "root": str(root)}
    settings = {
        "plugins": {"catalog": {"sources": [source], "refresh_seconds": 0}}, "database": database,
        "policies": {"rules": str(tmp_path / "rules.csv")},
    }  # fmt: skip
    async with running_gateway(tmp_path, settings) as made:
        yield made


async def test_a_condition_on_reading_the_catalog_narrows_searches_facets_and_counts(harness: Harness) -> None:
    told = await harness.ask(SEEN, roles=["open"])
    assert told.errors == []
    assert told.data["search"] == {"totalCount": 1, "nodes": [{"entity": {"name": "web"}}]}
    assert told.data["hidden"] == {"totalCount": 0}
    tags, owners, tiers = ([(one["value"], one["count"]) for one in facet["values"]] for facet in told.data["entityFacets"])
    assert (tags, tiers) == ([("open", 2), ("shop", 1), ("web", 1)], [("shop", 1), ("web", 1)])
    assert owners == [("group:default/team-shop", 1), ("group:default/team-web", 1)]
    whole = await harness.ask(SEEN)
    assert sum(one["count"] for one in told.data["problemCounts"]) < sum(one["count"] for one in whole.data["problemCounts"])


async def test_a_condition_on_one_query_narrows_that_one(harness: Harness) -> None:
    ask = '{ search(text: "vault", first: 9) { totalCount nodes { entity { name } } } entities(first: 9) { totalCount } }'
    told = await harness.ask(ask, roles=["searcher"])
    assert told.data == {"search": {"totalCount": 0, "nodes": []}, "entities": {"totalCount": 3}} and told.errors == []


@pytest.mark.parametrize("key", ["=", "tier=", "=web", "a=b", "\0", "", "%", "_"])
async def test_a_facet_of_a_key_that_nothing_has_has_no_values(harness: Harness, key: str) -> None:
    ask = "query ($key: String!) { entityFacets(by: [{field: LABEL, key: $key}, {field: ANNOTATION, key: $key}]) { values { value } } }"
    for role in ("open", "admin"):
        told = await harness.ask(ask, {"key": key}, roles=[role])
        assert told.data == {"entityFacets": [{"values": []}, {"values": []}]} and told.errors == []
