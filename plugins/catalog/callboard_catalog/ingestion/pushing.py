"""Entities that are handed over, not read: all of it in one transaction, or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlmodel import col

from callboard_catalog.descriptors.descriptor import Reading
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.checking import check_all
from callboard_catalog.records.documents import Ready, Touched, drop, forget, take
from callboard_catalog.records.journal import Journal
from callboard_catalog.records.settling import settle
from callboard_catalog.records.tables import ItemRow
from callboard_catalog.records.terms import among

from .schedule import Schedule


async def push(
    store: CatalogStore, source: str, found: Sequence[Reading], *, whole: bool, now: Callable[[], float] = time.time
) -> int:
    """Take over what these items of a source hold, and when that is the `whole` source, forget its others. How much changed."""
    ready = [Ready.of(reading) for reading in found]
    async with store.writing() as connection:
        schedule, journal = Schedule("", now), Journal(now())
        await schedule.know(connection, source)
        touched = Touched()
        if whole:
            query = select(col(ItemRow.id)).where(col(ItemRow.source) == source)
            named = among(col(ItemRow.name), [reading.name for reading in found], store.dialect)
            gone = list((await connection.execute(query.where(~named))).scalars())
            touched = await drop(connection, source, gone, journal)
        touched = touched.with_(await take(connection, source, ready, journal))  # an entity may have moved from one to another
        touched = touched.with_(await forget(connection, touched.orphaned))
        await settle(connection, touched, journal)
        await check_all(connection, journal)
        await schedule.handed(connection, source)
        await journal.write(connection, store.database)
    return len(journal)
