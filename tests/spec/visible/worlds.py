"""Two gateways that differ only in what a guest may not see: all that is called `zorp...` is in one of them alone.

Whatever a guest sends must be answered by both in the same bytes, but for what `policies.denied: answer` allows.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import httpx
import strawberry
from callboard_sdk import Access, Batch, Node, Plugin, Settings, enum, filters, input, node, value
from callboard_sdk.entities import Component
from callboard_sdk.testing import make_component
from callboard_sdk.types import Guard, declare
from gateway.testing import Harness, running_gateway
from graphql import GraphQLSchema

HIDDEN = re.compile("zorp", re.IGNORECASE)
RULES = """
p, guest, permission:stage.read, read, allow
p, guest, permission:core.node, read, allow
p, guest, permission:core.viewer, read, allow
p, guest, permission:catalog.read, read, allow
p, guest, permission:core.plugins, read, allow
p, keeper, *, read, allow
p, keeper, *, mutate, allow
p, keeper, *, administer, allow
"""


@enum
class Genre(Enum):
    """What kind of show it is."""

    PLAY = "play"
    """Spoken."""
    OPERA = "opera"
    """Sung."""


@input
class ShowFilter:
    """Which shows."""

    genre: Genre | None = None
    """Of this kind."""
    title: str | None = None
    """With this title."""


@declare(guard=Guard("stage.read"), interface=True)
class Act:
    """Something on a stage."""

    title: str | None
    """What it is called."""
    minutes: int | None
    """How long it takes."""


@node(permission="stage.read")
class Show(Act):
    """A show."""

    genre: Genre | None
    """What kind."""


@node(permission="stage.read")
class Concert(Act):
    """A concert."""

    players: int | None
    """How many play."""


@node(permission="zorp.read")
class ZorpAct(Act):
    """An act that nobody is told of; it is gone with all of its fields."""

    title: str | None
    """What it is called."""
    minutes: int | None
    """How long it takes."""
    zorp_trick: str | None
    """How it is done."""


@declare(guard=Guard(None), interface=True)
class ZorpThing:
    """What is kept."""

    zorp_weight: int
    """How heavy it is."""


@value
class ZorpSafe(ZorpThing):
    """A safe."""

    zorp_combination: str
    """What opens it."""


@value
class ZorpVault(ZorpThing):
    """A vault."""

    zorp_depth: int
    """How deep it is."""


@node(permission="zorp.read")
class ZorpKey(Node):
    """A key."""

    zorp_teeth: int | None
    """How many teeth it has."""

    def node_key(self) -> str:
        return str(self.zorp_teeth)


@enum
class ZorpMetal(Enum):
    """What it is made of."""

    ZORP_GOLD = "gold"
    """Gold."""
    ZORP_LEAD = "lead"
    """Lead."""


@input
class ZorpFilter:
    """Which ones."""

    zorp_metal: ZorpMetal
    """Of this metal."""
    zorp_owner: str | None = None
    """Somebody's."""


Turn = Annotated[Show | Concert, strawberry.union("Turn", description="What comes next.")]
ZorpTurn = Annotated[Show | Concert | ZorpAct, strawberry.union("Turn", description="What comes next.")]
Kept = Annotated[ZorpSafe | ZorpVault, strawberry.union("ZorpKept", description="What is kept.")]
_SHOWS = [Show(title="Hamlet", minutes=240, genre=Genre.PLAY), Show(title="Tosca", minutes=120, genre=Genre.OPERA)]


def _about(text: str) -> Any:
    return strawberry.argument(description=text)


class Plain:
    """What doors are asked for by."""

    @enum
    class DoorOrder(Enum):
        """In which order."""

        NAME = "name"
        """By name."""
        HEIGHT = "height"
        """By height."""

    @input
    class DoorFilter:
        """Which doors."""

        name: str | None = None
        """With this name."""


class Zorp:
    """The same, with what a guest may not read of a door, and so not ask by."""

    @enum(filters={"ZORP_CODE": filters("Component.zorpCode")})
    class DoorOrder(Enum):
        """In which order."""

        NAME = "name"
        """By name."""
        ZORP_CODE = "zorp"
        """By what opens it."""
        HEIGHT = "height"
        """By height."""

    @input
    class DoorFilter:
        """Which doors."""

        name: str | None = None
        """With this name."""
        zorp_code: Annotated[str | None, filters("Component.zorpCode")] = None
        """That this opens."""


