"""docs/metrics.md has every metric of a running gateway, with its labels, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from demo.servers.serve import GITHUB
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.cases.world import World
from tests.docs.codes import error_codes
from tests.docs.metrics import exposed_name, labels
from tests.docs.reference import ROOT
from tests.docs.tables import named, rows

PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
ROWS = [tuple(cells) for cells in rows(PAGE, "metric")]
VALUES = {name: cells[1] for cells in rows(PAGE, "label") for name in re.findall(r"`(\w+)`", cells[0])}
QUERIES = (
    "{ viewer { roles } }",
    "{ nothing }",
    "{ components(first: 5) { nodes { builds { state } kubernetes { state } } } }",
)


@pytest.fixture
async def families(world: World, tmp_path) -> list[Metric]:
    """What `/metrics` shows after requests that went well, were refused, and met an upstream that is down."""
    async with world.gateway(tmp_path, world.servers(down=frozenset({GITHUB}))) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for query in QUERIES:
                await client.post("/graphql", json={"query": query}, headers={"authorization": harness.bearer(["admin"])})
            shown = await client.get("/metrics")
    return list(of_callboard(text_string_to_metric_families(shown.text)))


def of_callboard(found: Iterator[Metric]) -> Iterator[Metric]:
    """Without the times at which counting began, which the library adds."""
    for metric in found:
        assert metric.name.startswith("callboard_")
        if not metric.name.endswith("_created"):
            yield metric


async def test_every_metric_has_a_row_with_its_labels_and_no_row_is_stale(families: list[Metric]) -> None:
    assert sorted((f"`{exposed_name(m)}`", m.type, labels(m), m.documentation) for m in families) == sorted(ROWS)


async def test_every_label_is_explained_and_its_values_are_those_that_are_named(families: list[Metric]) -> None:
    seen = {(name, value) for metric in families for sample in metric.samples for name, value in sample.labels.items()} - {
        ("le", value) for metric in families for sample in metric.samples for value in sample.labels.values()
    }
    assert {name for name, _ in seen} == set(VALUES)
    of_the_gateway = {(name, value) for name, value in seen if name in ("operation", "outcome")}
    assert {("outcome", "ok"), ("outcome", "refused"), ("outcome", "errors"), ("operation", "none")} <= of_the_gateway
    assert [(name, value) for name, value in of_the_gateway if f"`{value}`" not in VALUES[name]] == []
    assert ("reason", "UNREACHABLE") in seen and ("upstream", "prod-eu") in seen


def test_queries_of_the_page_name_metrics_and_codes_that_there_are() -> None:
    known = {name.removesuffix("_total") for name in named(PAGE, "metric")}
    queries = " ".join(cells[1] for cells in rows(PAGE, "what"))
    asked = set(re.findall(r"callboard_\w+?(?=_total|_bucket|_count|_sum|\b)", queries))
    assert asked and asked <= known
    assert set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", queries)) <= error_codes()
