"""A plugin that gives what the catalog doesn't: values that fail, entities by every way that the SDK has, and a filter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import callboard_sdk as sdk
import strawberry
from callboard_sdk import Access, Batch, Catalog, Connection, Entity, EntityRef, Page, Plugin, UpstreamError, UserError, filters
from callboard_sdk.entities import Component

READ = "probe.read"
MORE = "probe.more"
TOUCH = "probe.touch"
_Lifecycle = Annotated[
    str | None, strawberry.argument(description="Only at this point of its life."), filters("Component.lifecycle")
]


@dataclass(frozen=True)
class Known:
    """What the probe knows of one entity: `alone` says how its own score fails, `spoils` that all moods do."""

    score: int | None = None
    alone: str = ""
    spoils: bool = False
    twin: str | None = None


@dataclass
class Probe:
    """What the probe knows, by ref; and the whole catalog, whoever asks."""

    catalog: Catalog
    known: Mapping[str, Known] = field(default_factory=dict)

    def of(self, entity: Entity) -> Known:
        """What it knows of this one."""
        return self.known[str(entity.ref)]

    async def components(self) -> list[Component]:
        """All components that it knows of."""
        found = await self.catalog.get([EntityRef.parse(ref) for ref in self.known])
        return [one for one in found if isinstance(one, Component)]


@sdk.input
class TouchInput:
    """What to touch."""

    ref: EntityRef
    """Which entity."""


@sdk.value
class TouchPayload:
    """What was touched."""

    entity: Entity | None
    """The entity."""
    errors: list[UserError]
    """Why there is none."""


_Touch = Annotated[TouchInput, strawberry.argument(description="What to touch.")]


def make_probe() -> Plugin[Any]:
    """The plugin, for one gateway."""
    plugin: Plugin[Any] = Plugin(
        "probe", permissions={READ: "Read what it measures.", MORE: "Read who is near.", TOUCH: "Touch it."}
    )

    @plugin.resource
    async def probe(catalog: Catalog) -> AsyncIterator[Probe]:
        """What it knows."""
        yield Probe(catalog)

    @plugin.field(on=Entity, permission=READ)
    async def score(entities: Batch[Entity], probe: Probe) -> list[int | None]:
        """A number; it fails for some alone."""
        return [_score(probe.of(one)) for one in entities]  # type: ignore[misc]

    @plugin.field(on=Component, permission=READ)
    async def mood(components: Batch[Component], probe: Probe) -> list[str | None]:
        """A word; one that is spoilt spoils it for all."""
        if any(probe.of(one).spoils for one in components):
            raise ValueError("spoilt")
        return [f"mood of {one.name}" for one in components]

    @plugin.field(on=Component, permission=MORE)
    async def peers(components: Batch[Component], catalog: Catalog) -> list[list[Entity] | None]:
        """What it depends on, as the catalog says it."""
        related = await catalog.related([one.ref for one in components], "dependsOn")
        return [[one for one in await catalog.get(related[component.ref]) if one] for component in components]

    @plugin.field(on=Component, permission=MORE)
    async def near(components: Batch[Component], page: Page, probe: Probe) -> list[Connection[Component] | None]:
        """All components but itself, paged."""
        every = await probe.components()
        return [sdk.paginate([one for one in every if one.ref != component.ref], page, _key) for component in components]

    @plugin.field(on=Component, permission=MORE)
    async def twin(components: Batch[Component], probe: Probe) -> list[Component | None]:
        """Another component, whoever asks."""
        wanted = [probe.of(one).twin for one in components]
        found = {str(one.ref): one for one in await probe.components()}
        return [found.get(ref) if ref else None for ref in wanted]

    @plugin.query(permission=MORE)
    async def everyone(probe: Probe) -> list[Component] | None:
        """All components, whoever asks."""
        return await probe.components()

    @plugin.query(permission=MORE)
    async def measured(page: Page, access: Access, probe: Probe, lifecycle: _Lifecycle = None) -> Connection[Component] | None:
        """Components at a point of their life."""
        found = [one for one in await probe.components() if access.sees(one) and lifecycle in (None, one.text("lifecycle"))]
        return sdk.paginate(found, page, _key)

    @plugin.mutation(permission=TOUCH)
    async def touch(input: _Touch, catalog: Catalog) -> TouchPayload | None:
        """Touch an entity; to who may not see it there is none."""
        [found] = await catalog.get([input.ref])
        errors = [] if found is not None else [UserError(message=f"there is no {input.ref}", path=["input", "ref"])]
        return TouchPayload(entity=found, errors=errors)

    @plugin.mutation(permission=TOUCH)
    async def touch_all(probe: Probe, access: Access) -> list[Component] | None:
        """Touch all components that one sees."""
        return [one for one in await probe.components() if access.sees(one)]

    return plugin


def _key(entity: Entity) -> str:
    return f"{entity.name}/{entity.ref}"


def _score(known: Known) -> int | None | Exception:
    if known.alone == "upstream":
        return UpstreamError("meter", "TIMEOUT", "the meter did not answer")
    return ValueError("crashed") if known.alone == "crash" else known.score


__all__: Sequence[str] = ["Known", "Probe", "make_probe"]
