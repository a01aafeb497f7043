"""A small company whose entities a test chooses, behind decisions that the test writes down: what a viewer may see is a table.

The rules that make such decisions are tested by themselves; here is what the engine does under them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import callboard_sdk as sdk
import orjson
import strawberry
from callboard_sdk import (
    Access,
    Batch,
    Connection,
    Entity,
    EntityRef,
    Node,
    Page,
    Plugin,
    Readable,
    UpstreamError,
    Viewer,
    filters,
)
from callboard_sdk.conditions import Expression, Has, Mark, every, no, some
from callboard_sdk.entities import Component, Group, entity
from callboard_sdk.testing import make_entity
from gateway.pipeline import Pipeline
from gateway.request import GraphQLRequest
from gateway.testing import Harness, running_gateway
from policies import Decision, Decisions
from policies.conditions import All, Condition, Negated, Predicate
from policies.conditions import Any as AnyOf

DENY = "deny"
Table = Mapping[str, Condition | str]
"""By coordinate what is not simply allowed: a condition, or DENY."""

RULES = "p, tester, *, read, allow\np, tester, *, mutate, allow\n"


def tagged(tag: str) -> Predicate:
    """The condition that an entity has this tag."""
    return Predicate("hasTag", json.dumps({"tag": tag}))


OPEN = tagged("open")
SHINY = tagged("shiny")

TYPES = ("API", "Component", "Domain", "Group", "Location", "OpaqueEntity", "Resource", "Robot", "System", "Template", "User")


def decision_id(coordinate: str) -> str:
    """The id of the decision on it."""
    return f"d-{hashlib.sha256(coordinate.encode()).hexdigest()[:12]}"


def all_types(condition: Condition | str) -> dict[str, Condition | str]:
    """Every entity is seen on this condition."""
    return dict.fromkeys(TYPES, condition)


@dataclass
class StandIn:
    """Decides by a table, as a policy decides by rules; counts what was asked of it."""

    table: Table
    version: str = "table"
    by_group: bool = False
    binds: bool = True
    kept: dict[frozenset[str], Decisions] = field(default_factory=dict)

    def decide(self, _roles: frozenset[str], coordinates: Iterable[str]) -> Decisions:
        key = frozenset(coordinates)
        if key not in self.kept:
            self.kept[key] = Decisions({coordinate: self._decision(coordinate) for coordinate in sorted(key)})
        return self.kept[key]

    async def bind(self, decisions: Decisions, _ask: object) -> Mapping[Condition, Expression]:
        """The conditions of these decisions, bound to whoever asks."""
        conditions = [decision.condition for decision in decisions.conditional.values() if decision.condition is not None]
        return {condition: bound(condition) for condition in conditions if self.binds}

    def roles_of(self, viewer: Viewer, _groups: object) -> frozenset[str]:
        """The viewer's own."""
        return viewer.roles

    @property
    def current(self) -> StandIn:
        """There is one version."""
        return self

    def _decision(self, coordinate: str) -> Decision:
        found = self.table.get(coordinate)
        condition = None if found is None or isinstance(found, str) else found
        return Decision(decision_id(coordinate), coordinate, found != DENY, "the table", condition)


def bound(condition: Condition) -> Expression:
    match condition:
        case Predicate(_, parameters):
            return Has(Mark.TAG, json.loads(parameters)["tag"])
        case All(parts):
            return every(map(bound, parts))
        case AnyOf(parts):
            return some(map(bound, parts))
        case Negated(part):
            return no(bound(part))


@entity
class Robot(Entity):
    """Something that works, with fields that ordinary Strawberry resolvers answer."""

    KIND = "Robot"

    @strawberry.field(description="Whom it works for, which nobody filters.")
    async def friends(self, info: strawberry.Info) -> list[Component] | None:
        return info.context.plugins.runtimes["estate"].resources[Estate].of(Component)

    @strawberry.field(description="Its first friend, whom nobody filters.")
    def friend(self, info: strawberry.Info) -> Component | None:
        return next(iter(info.context.plugins.runtimes["estate"].resources[Estate].of(Component)), None)

    @strawberry.field(description="What it was built for.")
    async def purpose(self, info: strawberry.Info) -> str | None:
        info.context.calls.append(f"purpose of {self.name}")
        return f"purpose of {self.name}"


