"""Fixtures of the databases that a gateway may have: a test that uses `settings` runs on each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from callboard_sdk import Database
from gateway.configuration import read_configuration
from gateway.database import open_database

from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from tests.postgresql import PostgreSQL, running_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A settings file that names an empty database; every test that uses it runs on both."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").emptied()
    else:
        url = f"sqlite:///{tmp_path / 'callboard.sqlite'}"
    file = tmp_path / "callboard.yaml"
    file.write_text(f"auth: {{local: null}}\ndatabase: {{url: '{url}'}}\n")
    return file


@pytest.fixture
async def database(settings: Path) -> AsyncIterator[Database]:
    """The database itself, with the core's tables and nothing in them."""
    found = open_database(read_configuration(settings, {}).settings.database.url)
    await make_ready(found, NAME, CORE)
    yield found
    await found.engine.dispose()
