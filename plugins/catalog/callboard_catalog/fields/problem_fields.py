"""What is wrong with descriptors, in the graph: listed, counted for whom it may concern, and of each entity."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from callboard_sdk import Access, Batch, Connection, Entity, EntityRef, Page, Plugin, Problem

from callboard_catalog.queries.filters import ProblemFilter
from callboard_catalog.queries.problem_counts import ProblemField
from callboard_catalog.queries.store import CatalogStore

from .model import PROBLEMS, ProblemCount
from .pages import MAX_PAGE, PAGE, Most, checked
from .refs import known, reference

_Filter = Annotated[ProblemFilter | None, strawberry.argument(description="Only what is all of this.")]
_By = Annotated[ProblemField, strawberry.argument(description="What to count by.")]


def add_problem_fields(plugin: Plugin[Any]) -> None:
    """Declare them on the catalog's plugin."""

    @plugin.query(permission=PROBLEMS, asks=PAGE)
    async def problems(page: Page, store: CatalogStore, filter: _Filter = None) -> Connection[Problem] | None:
        """What is wrong with the descriptors, by file and line."""
        return await store.problems(filter, page)

    @plugin.query(permission=PROBLEMS, asks="one SQL statement, and one more for owners")
    async def problem_counts(
        by: _By, store: CatalogStore, access: Access, where: _Filter = None, first: Most = 20
    ) -> list[ProblemCount] | None:
        """How many problems each team, source, kind, rule or severity has, the most first; equal ones by their names."""
        checked("first", first, MAX_PAGE)
        counted = await store.problem_counts(by, where, first, access)
        if by is not ProblemField.OWNER:
            return [ProblemCount(value=value, count=count) for value, count in counted]
        refs = {value: EntityRef.parse(value) for value, _ in counted}
        there = await known(store, refs.values(), access)
        return [ProblemCount(value=v, count=count, owner=reference(refs[v], there.get(refs[v]))) for v, count in counted]

    @plugin.field(on=Entity, permission=PROBLEMS, name="problems", asks="one SQL statement")
    async def problems_of(entities: Batch[Entity], store: CatalogStore, access: Access) -> list[list[Problem] | None]:
        """What is wrong with its descriptor."""
        found = await store.problems_of([entity.ref for entity in entities], access)
        return [found[entity.ref] for entity in entities]
