"""The README's query over real descriptors: every document that can be read is in the graph, every bad one a Problem."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from gateway.testing import Harness, running_gateway

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data" / "catalog"
README = re.search(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")

pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded descriptors are not beside the checkout"),
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass
class Expected:
    """What another reader of YAML makes of the files: refs that must be there, and places that must be Problems."""

    refs: dict[str, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def expected() -> Expected:
    found = Expected()
    for file in sorted(SHARED.rglob("*")):
        if file.suffix in (".yaml", ".yml") and file.is_file():
            name = str(file.relative_to(SHARED))
            for document in _documents(file, found, name):
                ref = _ref(document)
                if ref is None:
                    found.bad.add(name)
                else:
                    found.refs.setdefault(ref, name)
    return found


def _documents(file: Path, found: Expected, name: str) -> Iterator[Any]:
    try:
        yield from (document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document is not None)
    except yaml.YAMLError:
        found.bad.add(name)


def _ref(document: Any) -> str | None:
    """The ref of what is a descriptor for certain; None for all that isn't."""
    if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
        return None
    kind, name, version = document.get("kind"), document["metadata"].get("name"), document.get("apiVersion")
    namespace = document["metadata"].get("namespace") or "default"
    known = isinstance(kind, str) and kind.isalnum() and isinstance(version, str)
    if not known or not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    return f"{kind}:{namespace}/{name}".lower()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A gateway with all five plugins, whose catalog reads the recorded descriptors."""
    catalog = {"sources": [{"name": "real", "paths": [str(SHARED)]}], "refresh_seconds": 0}
    plugins = {"catalog": catalog, "ci": None, "cost": None, "kubernetes": None, "security": None}
    async with running_gateway(tmp_path_factory.mktemp("real"), {"plugins": plugins}) as harness:
        yield harness


async def everything(harness: Harness, field_name: str, selection: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    document = f"query ($after: String) {{ {field_name}(first: 100, after: $after) {{ {PAGE_INFO} nodes {{ {selection} }} }} }}"
    return await _pages(harness, document, field_name)


async def _pages(harness: Harness, document: str, field_name: str) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        answer = await harness.ask(document, {"after": page["endCursor"]})
        assert answer.errors == []
        nodes += answer.data[field_name]["nodes"]
        page = answer.data[field_name]["pageInfo"]
    return nodes


async def test_every_document_that_can_be_read_is_in_the_graph(real: Harness, expected: Expected) -> None:
    refs = {node["ref"] for node in await everything(real, "entities", "ref")}
    assert {ref: name for ref, name in expected.refs.items() if ref not in refs} == {}
    assert len(refs) >= len(expected.refs) > 0


async def test_the_readme_s_query_has_every_component_with_what_is_wrong_with_it(real: Harness, expected: Expected) -> None:
    assert README
    document = README[1].replace("{", "query ($after: String) {", 1).replace("first: 20", "first: 100, after: $after")
    components = await _pages(real, document.replace("totalCount", PAGE_INFO), "components")
    wanted = sorted(ref.rpartition("/")[2] for ref in expected.refs if ref.startswith("component:"))
    assert sorted(component["name"].lower() for component in components) == wanted
    told = {problem["message"] for component in components for problem in component["problems"] if problem["remedy"]}
    about = [p for p in await everything(real, "problems", "message entity") if (p["entity"] or "").startswith("component:")]
    assert about
    assert {problem["message"] for problem in about} <= told


async def test_every_document_that_can_not_be_read_is_a_problem_with_file_and_line(real: Harness, expected: Expected) -> None:
    problems = await everything(real, "problems", "rule file line remedy entity")
    refused = [problem for problem in problems if problem["entity"] is None]
    assert expected.bad <= {problem["file"] for problem in refused}
    assert all(problem["file"] and problem["line"] and problem["remedy"] for problem in refused)


async def test_no_document_is_lost_between_the_two(real: Harness) -> None:
    status = (await real.ask("{ catalogStatus { files documents entities problems } entities(first: 1) { totalCount } }")).data
    problems = await everything(real, "problems", "rule entity")
    none = ("catalog.yaml", "catalog.empty")  # what is told of no document
    read = [p for p in problems if (p["entity"] is None and p["rule"] not in none) or p["rule"] == "catalog.duplicate"]
    counts = status["catalogStatus"]
    assert counts["documents"] == counts["entities"] + len(read)
    assert counts["entities"] == status["entities"]["totalCount"]
    assert counts["problems"] == len(problems)
