"""Brings what is stored to the newest version, one owner at a time: all of its versions, or none.

A. look   a database that is up to date is only looked at
B. wait   one process migrates at a time, of all replicas; who waited finds nothing left to do
C. run    in one transaction, so that what fails leaves the tables as they were
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from callboard_sdk import Migrations
from sqlalchemy.exc import DBAPIError

from .beside import beside
from .database import GatewayDatabase
from .migrations import CORE, NAME
from .versions import MigrationError, State, Versions

log = structlog.get_logger()

LOCK = "migrations"
RETRY_SECONDS = 1.0
"""How soon a database that was away at the start is asked again."""


async def state_of(database: GatewayDatabase, versions: Versions) -> State:
    """How far the database is with this owner."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(versions.state)


async def make_ready(database: GatewayDatabase, owner: str, migrations: Migrations | None) -> None:
    """Have the owner's tables as the code wants them, before it uses them; None for an owner that stores nothing.

    Raises MigrationError for a database that is newer, for a version that fails, and where only the command may migrate.
    Raises what the database raises when it can't be asked.
    """
    if migrations is None:
        return
    versions = Versions(owner, migrations)
    state = await state_of(database, versions)
    if state.newer or (state.pending and database.migrate):
        await migrate(database, versions)
    elif state.pending:
        raise MigrationError(
            f"the tables of {owner} are of {_version(state.now)}, and version {state.newest} is wanted: "
            "run `callboard database migrate`, or set database.migrate to true"
        )


@asynccontextmanager
async def core_ready(database: GatewayDatabase) -> AsyncIterator[None]:
    """Have the core's own tables; a database that is away is asked again while the block runs. Raises MigrationError."""
    try:
        await make_ready(database, NAME, CORE)
    except (OSError, DBAPIError) as error:
        log.error("the database can't be asked; it is tried again", error=type(error).__name__)
    else:
        yield
        return
    async with beside(_ready_later(database)):
        yield


async def _ready_later(database: GatewayDatabase) -> None:
    while True:
        await asyncio.sleep(RETRY_SECONDS)
        try:
            return await make_ready(database, NAME, CORE)
        except (OSError, DBAPIError):
            continue


async def migrate(database: GatewayDatabase, versions: Versions) -> tuple[str, ...]:
    """Run the versions that are pending; which those were. Raises MigrationError."""
    if not _pending(await state_of(database, versions)):  # A
        return ()
    async with database.writing(LOCK) as connection:  # B
        pending = _pending(await connection.run_sync(versions.state))
        if pending:
            try:
                await connection.run_sync(versions.run)  # C
            except Exception as error:
                raise MigrationError(
                    f"the tables of {versions.owner} could not be brought to version {versions.newest}, and stay as they were: "
                    f"{_reason(error)}"
                ) from error
    if pending:
        log.info("the database was migrated", owner=versions.owner, versions=pending)
    return pending


def _pending(state: State) -> tuple[str, ...]:
    if state.newer:
        raise MigrationError(
            f"the tables of {state.owner} are of version {state.now}, which is newer than this gateway knows ({state.newest}): "
            "start the newer gateway again, or restore a backup that was made before it"
        )
    return state.pending


def _version(now: str | None) -> str:
    return f"version {now}" if now else "no version yet"


def _reason(error: Exception) -> str:
    """What went wrong, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    first = str(cause).partition("\n")[0]
    return f"{type(cause).__name__}: {first}"[:300]
