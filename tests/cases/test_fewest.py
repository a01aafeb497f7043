"""The README's page asks exactly what its entities' own annotations make necessary, and no more for a longer page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gateway.testing import Harness

from tests.cases.case import FOLDER
from tests.cases.world import World, watching

README = FOLDER.parents[1] / "README.md"
PAGE = (FOLDER / "main-page" / "query.graphql").read_text(encoding="utf-8")
ANNOTATIONS = "{ components(first: 100) { nodes { annotations { key value } } } }"
CLUSTERS = ("prod-eu", "prod-us", "staging")
KINDS = ("apps/v1/deployments", "apps/v1/statefulsets", "apps/v1/daemonsets", "batch/v1/cronjobs", "batch/v1/jobs")


@pytest.mark.parametrize("case", ["main-page", "main-page-again", "main-page-denied", "main-page-in-trouble"])
def test_the_page_is_the_readme_s(case: str) -> None:
    page = (FOLDER / case / "query.graphql").read_text(encoding="utf-8")
    assert page.replace("first: 100", "first: 20") in README.read_text(encoding="utf-8")


async def test_each_cluster_is_asked_for_one_list_a_kind_and_namespace_and_github_once_a_repository(
    world: World, tmp_path: Path
) -> None:
    addresses = world.servers()
    async with world.gateway(tmp_path, addresses) as harness:
        components = await _annotations(harness)
        with watching(harness, addresses) as calls:
            answer = await harness.ask(PAGE)
    assert answer.errors == []
    for cluster in CLUSTERS:
        lists = [one.partition("?")[0] for one in calls.requests[cluster] if "/namespaces/" in one]
        assert sorted(lists) == sorted(_lists(cluster, components))
    repositories = {found["github.com/project-slug"].lower() for found in components if "github.com/project-slug" in found}
    asked = [one.partition("?")[0].lower() for one in calls.requests["github"]]
    assert sorted(asked) == sorted(f"/repos/{repository}/actions/runs" for repository in repositories)


async def test_statements_and_questions_are_as_many_for_one_component_as_for_a_hundred(world: World, tmp_path: Path) -> None:
    addresses = world.servers()
    counts = []
    async with world.gateway(tmp_path, addresses) as harness:
        for size in (1, 10, 100):
            with watching(harness, addresses) as calls:
                assert (await harness.ask(PAGE.replace("first: 100", f"first: {size}"))).errors == []
            counts.append((calls.found["database"], calls.found["duckdb"]))
    few, some, many = counts
    assert some == ({"select": 4}, {"question": 1})
    assert few == ({"select": 5}, {"question": 1}), "one more, for the total, which is remembered then"
    named = "two more, for all references that lead nowhere: the names that there are, of one state of the database"
    assert many == ({"begin": 1, "select": 6}, {"question": 1}), named


async def _annotations(harness: Harness) -> list[dict[str, str]]:
    nodes = (await harness.ask(ANNOTATIONS)).data["components"]["nodes"]
    return [{one["key"]: one["value"] for one in node["annotations"]} for node in nodes]


def _lists(cluster: str, components: list[dict[str, Any]]) -> set[str]:
    """The lists that tell what these components run there: the demo's all name their namespace."""
    prefix = "backstage.io/kubernetes-"
    found = [c for c in components if f"{prefix}id" in c or f"{prefix}label-selector" in c]
    there = {c[f"{prefix}namespace"] for c in found if c.get(f"{prefix}cluster", cluster) == cluster}
    return {f"/apis/{group}/namespaces/{name}/{kind}" for name in there for group, _, kind in (k.rpartition("/") for k in KINDS)}
