"""What the commands share that ask the gateway's database: whoever may reach that is an operator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from callboard_sdk import Database
from sqlalchemy.exc import SQLAlchemyError

from gateway.database import absent, open_database
from resolvers.database import GatewayDatabase
from resolvers.migrating import make_ready
from resolvers.migrations import CORE, NAME
from resolvers.versions import MigrationError

from .settings_file import configuration
from .show import fail

OPERATOR = "operator"
"""Who did it, where the audit and the graph tell: someone at this machine, without a subject of the gateway's."""

T = TypeVar("T")


def in_database(settings: Path, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do this with the database of these settings, the core's tables being ready, or end with what is wrong with that.

    One that isn't there yet is not made.
    """
    found = configuration(settings).settings.database
    return asked(settings, lambda: open_database(found.url, migrate=found.migrate), work)


def asked(
    settings: Path, opened: Callable[[], GatewayDatabase], work: Callable[[GatewayDatabase], Awaitable[T]], *, makes: bool = False
) -> T:
    """The same, with the database that is opened so; it is closed at the end. It may be one that the work `makes`."""

    async def ready(database: GatewayDatabase) -> T:
        await make_ready(database, NAME, CORE)
        return await work(database)

    return with_database(settings, opened, ready, makes=makes)


def with_database(
    settings: Path, opened: Callable[[], GatewayDatabase], work: Callable[[GatewayDatabase], Awaitable[T]], *, makes: bool = False
) -> T:
    """The same, with the database as it is: nothing may be in it yet."""

    async def run() -> T:
        database = opened()
        if not makes and (file := absent(database)) is not None:
            fail([f"there is no database at {file} yet: a gateway's start makes it; see database.url in {settings}"])
        try:
            return await work(database)
        finally:
            await database.engine.dispose()

    try:
        return asyncio.run(run())
    except MigrationError as error:
        fail([str(error)])
    except FileExistsError:
        raise
    except (SQLAlchemyError, OSError) as error:
        fail([f"the database can't be asked: {why_not(error)}; see database.url in {settings}"])


def why_not(error: Exception) -> str:
    """In one line, why a database can't be asked."""
    return str(getattr(error, "orig", error)).splitlines()[0] if str(error) else type(error).__name__
