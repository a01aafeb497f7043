"""The relations of entities in the graph: who owns what, what belongs where, what needs what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from callboard_sdk import Access, Batch, Entity, EntityRef, Plugin, filters
from callboard_sdk.entities import API, Component, Domain, Group, Resource, System, User

from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.queries.walking import FARTHEST

from .model import READ, Reached, Reference, Relation
from .pages import MAX_PAGE, Most, checked
from .refs import known, reference

_RELATED = "two SQL statements: the relations, and the entities"
_Types = Annotated[list[str] | None, strawberry.argument(description="Only relations of these types, such as `dependsOn`.")]
_Depth = Annotated[int, strawberry.argument(description="How many relations to go along, 1 to 10."), filters("Entity.relations")]


def add_relation_fields(plugin: Plugin[Any]) -> None:
    """Declare them on the catalog's plugin."""

    @plugin.field(on=Entity, permission=READ, asks=_RELATED)
    async def owner(entities: Batch[Entity], store: CatalogStore, access: Access) -> list[Reference | None]:
        """Who owns it."""
        return [found[0] if found else None for found in await _references(entities, "ownedBy", store, access)]

    @plugin.field(on=Entity, permission=READ, asks=_RELATED)
    async def relations(
        entities: Batch[Entity], store: CatalogStore, access: Access, types: _Types = None
    ) -> list[list[Relation] | None]:
        """Every relation to other entities, by type and name."""
        related, there = await _related(entities, types, store, access)
        return [[Relation(type=kind, ref=ref, entity=there.get(ref)) for kind, ref in found] for found in related]

    @plugin.field(on=Entity, permission=READ, asks="one SQL statement")
    async def related(
        entities: Batch[Entity], store: CatalogStore, access: Access, types: _Types = None, depth: _Depth = 1, first: Most = 20
    ) -> list[list[Reached] | None]:
        """Entities that its relations lead to, and theirs, the nearest first; what a viewer may not see is not gone through."""
        checked("depth", depth, FARTHEST)
        checked("first", first, MAX_PAGE)
        found = await store.walk([entity.ref for entity in entities], types, depth, first, access)
        return [[Reached(entity=one, depth=far) for one, far in found[entity.ref]] for entity in entities]

    _single(plugin, Component, "system", "partOf", System, "The system it is part of.")
    _single(plugin, Component, "subcomponentOf", "partOf", Component, "The component it is part of.")
    _several(plugin, Component, "subcomponents", "hasPart", Component, "The components that are part of it.")
    _several(plugin, Component, "providesApis", "providesApi", API, "The APIs it provides.")
    _several(plugin, Component, "consumesApis", "consumesApi", API, "The APIs it consumes.")
    _several(plugin, Component, "dependsOn", "dependsOn", None, "What it needs to run.")
    _several(plugin, Component, "dependents", "dependencyOf", None, "What needs it to run.")
    _single(plugin, API, "system", "partOf", System, "The system it is part of.")
    _several(plugin, API, "providers", "apiProvidedBy", Component, "The components that provide it.")
    _several(plugin, API, "consumers", "apiConsumedBy", Component, "The components that consume it.")
    _single(plugin, Resource, "system", "partOf", System, "The system it is part of.")
    _several(plugin, Resource, "dependsOn", "dependsOn", None, "What it needs to run.")
    _several(plugin, Resource, "dependents", "dependencyOf", None, "What needs it to run.")
    _single(plugin, System, "domain", "partOf", Domain, "The domain it is part of.")
    _several(plugin, System, "parts", "hasPart", None, "Its components, APIs and resources.")
    _single(plugin, Domain, "subdomainOf", "partOf", Domain, "The domain it is part of.")
    _several(plugin, Domain, "subdomains", "hasPart", Domain, "The domains that are part of it.")
    _several(plugin, Domain, "systems", "hasPart", System, "The systems of the domain.")
    _single(plugin, Group, "parent", "childOf", Group, "The group it belongs to.")
    _several(plugin, Group, "children", "parentOf", Group, "The groups that belong to it.")
    _several(plugin, Group, "members", "hasMember", User, "Its people.")
    _several(plugin, Group, "owned", "ownerOf", None, "What it owns itself.")
    _several(plugin, User, "memberOf", "memberOf", Group, "The groups the person belongs to.")
    _several(plugin, User, "owned", "ownerOf", None, "What the person owns alone.")


def _single(plugin: Plugin[Any], on: type[Entity], name: str, relation: str, kind: type[Entity], description: str) -> None:
    async def field(entities: Any, store: CatalogStore, access: Access) -> list[Reference | None]:
        found = await _references(entities, relation, store, access, kind)
        return [references[0] if references else None for references in found]

    _register(plugin, field, on, name, description)


def _several(
    plugin: Plugin[Any], on: type[Entity], name: str, relation: str, kind: type[Entity] | None, description: str
) -> None:
    async def field(entities: Any, store: CatalogStore, access: Access) -> list[list[Reference] | None]:
        return [*await _references(entities, relation, store, access, kind)]

    _register(plugin, field, on, name, description)


def _register(plugin: Plugin[Any], field: Any, on: type[Entity], name: str, description: str) -> None:
    field.__doc__ = description
    field.__annotations__["entities"] = Batch[on]  # type: ignore[valid-type]
    plugin.field(on=on, permission=READ, name=name, asks=_RELATED)(field)


async def _references(
    entities: Sequence[Entity], relation: str, store: CatalogStore, access: Access, kind: type[Entity] | None = None
) -> list[list[Reference]]:
    related, there = await _related(entities, [relation], store, access, kind.KIND.lower() if kind else None)
    return [[reference(ref, there.get(ref)) for _, ref in found] for found in related]


async def _related(
    entities: Sequence[Entity], types: Sequence[str] | None, store: CatalogStore, access: Access, kind: str | None = None
) -> tuple[list[list[tuple[str, EntityRef]]], dict[EntityRef, Entity]]:
    """For each entity its relations of these types to others of this kind, and those of the others that the viewer may see.

    What an entity declares itself is there whether the other may be seen or not: it looks the same as if there were no other.
    """
    refs = [entity.ref for entity in entities]
    relations = await store.relations(refs, types)
    others = {target for found in relations.values() for _, target, _ in found if kind in (None, target.kind)}
    there = await known(store, others, access)
    return [
        [(name, ref) for name, ref, declared in relations[source] if ref in others and (declared or ref in there)]
        for source in refs
    ], there
