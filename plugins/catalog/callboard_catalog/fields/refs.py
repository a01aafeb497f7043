"""What refs lead to: the entities among them that the viewer may see, and for the rest what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable

from callboard_sdk import Access, Entity, EntityRef, InvalidRef, Problem, Severity

from callboard_catalog.queries.store import CatalogStore

from .model import Reference


def ref_of(key: str) -> EntityRef | None:
    """The ref that this is written as; None where it is none."""
    try:
        return EntityRef.parse(key)
    except InvalidRef:
        return None


async def known(store: CatalogStore, refs: Iterable[EntityRef], access: Access) -> dict[EntityRef, Entity]:
    """Those of these refs that are entities which the viewer may see, each looked up once."""
    distinct = sorted(set(refs))
    found = await store.get(distinct) if distinct else ()
    return {entity.ref: entity for entity in found if entity is not None and access.sees(entity)}


def reference(ref: EntityRef, entity: Entity | None) -> Reference:
    """A reference to this entity, or to none that is there or may be seen."""
    if entity is not None:
        return Reference(ref=ref, entity=entity)
    missing = Problem(
        rule="catalog.dangling-reference",
        message=f"nothing is named {ref}",
        severity=Severity.LOW,
        remedy="Mend the name, or add its descriptor.",
    )
    return Reference(ref=ref, problem=missing)
