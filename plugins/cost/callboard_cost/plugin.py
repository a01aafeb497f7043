"""What it costs: cost on components, resources, systems, domains and groups, and what belongs to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Annotated

import strawberry
from callboard_sdk import Batch, Catalog, Connection, Entity, EntityRef, Page, Plugin, Readable, paginate
from callboard_sdk.entities import Component, Domain, Group, Resource, System

from .asking import Asked
from .model import (
    READ,
    SOURCES_READ,
    UNATTRIBUTED_READ,
    Cost,
    CostDays,
    CostFile,
    CostGrouping,
    CostPeriod,
    CostShare,
    CostSource,
    EntityCost,
    UnattributedCost,
)
from .rollup import owned, parts, told
from .settings import CostSettings
from .sources import shown_file, shown_source
from .store import Store

plugin = Plugin(
    "cost",
    settings=CostSettings,
    permissions={
        READ: "Read what entities cost, and how all costs are shared out.",
        UNATTRIBUTED_READ: "Read which costs belong to no entity of the catalog, with their services and sub-accounts.",
        SOURCES_READ: "Read which cost exports there are, and what is wrong with them.",
    },
)

Period = Annotated[CostPeriod, strawberry.argument(description="Which days; counted back from the newest day there is.")]
Days = Annotated[CostDays | None, strawberry.argument(description="Days of your own choice, instead of `period`.")]
Currency = Annotated[str | None, strawberry.argument(description="Only charges in this currency, as its ISO 4217 code.")]
By = Annotated[CostGrouping, strawberry.argument(description="What to share the costs out by.")]


@plugin.resource
async def store(settings: CostSettings) -> AsyncIterator[Store]:
    """The charges, read before the first request and again whenever their files change."""
    opened = Store(settings)
    await opened.load()
    watching = asyncio.create_task(opened.watch())
    try:
        yield opened
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await asyncio.to_thread(opened.close)


DUCKDB = "one question to DuckDB"


@plugin.field(on=Component, permission=READ, name="cost", asks=DUCKDB)
async def component_cost(
    components: Batch[Component],
    store: Store,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> list[Cost | None]:
    """What this component costs: the charges that are attributed to it itself."""
    return await _own(components, store, period, days, currency)


@plugin.field(on=Resource, permission=READ, name="cost", asks=DUCKDB)
async def resource_cost(
    resources: Batch[Resource],
    store: Store,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> list[Cost | None]:
    """What this resource costs: the charges that are attributed to it itself."""
    return await _own(resources, store, period, days, currency)


@plugin.field(on=System, permission=READ, name="cost", asks=DUCKDB)
async def system_cost(
    systems: Batch[System],
    store: Store,
    catalog: Catalog,
    readable: Readable,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> list[Cost | None]:
    """What this system costs: its own charges and those of all of its parts, and theirs, whose cost may be read."""
    return await _with_parts(systems, store, catalog, readable, period, days, currency)


@plugin.field(on=Domain, permission=READ, name="cost", asks=DUCKDB)
async def domain_cost(
    domains: Batch[Domain],
    store: Store,
    catalog: Catalog,
    readable: Readable,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> list[Cost | None]:
    """What this domain costs: its own charges and those of all of its systems, and their parts, whose cost may be read."""
    return await _with_parts(domains, store, catalog, readable, period, days, currency)


@plugin.field(on=Group, permission=READ, name="cost", asks=DUCKDB)
async def group_cost(
    groups: Batch[Group],
    store: Store,
    catalog: Catalog,
    readable: Readable,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> list[Cost | None]:
    """What this group costs: its own charges, and those of whatever it or a group below it owns and whose cost may be read."""
    if not store.settings.sources:
        return [None] * len(groups)
    asked = Asked.checked(store, period, days, currency)
    return await asked.costs_of(await told(catalog, await owned(catalog, [group.ref for group in groups]), readable))


async def _own(
    entities: Sequence[Entity], store: Store, period: CostPeriod, days: CostDays | None, currency: str | None
) -> list[Cost | None]:
    if not store.settings.sources:
        return [None] * len(entities)
    return await Asked.checked(store, period, days, currency).costs_of([(entity.ref,) for entity in entities])


async def _with_parts(
    wholes: Sequence[Entity],
    store: Store,
    catalog: Catalog,
    readable: Readable,
    period: CostPeriod,
    days: CostDays | None,
    currency: str | None,
) -> list[Cost | None]:
    if not store.settings.sources:
        return [None] * len(wholes)
    asked = Asked.checked(store, period, days, currency)
    return await asked.costs_of(await told(catalog, await parts(catalog, [whole.ref for whole in wholes]), readable))


@plugin.query(permission=READ)
async def cost(
    store: Store, period: Period = CostPeriod.LAST_30_DAYS, days: Days = None, currency: Currency = None
) -> Cost | None:
    """What everything costs, attributed to an entity or not; null when no exports are set up."""
    if not store.settings.sources:
        return None
    return await Asked.checked(store, period, days, currency).cost_of_all()


@plugin.query(permission=READ)
async def cost_shares(
    by: By,
    page: Page,
    store: Store,
    catalog: Catalog,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> Connection[CostShare] | None:
    """All costs shared out, the most expensive part first; what belongs to none is a part too, so that they add up."""
    if not store.settings.sources:
        return None
    shares = await Asked.checked(store, period, days, currency).shares(by, catalog)
    return paginate(shares, page, lambda share: share.place)


@plugin.query(permission=UNATTRIBUTED_READ)
async def unattributed_cost(
    store: Store,
    catalog: Catalog,
    period: Period = CostPeriod.LAST_30_DAYS,
    days: Days = None,
    currency: Currency = None,
) -> UnattributedCost | None:
    """What belongs to no entity of the catalog, and why; null when no exports are set up."""
    if not store.settings.sources:
        return None
    return await Asked.checked(store, period, days, currency).unattributed(catalog)


@plugin.field(on=EntityCost, permission=READ, name="entity")
async def cost_entity(costs: Batch[EntityCost], catalog: Catalog) -> list[Entity | None]:
    """The entity itself; null when the catalog has none by that ref."""
    return await _entities([cost.ref for cost in costs], catalog)


@plugin.field(on=CostShare, permission=READ, name="entity")
async def share_entity(shares: Batch[CostShare], catalog: Catalog) -> list[Entity | None]:
    """The entity that this part stands for; null where it stands for none, or the catalog has none by that ref."""
    return await _entities([share.ref for share in shares], catalog)


async def _entities(refs: Sequence[EntityRef | None], catalog: Catalog) -> list[Entity | None]:
    """All at once, each ref asked for once; no refs ask nothing."""
    wanted = list(dict.fromkeys(ref for ref in refs if ref))
    found = dict(zip(wanted, await catalog.get(wanted), strict=True)) if wanted else {}
    return [found.get(ref) if ref else None for ref in refs]


@plugin.query(permission=SOURCES_READ)
async def cost_sources(store: Store) -> list[CostSource] | None:
    """The places with cost exports, in the order of the settings, with what is wrong with them."""
    return [shown_source(source) for source in store.state.sources]


@plugin.field(on=CostSource, permission=SOURCES_READ)
async def files(sources: Batch[CostSource], page: Page, store: Store) -> list[Connection[CostFile] | None]:
    """The source's files by path, with how many rows of each are counted."""
    states = {state.name: state.files for state in store.state.sources}
    return [
        paginate([shown_file(file) for file in states.get(source.name, ())], page, lambda file: file.path) for source in sources
    ]
