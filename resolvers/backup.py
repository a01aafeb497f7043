"""All that is stored, as one SQLite file: from either database while gateways write to it, and into either.

A. copy    each owner's tables are made by its own versions, as far as the source is, and filled from one snapshot of the source
B. seal    the file says what is in each of its tables, so that one that was cut off or changed is known
C. check   before a file is restored all of it is read
D. restore into a database without such tables, in one transaction; then it is migrated as any other is
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Column, Connection, Integer, MetaData, Row, String, Table, insert, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from .database import GatewayDatabase
from .migrating import LOCK
from .versions import MigrationError, Versions

_ROWS = 1_000
"""How many rows are on their way at once."""
_SEAL = Table(
    "callboard_backup",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", String, nullable=False),
)


class BackupError(Exception):
    """There is no backup of this, or none to restore; the text says why, and what to do."""


async def backup(database: GatewayDatabase, owners: Sequence[Versions], file: Path) -> int:
    """Write what these owners store into a new file; how many rows that are.

    Raises BackupError for tables that have no version yet, and OSError for a file that is there already or can't be made.
    """
    with _new(file):
        async with database.snapshot() as source, _opened(file, "rw") as target:
            return await _sealed(target, await _copied(source, target, owners))


async def restore(database: GatewayDatabase, owners: Sequence[Versions], file: Path) -> int:
    """Fill the database, which has no such tables yet, with what is in the file; how many rows that are.

    Raises BackupError, and MigrationError for what a newer gateway wrote; then the database is as it was.
    """
    try:
        async with _opened(file, "ro") as source:
            seals = await _checked(source, file)  # C
            by_name = {versions.owner: versions for versions in owners}
            stored = sorted({owner for _, owner in seals})
            if strange := [owner for owner in stored if owner not in by_name]:
                raise BackupError(f"{file} has tables of {', '.join(strange)}: name these plugins in the settings, and try again")
            async with database.writing(LOCK) as target:  # D
                there = await target.run_sync(lambda sync: set(inspect(sync).get_table_names()))
                tables = {versions.table for versions in owners} | {name for name, _ in seals}
                if taken := sorted(there & tables):
                    raise BackupError(
                        f"the database isn't empty: it has {', '.join(taken[:3])}; name an empty one in database.url"
                    )
                await _copied(source, target, [by_name[owner] for owner in stored])
    except DBAPIError as error:
        if "sqlite" not in type(error.orig).__module__:
            raise
        raise _damaged(file, str(error.orig)) from error
    return sum(rows for rows, _ in seals.values())


async def _copied(source: AsyncConnection, target: AsyncConnection, owners: Sequence[Versions]) -> dict[str, str]:  # A
    """Which tables were filled, each with its owner."""
    made: dict[str, str] = {}
    for versions in owners:
        state = await source.run_sync(versions.state)
        if state.newer:
            raise MigrationError(
                f"the tables of {versions.owner} are of version {state.now}, which is newer than this gateway knows: "
                "use the newer one"
            )
        if state.now is None:
            if await source.run_sync(_has, versions):
                raise BackupError(f"the tables of {versions.owner} have no version yet: run `callboard database migrate` first")
            continue
        names = await target.run_sync(_make, versions, state.now)
        for name in names:
            await _fill(source, target, name)
        made |= dict.fromkeys(names, versions.owner)
    return made


def _has(connection: Connection, versions: Versions) -> bool:
    there = set(inspect(connection).get_table_names())
    return any(table.name in there for table in versions.migrations.tables)


def _make(connection: Connection, versions: Versions, version: str) -> list[str]:
    before = set(inspect(connection).get_table_names())
    versions.run(connection, version)
    after = sorted(set(inspect(connection).get_table_names()) - before)
    return [name for name in after if versions.has_rows(name)]


async def _fill(source: AsyncConnection, target: AsyncConnection, name: str) -> None:
    there = await target.run_sync(_reflected, name)
    async for rows in _read(source, name):
        await target.execute(insert(there), [row._asdict() for row in rows])


async def _read(connection: AsyncConnection, name: str) -> AsyncIterator[Sequence[Row[Any]]]:
    table = await connection.run_sync(_reflected, name)
    async with connection.stream(select(table)) as found:
        async for rows in found.partitions(_ROWS):
            yield rows


def _reflected(connection: Connection, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=connection)


async def _sealed(target: AsyncConnection, made: dict[str, str]) -> int:  # B
    await target.run_sync(_SEAL.create)
    total = 0
    for name, owner in made.items():
        rows, digest = await _summed(target, name)
        await target.execute(insert(_SEAL), [{"name": name, "owner": owner, "rows": rows, "digest": digest}])
        total += rows
    return total


async def _checked(source: AsyncConnection, file: Path) -> dict[tuple[str, str], tuple[int, str]]:  # C
    """How many rows each table has, and their digest, by the table's name and its owner's."""
    if not await source.run_sync(lambda sync: inspect(sync).has_table(_SEAL.name)):
        raise BackupError(f"{file} is no backup that `callboard database backup` has finished")
    seals = {(name, owner): (rows, digest) for name, owner, rows, digest in await source.execute(select(_SEAL))}
    for (name, _), sealed in seals.items():
        if await _summed(source, name) != sealed:
            raise _damaged(file, f"{name} isn't as it was written")
    return seals


async def _summed(connection: AsyncConnection, name: str) -> tuple[int, str]:
    """How many rows a table has, and one digest of them all, in whatever order they come."""
    count = digest = 0
    async for rows in _read(connection, name):
        count += len(rows)
        digest += sum(int.from_bytes(sha256(repr(tuple(row)).encode()).digest()) for row in rows)
    return count, f"{digest % 2**256:064x}"


def _damaged(file: Path, reason: str) -> BackupError:
    return BackupError(f"{file} is damaged, or no backup at all, and nothing was restored: {reason}")


@contextmanager
def _new(file: Path) -> Iterator[None]:
    """A new file, for nobody else on this machine; it is gone again when the block fails."""
    file.touch(mode=0o600, exist_ok=False)
    try:
        yield
    except BaseException:
        file.unlink()
        raise


def _url(file: Path, mode: str) -> URL:
    """A URL that SQLite makes no new file of."""
    return URL.create("sqlite+aiosqlite", database=f"file:{quote(str(file.absolute()))}", query={"mode": mode, "uri": "true"})


@asynccontextmanager
async def _opened(file: Path, mode: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(_url(file, mode))
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("BEGIN")
            yield connection
    finally:
        await engine.dispose()
