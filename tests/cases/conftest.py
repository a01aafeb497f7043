"""One company and its servers for all cases; `--update-plans` writes each case's plan in place of checking it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cases.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-plans", action="store_true", help="Write the plans of tests/cases in place of checking them.")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    try:
        yield made
    finally:
        made.close()
