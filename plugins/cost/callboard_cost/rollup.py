"""Which entities a system, domain or group adds up: asked of the catalog for a whole batch, level by level."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from callboard_sdk import Catalog, EntityRef, Readable

MAX_LEVELS = 32


async def parts(catalog: Catalog, wholes: Sequence[EntityRef]) -> list[set[EntityRef]]:
    """For each system or domain itself and all of its parts, and theirs; each once, even when parts form a circle."""
    below = await _edges(catalog, wholes, "hasPart")
    return [_reach(whole, below) for whole in wholes]


async def owned(catalog: Catalog, groups: Sequence[EntityRef]) -> list[set[EntityRef]]:
    """For each group itself, the groups below it, and everything that any of them owns; each once."""
    children = await _edges(catalog, groups, "parentOf")
    families = [_reach(group, children) for group in groups]
    members = sorted(set().union(*families))
    owns = await catalog.related(members, "ownerOf") if members else {}
    return [family.union(*(owns.get(member, ()) for member in family)) for family in families]


async def told(catalog: Catalog, sums: Sequence[set[EntityRef]], readable: Readable) -> list[set[EntityRef]]:
    """The same without entities of which the viewer may not read the cost by itself; one question to the catalog."""
    if readable.reads_all("cost"):
        return list(sums)
    refs = sorted(set().union(*sums))
    found = zip(refs, await catalog.get(refs), strict=True)
    left = {ref for ref, entity in found if entity is not None and readable.reads(entity, "cost")}
    return [refs & left for refs in sums]


async def nearest(
    catalog: Catalog, refs: Collection[EntityRef], relation: str, kinds: Collection[str]
) -> dict[EntityRef, EntityRef]:
    """For each ref the nearest entity of one of `kinds` along `relation`: itself, or what it leads to in fewest steps.

    Of several equally near the first by ref is taken. Refs that lead to none are left out.
    """
    above = await _edges(catalog, sorted(refs), relation, until=kinds)
    found = {}
    for ref in refs:
        if (target := _nearest(ref, above, kinds)) is not None:
            found[ref] = target
    return found


async def _edges(
    catalog: Catalog, roots: Iterable[EntityRef], relation: str, until: Collection[str] = ()
) -> Mapping[EntityRef, Sequence[EntityRef]]:
    """All edges that can be reached from the roots: one question a level, each ref asked for once."""
    edges: dict[EntityRef, Sequence[EntityRef]] = {}
    frontier = sorted(set(roots))
    for _ in range(MAX_LEVELS):
        frontier = [ref for ref in frontier if ref.kind not in until]
        if not frontier:
            break
        found = await catalog.related(frontier, relation)
        edges.update({ref: found.get(ref, []) for ref in frontier})
        frontier = sorted({target for ref in frontier for target in edges[ref]} - edges.keys())
    return edges


def _reach(root: EntityRef, edges: Mapping[EntityRef, Sequence[EntityRef]]) -> set[EntityRef]:
    reached = {root}
    waiting = [root]
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - reached
        reached |= new
        waiting.extend(new)
    return reached


def _nearest(ref: EntityRef, edges: Mapping[EntityRef, Sequence[EntityRef]], kinds: Collection[str]) -> EntityRef | None:
    level, seen = {ref}, {ref}
    while level:
        if fitting := sorted(here for here in level if here.kind in kinds):
            return fitting[0]
        level = {target for here in level for target in edges.get(here, ())} - seen
        seen |= level
    return None
