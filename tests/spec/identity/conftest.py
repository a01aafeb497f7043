"""Databases to keep tokens in, a clock, and an audit that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Database
from gateway.database import open_database
from gateway.settings import DatabaseSettings

from tests.postgresql import PostgreSQL, running_postgresql

NOW = 1_800_000_000


@dataclass
class Clock:
    """The time, as the test sets it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Audited:
    """An audit that remembers what it was told."""

    events: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)

    async def __call__(self, kind: str, actor: str, subject: str, details: Mapping[str, Any]) -> None:
        self.events.append((kind, actor, subject, dict(details)))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


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
    yield made
    await made.engine.dispose()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
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
