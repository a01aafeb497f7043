"""A SQLite file that is new is opened by as many as want it at once: none of them is refused."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from gateway import database
from gateway.database import open_database
from sqlalchemy import text
from sqlalchemy.exc import OperationalError


async def mode(file: Path) -> str:
    """How the file keeps what is being written, after the gateway opened it."""
    opened = open_database(f"sqlite+aiosqlite:///{file}")
    try:
        async with opened.engine.connect() as connection:
            return (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
    finally:
        await opened.engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new.sqlite"


async def test_who_opens_a_file_while_another_writes_waits_for_it(file: Path) -> None:
    writer = sqlite3.connect(file)
    writer.execute("BEGIN IMMEDIATE")
    opening = asyncio.create_task(mode(file))
    done, _ = await asyncio.wait([opening], timeout=0.2)
    assert not done  # without the wait it fails at once
    writer.commit()
    writer.close()
    assert await opening == "wal"


async def test_it_is_not_waited_for_without_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WRITER_SECONDS", 0.1)
    writer = sqlite3.connect(file)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        await mode(file)
    writer.close()


async def test_what_is_no_database_is_refused_at_once(file: Path) -> None:
    file.write_bytes(b"no database at all, and longer than the header of one has to be " * 20)
    with pytest.raises(Exception, match="file is not a database"):
        await mode(file)


async def test_many_that_open_it_at_once_all_have_it(file: Path) -> None:
    assert await asyncio.gather(*(mode(file) for _ in range(16))) == ["wal"] * 16