@sdk.node(permission="estate.read")
class Rock(Node):
    """A thing that is no entity."""

    name: str | None
    """What it is called."""

    def node_key(self) -> str:
        """Its name."""
        return str(self.name)


Thing = Annotated[Component | Rock, strawberry.union("Thing", description="A component or a rock.")]


@sdk.value
class Crowd:
    """A value that holds entities, one and many."""

    leader: Component | None
    """The first."""
    people: list[Component]
    """All of them."""


@sdk.enum(filters={"LIFECYCLE": filters("Entity.lifecycle")})
class Order(Enum):
    """What to order by."""

    NAME = "NAME"
    """By name."""
    LIFECYCLE = "LIFECYCLE"
    """By lifecycle."""


@sdk.input
class Wanted:
    """What a component must be."""

    lifecycle: Annotated[str | None, filters("Entity.lifecycle")] = None
    """At this point of its life."""
    name: str | None = None
    """Named so."""
    neither: list["Wanted"] | None = None  # noqa: UP037  it names itself
    """None of these."""
    order: Order | None = None
    """Ordered by this."""


@sdk.input
class WantedInProduction:
    """What a component must be, unless something else is said."""

    lifecycle: Annotated[str, filters("Component.lifecycle")] = "production"
    """At this point of its life."""


_Filter = Annotated[Wanted | None, strawberry.argument(description="Only these.")]
_Default = Annotated[WantedInProduction | None, strawberry.argument(description="Only these.")]
_Lifecycle = Annotated[str | None, strawberry.argument(description="Only these."), filters("Component.lifecycle")]
_Name = Annotated[str, strawberry.argument(description="Its name.")]
_Order = Annotated[Order | None, strawberry.argument(description="Ordered so.")]
_Always = Annotated[str, strawberry.argument(description="Only these."), filters("Component.lifecycle")]


