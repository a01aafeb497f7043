"""A plugin with one of everything that a plan can hold: interfaces, a union, objects read with others, what is computed, mutations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import strawberry
from callboard_sdk import Batch, CallboardError, Connection, Entity, Page, Plugin, Settings, computed, node, paginate, value
from callboard_sdk import field as own
from callboard_sdk.entities import API, Component, Group
from callboard_sdk.testing import make_component, make_entity

from gateway.planning.explain import explain
from gateway.planning.plan import Plan
from gateway.testing import Harness, running_gateway

RULES = """
p, visitor, permission:zoo.read, read, allow
p, visitor, permission:catalog.read, read, allow
p, keeper, *, read, allow
p, keeper, *, mutate, allow
"""


@value
class Cat:
    """A cat."""

    name: str
    """What it is called."""
    lives: int
    """How many it has left."""


@value
class Dog:
    """A dog."""

    name: str
    """What it is called."""
    barks: bool
    """Whether one hears it."""

    @computed()
    def greeting(self) -> str:
        """What it says."""
        return f"{self.name} says hello"


Pet = Annotated[Cat | Dog, strawberry.union("Pet", description="A cat or a dog.")]


@node(permission="zoo.read")
class Lock:
    """What keeps a cage shut."""

    maker: str | None
    """Who made it."""
    code: str | None = own(permission="zoo.open")
    """What opens it."""


@node(permission="zoo.read")
class Cage:
    """Where pets live."""

    number: int | None
    """Its number."""
    lock: Lock | None
    """Its lock."""
    spare: list[Lock] | None
    """Locks for when that one breaks."""
    pets: list[Pet] | None
    """Who lives in it."""

    @computed()
    def crowded(self) -> bool | None:
        """Whether more than one pet lives in it."""
        return len(self.pets or ()) > 1

    @computed()
    def names(self, length: Annotated[int, strawberry.argument(description="How much of each.")]) -> list[str] | None:
        """How its pets are called, for short."""
        return [pet.name[:length] for pet in self.pets or ()]


@value
class Vet:
    """Who looks after a pet."""

    name: str
    """Who."""


@dataclass
class Zoo:
    """The plugin, with what each call of it was given: the parents and the arguments."""

    plugin: Plugin[Settings]
    calls: list[tuple[str, Sequence[Any], Mapping[str, Any]]] = field(default_factory=list)


Amount = Annotated[int, strawberry.argument(description="How much.")]
Words = Annotated[list[str], strawberry.argument(description="Any words.")]


def cages() -> list[Cage]:
    """Two cages, the first with a cat and a dog."""
    lock = Lock(maker="Acme", code="1234")
    return [
        Cage(number=1, lock=lock, spare=[lock, lock], pets=[Cat(name="Tom", lives=9), Dog(name="Rex", barks=True)]),
        Cage(number=2, lock=None, spare=None, pets=[]),
    ]


def make_zoo() -> Zoo:
    """A zoo of its own for each test."""
    plugin: Plugin[Settings] = Plugin(
        "zoo", permissions={"zoo.read": "Look at it.", "zoo.open": "Open locks.", "zoo.feed": "Feed it."}
    )
    zoo = Zoo(plugin)

    @plugin.query(permission="zoo.read", name="cages")
    async def all_cages() -> list[Cage] | None:
        """All cages."""
        zoo.calls.append(("cages", (), {}))
        return cages()

    @plugin.query(permission="zoo.read")
    async def things(page: Page) -> Connection[Entity] | None:
        """Entities of several kinds."""
        made: list[Entity] = [make_component("a"), make_entity(API, "b"), make_entity(Group, "c"), make_component("d")]
        return paginate(made, page, lambda entity: entity.name)

    @plugin.query(permission="zoo.read")
    async def echo(words: Words) -> list[str] | None:
        """What was said, and what the zoo makes of it."""
        words.append("squawk")
        return words

    @plugin.field(on=Entity, permission="zoo.read", asks="one list per zoo")
    async def vet(entities: Batch[Entity]) -> list[Vet | None]:
        """Who looks after it."""
        zoo.calls.append(("vet", list(entities), {}))
        return [Vet(name=f"vet of {entity.name}") for entity in entities]

    @plugin.field(on=Component, permission="zoo.read")
    async def fed(components: Batch[Component], times: Amount, with_what: Words) -> list[str | None]:
        """How often it was fed, with what."""
        zoo.calls.append(("fed", list(components), {"times": times, "with_what": list(with_what)}))
        answers: list[str | None] = [f"{component.name}: {times} x {'+'.join(with_what)}" for component in components]
        with_what.append("crumbs")
        return answers

    @plugin.mutation(permission="zoo.feed")
    async def feed(amount: Amount) -> Cage | None:
        """Feed everyone."""
        zoo.calls.append(("feed", (), {"amount": amount}))
        if amount < 0:
            raise CallboardError("nobody can be fed less than nothing")
        return cages()[0]

    return zoo


@asynccontextmanager
async def running_zoo(folder: Path, zoo: Zoo, rules: str = RULES) -> AsyncIterator[Harness]:
    """A gateway with the zoo and nothing else."""
    file = folder / "rules.csv"
    file.write_text(rules)
    async with running_gateway(folder, {"policies": {"rules": str(file)}}, plugins=[zoo.plugin]) as harness:
        yield harness


async def planned(harness: Harness, document: str, variables: Mapping[str, Any] | None = None, *, role: str = "keeper") -> Plan:
    """The plan of this document for this role."""
    return (await harness.plan(document, [role], variables))[0]


def told(plan: Plan, **options: Any) -> str:
    """The plan as text, whatever the policy's version is."""
    return explain(plan, **options).replace(plan.policy_version, "VERSION")
