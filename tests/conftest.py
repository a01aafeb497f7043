"""Logs of tests show no variables, so that a traceback stays readable; and one demo company for all who need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from tests.cases.world import World

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo company on disk, and its servers."""
    made = World(tmp_path_factory.mktemp("world"))
    try:
        yield made
    finally:
        made.close()