class Estate:
    """The entities, and what was asked of the plugin: by field, the names of the parents of each call. A `Catalog` too."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self.related_to: dict[EntityRef, list[EntityRef]] = {}
        self.asked: list[tuple[str, list[str]]] = []

    def add(self, name: str, *tags: str, kind: type[Entity] = Component, **more: Any) -> Entity:
        """A new entity with these tags."""
        ref = EntityRef(kind.KIND or "opaque", "default", name)
        made = make_entity(kind, name, **({"ref": ref, "tags": list(tags), "title": f"title of {name}"} | more))
        self.entities.append(made)
        return made

    def of(self, kind: type[Entity]) -> list[Any]:
        """All of this type."""
        return [entity for entity in self.entities if isinstance(entity, kind)]

    def called(self, name: str) -> list[list[str]]:
        """The parents of each call of this field."""
        return [parents for field, parents in self.asked if field == name]

    async def get(self, refs: Sequence[EntityRef]) -> list[Entity | None]:
        """The entities with these refs."""
        found = {entity.ref: entity for entity in self.entities}
        return [found.get(ref) for ref in refs]

    async def related(self, refs: Sequence[EntityRef], relation: str) -> Mapping[EntityRef, list[EntityRef]]:
        """The refs that they are related to, whatever the relation."""
        return {ref: self.related_to.get(ref, []) for ref in refs}


def make_plugin(estate: Estate) -> Plugin[Any]:
    """The plugin of these entities."""
    plugin: Plugin[Any] = Plugin("estate", permissions={"estate.read": "Read it."}, kinds=[Robot], types=[Rock])

    @plugin.resource
    async def held() -> AsyncIterator[Estate]:
        yield estate

    @plugin.loader(Entity, permission="estate.read")
    async def load(keys: Batch[str], estate: Estate) -> list[Entity | None]:
        """Entities by ref; asks for nobody's access."""
        estate.asked.append(("load", list(keys)))
        found = {str(entity.ref): entity for entity in estate.entities}
        return [found.get(key) for key in keys]

    @plugin.loader(Rock, permission="estate.read")
    async def rocks(keys: Batch[str]) -> list[Rock | None]:
        """Rocks by name."""
        estate.asked.append(("rocks", list(keys)))
        return [Rock(name=key) for key in keys]

    @plugin.query(permission="estate.read")
    async def components(page: Page) -> Connection[Component] | None:
        """A page of components."""
        return sdk.paginate(estate.of(Component), page, lambda one: one.name)

    @plugin.query(permission="estate.read")
    async def everything(page: Page) -> Connection[Entity] | None:
        """A page of all entities."""
        return sdk.paginate(estate.entities, page, lambda one: str(one.ref))

    @plugin.query(permission="estate.read")
    async def cut(page: Page) -> Connection[Component] | None:
        """A page that was cut without regard to anybody."""
        estate.asked.append(("cut", []))
        return sdk.connect(estate.of(Component), page, lambda one: one.name, total=99, more_before=False, more_after=False)

    @plugin.query(permission="estate.read")
    async def cut_well(page: Page, access: Access) -> Connection[Component] | None:
        """A page that was cut for its viewer."""
        seen = [one for one in estate.of(Component) if access.sees(one)]
        return sdk.connect(seen, page, lambda one: one.name, total=len(seen), more_before=False, more_after=False, access=access)

    @plugin.query(permission="estate.read")
    async def seen(access: Access) -> list[Component] | None:
        """All components that one sees."""
        return [one for one in estate.of(Component) if access.sees(one)]

    @plugin.query(permission="estate.read")
    async def found(catalog: sdk.Catalog) -> list[str] | None:
        """What the catalog says of everything."""
        refs = [entity.ref for entity in estate.entities]
        related = await catalog.related([EntityRef.parse("component:default/a"), *refs], "dependsOn")
        shown = [str(entity.ref) for entity in await catalog.get(refs) if entity]
        return [*shown, *(f"{ref} to {target}" for ref, targets in related.items() for target in targets)]

    @plugin.query(permission="estate.read")
    async def unfiltered() -> list[Component] | None:
        """All components, whoever asks."""
        estate.asked.append(("unfiltered", []))
        return estate.of(Component)

    @plugin.query(permission="estate.read")
    async def crowd() -> Crowd | None:
        """Components in a value, whoever asks."""
        estate.asked.append(("crowd", []))
        return Crowd(leader=None, people=estate.of(Component))

    @plugin.query(permission="estate.read")
    async def groups() -> list[Group] | None:
        """All groups, whoever asks."""
        return estate.of(Group)

    @plugin.query(permission="estate.read")
    async def counted() -> int | None:
        """How many there are."""
        return len(estate.entities)

    def named(name: str) -> Any:
        return next((one for one in estate.entities if one.name == name), None)

    @plugin.query(permission="estate.read")
    async def one(name: _Name) -> Entity | None:
        """The entity of this name, whoever asks."""
        found: Entity | None = named(name)
        return found

    @plugin.query(permission="estate.read")
    async def component(name: _Name) -> Component | None:
        """The component of this name, whoever asks."""
        found: Component | None = named(name)
        return found

    @plugin.query(permission="estate.read")
    async def thing(name: _Name) -> Thing | None:
        """The component of this name, or a rock called rock."""
        return Rock(name=name) if name == "rock" else named(name)

    @plugin.query(permission="estate.read")
    async def liar(access: Access) -> list[Component] | None:
        """Says that it filters, and doesn't."""
        return estate.of(Component)

    @plugin.query(permission="estate.read")
    async def gaps(access: Access) -> list[Component | None] | None:
        """Leaves the filtering to others."""
        return [*estate.of(Component)]

    @plugin.query(permission="estate.read")
    async def lying_crowds(access: Access) -> list[Crowd | None] | None:
        """Crowds of whoever there is."""
        return [Crowd(leader=one, people=[one]) for one in estate.of(Component)]

    @plugin.query(permission="estate.read")
    async def wanted(
        access: Access, filter: _Filter = None, lifecycle: _Lifecycle = None, order: _Order = None
    ) -> list[Component] | None:
        """Components that are as wanted."""
        estate.asked.append(("wanted", [repr(filter), repr(lifecycle)]))
        return [one for one in estate.of(Component) if access.sees(one)]

    @plugin.query(permission="estate.read")
    async def produced(access: Access, filter: _Default = None) -> list[Component] | None:
        """Components of a default."""
        return [one for one in estate.of(Component) if access.sees(one)]

    @plugin.query(permission="estate.read")
    async def of_lifecycle(access: Access, lifecycle: _Always = "production") -> list[Component] | None:
        """Components of a lifecycle, whether one says so or not."""
        return [one for one in estate.of(Component) if access.sees(one)]

    @plugin.field(on=Component, permission="estate.read")
    async def note(components: Batch[Component]) -> list[str | None]:
        """A note on it; it fails for what is tagged so."""
        estate.asked.append(("note", [one.name for one in components]))
        down = UpstreamError("notes", "TIMEOUT", "notes did not answer")
        return [down if "down" in (one.tags or ()) else f"note on {one.name}" for one in components]  # type: ignore[misc]

    @plugin.field(on=Entity, permission="estate.read")
    async def said(entities: Batch[Entity], readable: Readable) -> list[list[str] | None]:
        """All that it says of itself."""
        return [[key for key in ("title", "lifecycle", "purpose") if readable.reads(one, key)] for one in entities]

    @plugin.field(on=Entity, permission="estate.read")
    async def twin(entities: Batch[Entity]) -> list[Entity | None]:
        """The entity after it, whoever asks."""
        estate.asked.append(("twin", [one.name for one in entities]))
        following = dict(zip([one.ref for one in estate.entities], estate.entities[1:], strict=False))
        return [following.get(one.ref) for one in entities]

    @plugin.field(on=Component, permission="estate.read")
    async def peers(components: Batch[Component], page: Page) -> list[Connection[Component] | None]:
        """All the others."""
        return [
            sdk.paginate([other for other in estate.of(Component) if other is not one], page, lambda o: o.name)
            for one in components
        ]

    @plugin.field(on=Component, permission="estate.read")
    async def broken(components: Batch[Component]) -> list[str | None]:
        """Breaks for what is tagged so."""
        estate.asked.append(("broken", [one.name for one in components]))
        return [RuntimeError("spoilt") if "spoilt" in (one.tags or ()) else "fine" for one in components]  # type: ignore[misc]

    @plugin.mutation(permission="estate.read")
    async def touch() -> Crowd | None:
        """Changes nothing, and gives everything."""
        return Crowd(leader=None, people=estate.of(Component))

    return plugin


