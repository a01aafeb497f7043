"""Logs of tests show no variables, so that a traceback stays readable; and one demo company for all who need it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.cases.world import World

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
_BEFORE = structlog.get_config()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Where logs go is the process's: a test, or a module's fixture, that runs a command or configures them leaves no trace."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    structlog.configure(**_BEFORE)
    yield
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level
    structlog.configure(**_BEFORE)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo company on disk, and its servers."""
    made = World(tmp_path_factory.mktemp("world"))
    try:
        yield made
    finally:
        made.close()
