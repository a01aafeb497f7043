"""Databases to keep tokens in, a clock, and an audit that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Database
from gateway.database import open_database
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from gateway.settings import DatabaseSettings
from tests.spec.auth.world import Clock


@dataclass
class Audited:
    """An audit that remembers what it was told."""

    events: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)

    async def __call__(self, kind: str, actor: str, subject: str, details: Mapping[str, Any]) -> None:
        self.events.append((kind, actor, subject, dict(details)))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; every test that uses it runs on both."""
    if request.param == "postgresql":
        given = request.getfixturevalue("postgresql").emptied()
    else:
        given = f"sqlite:///{tmp_path / 'callboard.sqlite'}"
    return DatabaseSettings(url=given).url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    made = open_database(url)
    await make_ready(made, NAME, CORE)
    yield made
    await made.engine.dispose()


@pytest.fixture
async def other(url: str, database: Database) -> AsyncIterator[Database]:
    """The same database, as another gateway reaches it."""
    made = open_database(url)
    yield made
    await made.engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audited() -> Audited:
    return Audited()
