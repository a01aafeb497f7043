"""A running gateway over the tiny company, without a catalog."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from company import make_company  # noqa: E402
from gateway.testing import Harness, running_gateway  # noqa: E402
from tests.databases import database, postgresql, settings  # noqa: E402

__all__ = ["database", "postgresql", "settings"]

RULES = """
p, reader, permission:company.read, read, allow
p, reader, permission:catalog.read, read, allow
p, oncall, permission:company.call, read, allow
g, oncall, reader
p, admin, *, read, allow
p, admin, *, mutate, allow
p, blocked, Component.onCall, read, deny
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.csv"
    file.write_text(RULES)
    return file


@pytest.fixture
async def company(tmp_path: Path, rules: Path) -> AsyncIterator[tuple[Harness, list[int]]]:
    plugin, batches = make_company()
    async with running_gateway(tmp_path, {"policies": {"rules": str(rules)}}, plugins=[plugin]) as harness:
        yield harness, batches


@pytest.fixture
def company_with(tmp_path: Path, rules: Path):
    """Makes a gateway over the company, with these settings, as a context."""

    @asynccontextmanager
    async def make(settings: dict[str, object], components: int = 5) -> AsyncIterator[tuple[Harness, list[int]]]:
        plugin, batches = make_company()
        own = {"policies": {"rules": str(rules)}, "plugins": {"company": {"components": components}}}
        async with running_gateway(tmp_path, own | settings, plugins=[plugin]) as harness:
            yield harness, batches

    return make
