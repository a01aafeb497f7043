"""The catalog's fields: who owns what, what belongs where, and what is wrong with the descriptors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import strawberry
from callboard_sdk import (
    Access,
    BadArgument,
    Batch,
    Clients,
    Connection,
    Database,
    Entity,
    EntityRef,
    Migrations,
    Page,
    Plugin,
    Sources,
)
from callboard_sdk.entities import API, Component, Domain, Group, Resource, System, Template, User

from .descriptors.reading import Limits
from .fields.change_fields import add_change_fields
from .fields.descriptor_fields import add_descriptor_fields
from .fields.history_fields import add_history_fields
from .fields.model import (
    HISTORY,
    PROBLEMS,
    READ,
    SPEC,
    CatalogStatus,
    Facet,
    FacetValue,
    Reference,
    SourceLocation,
)
from .fields.pages import MAX_PAGE, PAGE, Most, checked
from .fields.problem_fields import add_problem_fields
from .fields.refs import known, ref_of, reference
from .fields.relation_fields import add_relation_fields
from .fields.source_fields import SOURCE_PERMISSIONS, add_source_fields
from .fields.source_hook import add_source_hook
from .ingestion.ingestion import Ingestion
from .ingestion.sources import sources_of
from .ingestion.upkeep import Upkeep
from .portal import addresses
from .providers import upstreams
from .providers.hooks import Hooks
from .queries.facets import MOST_FACETS, FacetBy, FacetField
from .queries.filters import EntityFilter, EntityOrder
from .queries.searching import SearchField, SearchHit
from .queries.store import CatalogStore
from .records.tables import TABLES
from .settings import CatalogSettings

_log = logging.getLogger("callboard.catalog")

E = TypeVar("E", bound=Entity)

Filter = Annotated[EntityFilter | None, strawberry.argument(description="Only what is all of this.")]
Order = Annotated[EntityOrder | None, strawberry.argument(description="In this order; by name when left out.")]
RefArgument = Annotated[EntityRef, strawberry.argument(description="The entity's name, such as `component:default/web`.")]

Refs = Annotated[list[EntityRef], strawberry.argument(description="The entities' names, at most 100.")]
Words = Annotated[str, strawberry.argument(description="The words to look for; all of them.")]
Where = Annotated[list[SearchField], strawberry.argument(description="The texts to look in; those that may be read.", name="in")]
By = Annotated[list[FacetBy], strawberry.argument(description="What to count by, at most 10 fields.")]
_EVERYWHERE: Any = tuple(SearchField)

plugin = Plugin(
    "catalog",
    settings=CatalogSettings,
    permissions={
        READ: "Read entities: names, descriptions, owners and relations.",
        SPEC: "Read what descriptors say in their specs beside what types have fields for, and filter by it.",
        HISTORY: "Learn when entities came to the catalog, and when and how they changed.",
        PROBLEMS: "See what is wrong with descriptors, and where.",
        **SOURCE_PERMISSIONS,
    },
    upstreams=upstreams,
    endpoints=lambda settings: addresses() if settings.portal_api else (),
    migrations=Migrations("callboard_catalog.migrations", TABLES, apart=["catalog_words"]),
)


@plugin.resource
async def store(settings: CatalogSettings, database: Database) -> AsyncIterator[CatalogStore]:
    """The store, read before the first query and again while the gateway runs."""
    made = CatalogStore(database)
    await made.make_searchable()
    yield made


@plugin.resource
async def ingestion(
    settings: CatalogSettings, store: CatalogStore, clients: Clients, declared: Sources
) -> AsyncIterator[Ingestion]:
    """Reads the sources into the store: those that were never read now, and each again when it is due."""
    limits = Limits(settings.max_file_bytes, settings.max_files, declared.kinds)
    made = Ingestion(sources_of(settings, clients, declared), limits, store, hooks=Hooks(settings.sources))
    async with made.running():
        yield made


@plugin.resource
async def upkeep(settings: CatalogSettings, store: CatalogStore) -> AsyncIterator[Upkeep]:
    """Forgets, while the gateway runs, what is older than the catalog keeps it."""
    made = Upkeep(store, settings.history.keep_days)
    async with made.running():
        yield made


add_source_fields(plugin)
add_source_hook(plugin)
add_change_fields(plugin)
add_history_fields(plugin)
add_descriptor_fields(plugin)
add_problem_fields(plugin)
add_relation_fields(plugin)


@plugin.query(permission=READ)
async def entity(ref: RefArgument, store: CatalogStore, access: Access) -> Entity | None:
    """The entity with this name; null when there is none that the viewer may see."""
    return access.shown((await store.get([ref]))[0])


@plugin.loader(Entity, permission=READ)
async def load_entities(keys: Batch[str], store: CatalogStore, access: Access) -> list[Entity | None]:
    """Entities of every kind by their refs."""
    refs = [ref_of(key) for key in keys]
    found = await known(store, [ref for ref in refs if ref], access)
    return [found.get(ref) if ref else None for ref in refs]


@plugin.query(permission=READ, asks=PAGE)
async def entities(page: Page, store: CatalogStore, filter: Filter = None, order_by: Order = None) -> Connection[Entity] | None:
    """Entities of every kind, by name."""
    return await store.entities(filter, page, order=order_by)


@plugin.query(permission=READ, asks="one SQL statement")
async def entities_by_ref(refs: Refs, store: CatalogStore, access: Access) -> list[Entity | None] | None:
    """The entities with these names, in the same order; null for what there is not, or what the viewer may not see."""
    if len(refs) > MAX_PAGE:
        raise BadArgument(f"`refs` has {len(refs)} names: give at most {MAX_PAGE}")
    return [access.shown(one) for one in await store.get(refs)]


@plugin.query(permission=READ, asks=PAGE)
async def search(
    text: Words, page: Page, access: Access, store: CatalogStore, where: Where = _EVERYWHERE, filter: Filter = None
) -> Connection[SearchHit] | None:
    """Entities by words without case, the last of which may be the beginning of one; those that are named so come first."""
    return await store.search(text, where, filter, page)


@plugin.query(permission=READ, asks="two SQL statements, and one more for each field if the catalog changed")
async def entity_facets(
    by: By, store: CatalogStore, access: Access, filter: Filter = None, first: Most = 20
) -> list[Facet] | None:
    """How many entities there are of each kind, tag, owner and so on."""
    if not 1 <= len(by) <= MOST_FACETS:
        raise BadArgument(f"`by` has {len(by)} facets: ask for 1 to {MOST_FACETS}")
    checked("first", first, MAX_PAGE)
    counted = await store.facets(filter, by, first, access)
    owners = {value for one, values in zip(by, counted, strict=True) if one.field is FacetField.OWNER for value, _ in values}
    there = await known(store, [ref for ref in map(ref_of, owners) if ref], access)
    return [_facet(one, values, first, there) for one, values in zip(by, counted, strict=True)]


def _facet(by: FacetBy, values: Sequence[tuple[str, int]], first: int, there: Mapping[EntityRef, Entity]) -> Facet:
    made = [FacetValue(value=value, count=count, owner=_owner(by, value, there)) for value, count in values[:first]]
    return Facet(field=by.field, key=by.key, values=made, more=len(values) > first)


def _owner(by: FacetBy, value: str, there: Mapping[EntityRef, Entity]) -> Reference | None:
    ref = ref_of(value) if by.field is FacetField.OWNER else None
    return reference(ref, there.get(ref)) if ref else None


def _list(kind: type[E], name: str) -> None:
    async def listed(page: Page, store: CatalogStore, filter: Filter = None, order_by: Order = None) -> Any:
        return await store.entities(filter, page, kind.KIND.lower(), order_by)

    listed.__doc__ = f"{name[0].upper()}{name[1:]}, by name."
    listed.__annotations__["return"] = Connection[kind] | None  # type: ignore[valid-type]
    plugin.query(permission=READ, name=name, asks=PAGE)(listed)


for _kind, _name in (
    (Component, "components"), (API, "apis"), (Resource, "resources"), (System, "systems"),
    (Domain, "domains"), (Group, "groups"), (User, "users"), (Template, "templates"),
):  # fmt: skip
    _list(_kind, _name)


@plugin.query(permission=PROBLEMS)
async def catalog_status(store: CatalogStore, ingestion: Ingestion, access: Access) -> CatalogStatus | None:
    """What the catalog read last; who may not see every entity learns only when."""
    read_at, changed_at = await store.instants(ingestion.read_sources)
    if not access.whole:
        return CatalogStatus(read_at=read_at)
    return CatalogStatus(read_at=read_at, changed_at=changed_at, last_error=await store.last_error(), **await store.counts())


@plugin.field(on=Entity, permission=HISTORY, asks="one SQL statement")
async def created_at(entities: Batch[Entity], store: CatalogStore) -> list[datetime | None]:
    """Since when the catalog has it."""
    found = await store.times([entity.ref for entity in entities])
    return [found[entity.ref][0] if entity.ref in found else None for entity in entities]


@plugin.field(on=Entity, permission=HISTORY, asks="one SQL statement")
async def changed_at(entities: Batch[Entity], store: CatalogStore) -> list[datetime | None]:
    """When what its descriptor says changed last."""
    found = await store.times([entity.ref for entity in entities])
    return [found[entity.ref][1] if entity.ref in found else None for entity in entities]


@plugin.field(on=Entity, permission=READ)
async def source(entities: Batch[Entity]) -> list[SourceLocation | None]:
    """Where it was read."""
    return [SourceLocation(location=e.source.location, line=e.source.line) if e.source else None for e in entities]
