"""A tiny plugin with a few components, for tests of the core: it needs no catalog and no upstream."""

from __future__ import annotations

from typing import Annotated

import strawberry
from callboard_sdk import Batch, CallboardError, Connection, Page, Plugin, Settings, UpstreamError, paginate, value
from callboard_sdk.entities import Component
from callboard_sdk.testing import make_component


class CompanySettings(Settings):
    """How many components there are."""

    components: int = 5


@value
class Shift:
    """One turn on call."""

    person: str
    """Who."""
    notes: str | None = None
    """What they wrote."""


@value(typed=True)
class Crew:
    """People who work together."""

    people: list[str]
    """Who."""


Count = Annotated[int, strawberry.argument(description="How many.")]


def make_company() -> tuple[Plugin[CompanySettings], list[int]]:
    """The plugin, and the batch sizes of each call of `onCall`."""
    company: Plugin[CompanySettings] = Plugin(
        "company",
        settings=CompanySettings,
        permissions={"company.read": "Read it.", "company.call": "See shifts.", "company.change": "Change it."},
    )
    batches: list[int] = []
    held = [f"p-{n}" for n in range(50)]

    @company.query(permission="company.read")
    async def components(page: Page, settings: CompanySettings) -> Connection[Component] | None:
        """All components."""
        return paginate([make_component(f"c{n:03}") for n in range(settings.components)], page, lambda c: c.name)

    @company.field(on=Component, permission="company.call")
    async def on_call(components: Batch[Component]) -> list[Shift | None]:
        """Who is on call."""
        batches.append(len(components))
        return [Shift(person=f"p-{c.name}") for c in components]

    @company.field(on=Component, permission="company.read")
    async def crew(components: Batch[Component]) -> list[Crew | None]:
        """Everybody; the plugin goes on holding the list."""
        return [Crew(people=held) for _ in components]

    @company.field(on=Component, permission="company.read")
    async def flaky(components: Batch[Component]) -> list[Shift | None]:
        """Fails for one component, and inside another's value."""
        down = UpstreamError("pager", "TIMEOUT", "pager did not answer")
        items: list[object] = [Shift(person="ok") for _ in components]
        items[0] = down
        items[1] = Shift(person="half", notes=down)  # type: ignore[arg-type]
        return items  # type: ignore[return-value]

    @company.field(on=Component, permission="company.read")
    async def broken(components: Batch[Component]) -> list[str | None]:
        """Raises what a plugin shouldn't."""
        raise RuntimeError("password=hunter2")

    @company.field(on=Component, permission="company.read")
    async def miscounted(components: Batch[Component]) -> list[str | None]:
        """Gives too few results."""
        return []

    @company.mutation(permission="company.change")
    async def rename(count: Count) -> int | None:
        """Changes something."""
        if count < 0:
            raise CallboardError("count is negative: give 0 or more")
        return count

    return company, batches