@dataclass(frozen=True)
class Told:
    """A whole response, and its parts."""

    body: bytes

    @property
    def data(self) -> Any:
        """The response's data."""
        return orjson.loads(self.body)["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Its errors."""
        found: list[dict[str, Any]] = orjson.loads(self.body).get("errors", [])
        return found

    @property
    def codes(self) -> dict[str, str]:
        """The code of each error, by its path."""
        return {".".join(map(str, error["path"])): error["extensions"]["code"] for error in self.errors}


class Asking:
    """Asks a gateway whole requests."""

    def __init__(self, harness: Harness, estate: Estate, pipeline: Pipeline, policy: StandIn) -> None:
        self.estate = estate
        self.policy = policy
        self.pipeline = pipeline
        self._harness = harness

    async def __call__(self, document: str, *, role: str = "tester", **variables: Any) -> Told:
        authorization = [self._harness.bearer([role])]
        response = await self.pipeline.answer(GraphQLRequest(document, variables=variables, authorization=authorization))
        return Told(bytes(response.body))


@asynccontextmanager
async def asking(folder: Path, estate: Estate, table: Table, *, development: bool = True) -> AsyncIterator[Asking]:
    """A running gateway over the estate, asked under this table; without `development` it trusts typed sources."""
    async with _running(folder, estate, RULES, development=development) as harness:
        pipeline = harness.gateway.pipeline
        policy = StandIn(table)
        yield Asking(harness, estate, replace(pipeline, policies=policy), policy)  # type: ignore[arg-type]


@asynccontextmanager
async def asking_by_rules(folder: Path, estate: Estate, rules: str) -> AsyncIterator[Asking]:
    """A running gateway over the estate, under rules as a file has them."""
    async with _running(folder, estate, rules, development=True) as harness:
        yield Asking(harness, estate, harness.gateway.pipeline, StandIn({}))


@asynccontextmanager
async def _running(folder: Path, estate: Estate, rules: str, *, development: bool) -> AsyncIterator[Harness]:
    file = folder / "rules.csv"
    file.write_text(rules)
    settings = {"policies": {"rules": str(file)}, "server": {"development": development}}
    async with running_gateway(folder, settings, plugins=[make_plugin(estate)]) as harness:
        yield harness
