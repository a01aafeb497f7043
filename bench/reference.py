"""The reference page: services with 10 scalars, 3 objects from loaders, 5 children of 3 fields; 40 fields a service and one.

The same data in memory answers it three ways: a plugin of the gateway, a Strawberry schema with DataLoaders, and a loop
written by hand. A loader only looks its objects up, so that what is measured is what lies between them and JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import orjson
import strawberry
from callboard_sdk import Batch, Connection, Page, Plugin, paginate, value
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

T = TypeVar("T")

MOST = 10_000
"""How many services there are."""
CHILDREN = 5

Size = Annotated[int, strawberry.argument(description="How many services.")]


@value(typed=True)
class Contact:
    """Who answers for a service."""

    name: str
    """Their name."""
    email: str
    """Their address."""
    team: str
    """Their team."""
    chat: str
    """Their channel."""


@value(typed=True)
class Build:
    """A service's last build."""

    status: str
    """How it ended."""
    number: int
    """Its number."""
    passed: bool
    """Whether it passed."""
    url: str
    """Where it is shown."""


@value(typed=True)
class Spend:
    """What a service cost in a month."""

    amount: float
    """How much."""
    currency: str
    """In which currency."""
    month: str
    """In which month."""


@value(typed=True)
class Instance:
    """One running copy of a service."""

    name: str
    """Its name."""
    cpu: float
    """How many cores it uses."""
    ready: bool
    """Whether it takes requests."""


@value(typed=True)
class Service:
    """A service, with what its own source knows of it."""

    key: str
    """Its key."""
    name: str
    """Its name."""
    title: str
    """Its title."""
    summary: str | None
    """What it does."""
    kind: str
    """Its kind."""
    namespace: str
    """Its namespace."""
    rank: int
    """Its place among all."""
    score: float
    """How well it is kept."""
    live: bool
    """Whether it runs."""
    tag: str
    """Its tag."""
    instances: list[Instance]
    """Its running copies."""


CONTACTS = [Contact(name=f"Person {n}", email=f"p{n}@acme.example", team=f"team-{n % 60}", chat=f"#c{n}") for n in range(MOST)]
BUILDS = [Build(status="success", number=n, passed=n % 7 != 0, url=f"https://ci.example/{n}") for n in range(MOST)]
SPENDS = [Spend(amount=n * 1.25, currency="EUR", month="2026-11") for n in range(MOST)]


def _service(kind: Callable[..., T], n: int) -> T:
    instances = [Instance(name=f"pod-{n}-{i}", cpu=i / 4, ready=i != 3) for i in range(CHILDREN)]
    return kind(
        key=f"s{n:05}",
        name=f"service-{n:05}",
        title=f"Service {n}",
        summary=None if n % 3 else "What it does, in a line.",
        kind="service",
        namespace="default",
        rank=n,
        score=n / 3,
        live=n % 5 != 0,
        tag="backend",
        instances=instances,
    )


SERVICES = [_service(Service, n) for n in range(MOST)]
QUERY = """query Page($size: Int!) {
  services(size: $size) {
    key name title summary kind namespace rank score live tag
    contact { name email team chat }
    build { status number passed url }
    spend { amount currency month }
    instances { name cpu ready }
  }
}"""


# By hand


def by_hand(size: int) -> bytes:
    """The page as JSON, by a loop that knows nothing but this page."""
    services = SERVICES[:size]
    ranks = [s.rank for s in services]
    contacts, builds, spends = [CONTACTS[r] for r in ranks], [BUILDS[r] for r in ranks], [SPENDS[r] for r in ranks]
    rows = [
        {
            "key": s.key,
            "name": s.name,
            "title": s.title,
            "summary": s.summary,
            "kind": s.kind,
            "namespace": s.namespace,
            "rank": s.rank,
            "score": s.score,
            "live": s.live,
            "tag": s.tag,
            "contact": {"name": c.name, "email": c.email, "team": c.team, "chat": c.chat},
            "build": {"status": b.status, "number": b.number, "passed": b.passed, "url": b.url},
            "spend": {"amount": p.amount, "currency": p.currency, "month": p.month},
            "instances": [{"name": i.name, "cpu": i.cpu, "ready": i.ready} for i in s.instances],
        }
        for s, c, b, p in zip(services, contacts, builds, spends, strict=True)
    ]
    return orjson.dumps({"data": {"services": rows}})


# The gateway's plugin


def make_plugin() -> Plugin[Any]:
    """A plugin whose loader-fed fields are batch fields. `pages` is the same services as connections within connections."""
    plugin: Plugin[Any] = Plugin("reference", permissions={"reference.read": "Read the reference page."})

    @plugin.query(permission="reference.read")
    async def services(size: Size) -> list[Service] | None:
        """The first services."""
        return SERVICES[:size]

    @plugin.query(permission="reference.read")
    async def pages(page: Page) -> Connection[Service] | None:
        """The services, in pages."""
        return paginate(SERVICES[: page.size], page, lambda service: service.key)

    @plugin.field(on=Service, permission="reference.read")
    async def others(services: Batch[Service], page: Page) -> list[Connection[Service] | None]:
        """The services again, in pages."""
        return [paginate(SERVICES[: page.size], page, lambda service: service.key) for _ in services]

    @plugin.field(on=Service, permission="reference.read")
    async def contact(services: Batch[Service]) -> list[Contact | None]:
        """Who answers for it."""
        return [CONTACTS[service.rank] for service in services]

    @plugin.field(on=Service, permission="reference.read")
    async def build(services: Batch[Service]) -> list[Build | None]:
        """Its last build."""
        return [BUILDS[service.rank] for service in services]

    @plugin.field(on=Service, permission="reference.read")
    async def spend(services: Batch[Service]) -> list[Spend | None]:
        """What it cost."""
        return [SPENDS[service.rank] for service in services]

    return plugin


# Strawberry with DataLoaders


def _loader(kind: Sequence[T]) -> DataLoader[int, T]:
    async def load(ranks: list[int]) -> list[T]:
        return [kind[rank] for rank in ranks]

    return DataLoader(load)


@strawberry.type(name="Service")
class LoadedService(Service):
    """A service whose other objects come from DataLoaders."""

    @strawberry.field
    async def contact(self, info: strawberry.Info[Loaders]) -> Contact | None:
        return await info.context.contacts.load(self.rank)

    @strawberry.field
    async def build(self, info: strawberry.Info[Loaders]) -> Build | None:
        return await info.context.builds.load(self.rank)

    @strawberry.field
    async def spend(self, info: strawberry.Info[Loaders]) -> Spend | None:
        return await info.context.spends.load(self.rank)


class Loaders:
    """One request's DataLoaders."""

    def __init__(self) -> None:
        self.contacts = _loader(CONTACTS)
        self.builds = _loader(BUILDS)
        self.spends = _loader(SPENDS)


LOADED = [_service(LoadedService, n) for n in range(MOST)]


@strawberry.type
class Query:
    """What Strawberry's schema can be asked."""

    @strawberry.field
    async def services(self, size: int) -> list[LoadedService] | None:
        return LOADED[:size]


def strawberry_schema() -> strawberry.Schema:
    """The schema with its parser and validation caches, as Strawberry's own documentation speeds it up."""
    return strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
