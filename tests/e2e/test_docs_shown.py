"""GraphiQL's docs show a reader the schema that it may use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Served, callboard, node, serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("docs")


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Served]:
    with serving(folder, "plugins: {cost: }\n") as started:
        yield started


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("admin", {"about", "viewer", "sdl", "cost"}, set()),
        ("finance", {"about", "viewer", "cost"}, {"sdl"}),
        ("viewer", {"about", "viewer"}, {"sdl", "cost", "costShares", "CostPeriod"}),
        (None, {"about"}, {"viewer", "sdl", "cost", "plugins", "node"}),
    ],
)
def test_the_docs_have_the_fields_that_the_reader_may_use(gateway: Served, folder: Path, role, shown, hidden):
    made = (
        callboard("token", "create", "-s", str(folder / "callboard.yaml"), "--role", role, "--subject", "bob") if role else None
    )
    result = node("docs.mjs", gateway.url, made.stdout.strip() if made else "", "Query")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert shown <= set(report["links"]) and hidden.isdisjoint(report["links"])
    assert (report["problem"], report["consoleErrors"]) == (None, [])