def stage(*, zorp: bool) -> Plugin[Settings]:
    """What a guest may see. With `zorp` its interface and its union have a type that it may not."""
    made: Plugin[Settings] = Plugin(
        "stage", permissions={"stage.read": "See the programme."}, types=[Show, Concert, *([ZorpAct] if zorp else [])]
    )

    @made.query(permission="stage.read")
    async def shows(
        filter: Annotated[ShowFilter | None, _about("Which ones.")] = None,
        genre: Annotated[Genre, _about("Of this kind.")] = Genre.PLAY,
        most: Annotated[int | None, _about("How many.")] = None,
    ) -> list[Show] | None:
        """The shows."""
        return _SHOWS[:most]

    @made.query(permission="stage.read")
    async def acts() -> list[Act] | None:
        """All acts."""
        return list(_SHOWS)

    if zorp:

        @made.query(permission="stage.read")
        async def turns() -> list[ZorpTurn] | None:
            """What comes, one after the other."""
            return list(_SHOWS)
    else:

        @made.query(permission="stage.read")
        async def turns() -> list[Turn] | None:
            """What comes, one after the other."""
            return list(_SHOWS)

    if zorp:

        @made.query(permission="stage.read")
        async def doors(
            access: Access,
            filter: Annotated[Zorp.DoorFilter | None, _about("Which ones.")] = None,
            order: Annotated[Zorp.DoorOrder, _about("In which order.")] = Zorp.DoorOrder.NAME,
            orders: Annotated[list[Zorp.DoorOrder] | None, _about("In which order, too.")] = None,
            zorp_code: Annotated[str | None, _about("That this opens."), filters("Component.zorpCode")] = None,
        ) -> list[Component] | None:
            """Components."""
            return [make_component("door")]
    else:

        @made.query(permission="stage.read")
        async def doors(
            access: Access,
            filter: Annotated[Plain.DoorFilter | None, _about("Which ones.")] = None,
            order: Annotated[Plain.DoorOrder, _about("In which order.")] = Plain.DoorOrder.NAME,
            orders: Annotated[list[Plain.DoorOrder] | None, _about("In which order, too.")] = None,
        ) -> list[Component] | None:
            """Components."""
            return [make_component("door")]

    return made


def vault() -> Plugin[Settings]:
    """What a guest may not see."""
    made: Plugin[Settings] = Plugin(
        "zorp", permissions={"zorp.read": "See what is kept.", "zorp.open": "Open it."}, types=[ZorpSafe, ZorpVault, ZorpKey]
    )

    @made.query(permission="zorp.read")
    async def zorp_safes(
        filter: Annotated[ZorpFilter, _about("Which ones.")],
        zorp_metal: Annotated[ZorpMetal, _about("Of this metal.")] = ZorpMetal.ZORP_GOLD,
        most: Annotated[int | None, _about("How many.")] = None,
    ) -> list[ZorpSafe] | None:
        """The safes."""
        return [ZorpSafe(zorp_weight=1, zorp_combination="1-2-3")]

    @made.query(permission="zorp.read")
    async def zorp_things() -> list[ZorpThing] | None:
        """All that is kept."""
        return [ZorpSafe(zorp_weight=1, zorp_combination="1-2-3")]

    @made.query(permission="zorp.read")
    async def zorp_kept() -> list[Kept] | None:
        """All that is kept, by kind."""
        return [ZorpSafe(zorp_weight=1, zorp_combination="1-2-3")]

    @made.query(permission="zorp.read")
    async def zorp_count() -> int | None:
        """How many there are."""
        return 1

    @made.query(permission="zorp.read")
    async def zorp_broken() -> int | None:
        """Fails."""
        raise KeyError("zorp")

    @made.field(on=Component, permission="zorp.read")
    async def zorp_code(components: Batch[Component]) -> list[str | None]:
        """What opens the door."""
        return ["1-2-3" for _ in components]

    @made.mutation(permission="zorp.open")
    async def zorp_open(filter: Annotated[ZorpFilter, _about("Which ones.")]) -> int | None:
        """Open them."""
        return 1

    @made.loader(ZorpKey, permission="zorp.read")
    async def key(keys: Batch[str]) -> list[ZorpKey | None]:
        return [ZorpKey(zorp_teeth=3) for _ in keys]

    return made


def visible_to(harness: Harness, role: str) -> GraphQLSchema:
    """The schema that a viewer with this role may use."""
    pipeline = harness.gateway.pipeline
    return pipeline.visible(pipeline.policies.current, frozenset({role})).schema


@dataclass(frozen=True)
class Reply:
    """An answer as it came over HTTP."""

    status: int
    text: str
    json: Any

    @property
    def messages(self) -> list[str]:
        return [error["message"] for error in self.json.get("errors", [])]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.json.get("errors", [])]


class World:
    """One gateway, asked over HTTP."""

    def __init__(self, harness: Harness, client: httpx.AsyncClient) -> None:
        self.harness = harness
        self.client = client

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, *, roles: Sequence[str] | None = ("guest",)
    ) -> Reply:
        headers = {"accept": "application/graphql-response+json"}
        if roles is not None:
            headers["authorization"] = self.harness.bearer(roles)
        body = {"query": document, "variables": dict(variables or {})}
        answer = await self.client.post("/graphql", json=body, headers=headers)
        return Reply(answer.status_code, answer.text, answer.json())


@dataclass(frozen=True)
class Worlds:
    """The one with what is hidden, and the one without."""

    with_zorp: World
    without: World

    async def alike(self, document: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Reply:
        """What both answer, byte for byte."""
        there = await self.with_zorp.ask(document, variables, **more)
        absent = await self.without.ask(document, variables, **more)
        assert there == absent, document
        return there


@asynccontextmanager
async def worlds(folder: Path, denied: str, **more: Any) -> AsyncIterator[Worlds]:
    rules = folder / "rules.csv"
    rules.write_text(RULES)
    settings = {"policies": {"rules": str(rules), "denied": denied}, **more}
    async with AsyncExitStack() as stack:

        async def world(name: str, plugins: Sequence[Plugin[Any]]) -> World:
            (folder / name).mkdir()
            harness = await stack.enter_async_context(running_gateway(folder / name, settings, plugins=plugins))
            transport = httpx.ASGITransport(app=harness.gateway.asgi)
            return World(harness, await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://test")))

        yield Worlds(
            await world("with", [stage(zorp=True), vault()]),
            await world("without", [stage(zorp=False)]),
        )
