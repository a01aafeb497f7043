"""A replica of the catalog alone, that reads its sources over and over till somebody kills it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.plugin import plugin
from callboard_catalog.descriptors.reading import Limits
from callboard_catalog.settings import CatalogSettings
from callboard_catalog.ingestion.sources import sources_of
from callboard_catalog.queries.store import CatalogStore
from gateway.database import open_database
from gateway.settings import DatabaseSettings
from resolvers.database import GatewayDatabase
from resolvers.migrating import make_ready

SOURCES = ("one", "two", "three")
TICK, LEASE = 0.01, 0.4


def run(url: str, folder: str) -> None:
    """The replica's process."""
    logging.disable()
    asyncio.run(_read(url, Path(folder)))


async def _read(url: str, folder: Path) -> None:
    database = opened(url)
    await make_ready(database, plugin.name, plugin.migrations)
    store = CatalogStore(database)
    async with ingestion(store, folder).running():
        await asyncio.Event().wait()


def opened(url: str) -> GatewayDatabase:
    """The database."""
    return open_database(DatabaseSettings(url=url).url)


def ingestion(store: CatalogStore, folder: Path) -> Ingestion:
    """What reads the three sources below the folder, as often as it can."""
    sources = [
        {"name": name, "paths": [folder / name], "root": folder / name, "every": 0.02, "removal_share": 1.0} for name in SOURCES
    ]
    settings = CatalogSettings.model_validate({"sources": sources})
    return Ingestion(sources_of(settings, {}), Limits(1_000_000, 10_000), store, tick=TICK, lease=LEASE)
