"""Databases as the last released gateway made them, with something in them; `tests/spec/stores/released` was dumped from those."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from gateway.configuration import read_configuration
from gateway.database import open_database
from resolvers.database import GatewayDatabase

RELEASED = Path(__file__).parent / "released"
AT = 1_795_723_200
"""When they were filled, in seconds since 1970."""


@pytest.fixture
async def empty(settings: Path) -> AsyncIterator[GatewayDatabase]:
    """A database with nothing in it at all."""
    found = open_database(read_configuration(settings, {}).settings.database.url)
    yield found
    await found.engine.dispose()


@pytest.fixture
async def released(empty: GatewayDatabase) -> GatewayDatabase:
    """The last released gateway's database."""
    url = empty.engine.url
    text = (RELEASED / f"{url.get_backend_name()}.sql").read_text(encoding="utf-8")
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database))
        connection.executescript(text)
        connection.close()
    else:
        server = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        await server.execute(text)
        await server.close()
    return empty


@pytest.fixture
def kept(empty: GatewayDatabase) -> dict[str, Any]:
    """What its viewers hold: an access token, one that was revoked, a session; and a draft's key, the audit's head."""
    return json.loads((RELEASED / "kept.json").read_text(encoding="utf-8"))[empty.engine.dialect.name]
