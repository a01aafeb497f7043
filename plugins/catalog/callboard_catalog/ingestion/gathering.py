"""A complete set that is pushed in parts: each part is stored as it comes, and only the last one proves what is gone.

Which part of a set an item came with is its version, until the set is complete; nothing else is kept of a set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from callboard_sdk import Item, Same
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from callboard_catalog.providers.pushed import PartOf, refused
from callboard_catalog.records.tables import ItemRow
from callboard_catalog.records.terms import among, pairs

from .known import chunks
from .sources import Said, Source


async def gathered(connection: AsyncConnection, source: Source, events: Sequence[Said], part: PartOf | None) -> Sequence[Said]:
    """What is handed over, as a part of its set: the last one says of the others' items that they are there too.

    What comes apart from a set that others push meanwhile stays in that set. Raises Refused for a set that is too large, or whose
    last part comes while others are missing.
    """
    named = {event.name for event in events if isinstance(event, Item)}
    if part is None:
        versions = await _versions(connection, source, sorted(named))
        return [replace(event, version=versions.get(event.name)) if isinstance(event, Item) else event for event in events]
    query = select(col(ItemRow.name)).where(col(ItemRow.source) == source.name, col(ItemRow.version) == part.name)
    earlier = set((await connection.execute(query.where(col(ItemRow.orphaned).is_(None)))).scalars()) - named
    count = len(earlier) + len(named)
    if source.pushed is not None and count > source.pushed.max_entities:
        text = f"with this part the set has {count} entities, more than the source's `max_entities`: {source.pushed.max_entities}"
        raise refused("partOf", f"{text}: push fewer, or raise it in the settings.")
    if part.size is None:
        return [replace(event, version=part.name) if isinstance(event, Item) else event for event in events]
    if count != part.size:
        text = f"with this part the set has {count} entities, and not {part.size}: nothing is removed"
        raise refused("setSize", f"{text}. Push the parts that are missing and then this one again, or all under another name.")
    others = update(ItemRow).where(col(ItemRow.source) == source.name, col(ItemRow.version).is_not(None))
    await connection.execute(others.values(version=None))
    return [*events[:-1], *map(Same, sorted(earlier)), events[-1]]


async def _versions(connection: AsyncConnection, source: Source, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(names):
        query = select(col(ItemRow.name), col(ItemRow.version)).where(
            col(ItemRow.source) == source.name,
            col(ItemRow.version).is_not(None),
            among(col(ItemRow.name), some, connection.dialect.name),
        )
        found |= await pairs(connection, query)
    return found
