"""Worlds: all that a gateway of these tests has behind it, as plain data, and the ways to put it there.

A world is a few descriptors, what the probe knows of them, and files that are no descriptors. Names are so few that those of
hidden entities come before, between and after those of visible ones, and that references often lead somewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from callboard_catalog.descriptors.descriptor import Descriptor, Place, Reading
from callboard_catalog.descriptors.format import read_descriptor
from callboard_catalog.ingestion.pushing import push
from callboard_catalog.descriptors.references import FIELDS, INVERSES
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import VERSION
from callboard_catalog.records.tables import ChangeRow, SourceRow, TermRow
from callboard_sdk import EntityRef, Problem
from sqlalchemy import delete, insert, select, update

from .probe import Known, Probe

KINDS = ("Component",) * 7 + (
    "API",
    "Resource",
    "System",
    "System",
    "Domain",
    "Group",
    "Group",
    "User",
    "Template",
    "Location",
    "Printer",
)
NAMES = ("alpha", "alph", "beta", "bet-a", "gamma", "zeta", "a", "m")
NAMESPACES = ("default", "default", "default", "inner")
TAGS = ("open", "secret", "red")
LABELS = {"tier": ("1", "2"), "team/x": ("red", "blue")}
NOTES = {"note": ("x", "y"), "example.com/run": ("x", "z")}
WORDS = (None, "Alpha and more", "the beta", "zeta", "quiet")
TYPES = ("service", "library", "team")
REGIONS = ("north", "south", "1")
LIFECYCLES = ("production", "deprecated")
LINKS = ({"url": "https://example.com/a", "title": "A"}, {"url": "https://example.com/b"}, {"url": "no address"})
WASTE = ("no mapping", {"kind": "Component"}, {"apiVersion": "a/v1", "kind": "API", "metadata": {"name": "-"}})
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    """One descriptor, as its file has it, and what the probe knows of the entity."""

    kind: str
    namespace: str
    name: str
    file: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    known: Known = Known()

    @cached_property
    def ref(self) -> EntityRef:
        """Its entity's name."""
        return EntityRef(self.kind, self.namespace, self.name)

    @cached_property
    def read(self) -> tuple[Descriptor, list[Problem]]:
        """What the catalog reads of it."""
        names = {"name": self.name} | ({} if self.namespace == "default" else {"namespace": self.namespace})
        document = {"apiVersion": "a/v1", "kind": self.kind, "metadata": {**self.metadata, **names}, "spec": dict(self.spec)}
        found, problems = read_descriptor(document, Place("ours", self.file))
        assert found is not None
        return found, problems


@dataclass(frozen=True, slots=True)
class Relation:
    """One direction of a relation."""

    source: EntityRef
    type: str
    target: EntityRef


@dataclass
class Story:
    """All that follows from a world's descriptors: relations, each with whether its source declares it, and problems."""

    files: int
    problems: list[Problem]
    relations: dict[Relation, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """Descriptors, of which the first for an entity counts; and documents that are no descriptors."""

    things: tuple[Thing, ...] = ()
    waste: tuple[Any, ...] = ()

    @cached_property
    def entities(self) -> Mapping[EntityRef, Thing]:
        """The things that count."""
        return {thing.ref: thing for thing in reversed(self.things)}

    @cached_property
    def items(self) -> list[Reading]:
        """What the catalog is handed of all of it; the names of items have the order of the things."""
        readings = []
        for thing in self.things:
            found, problems = thing.read
            readings.append(Reading(f"{len(readings):04}", documents=1, descriptors=[found], problems=problems))
        for number, document in enumerate(self.waste):
            place = Place("ours", f"waste{number}.yaml")
            problems = [place.problem("not-an-entity", "the document is no mapping", "Write one.")]
            if isinstance(document, dict):
                problems = read_descriptor(document, place)[1]
            readings.append(Reading(f"{len(readings):04}", documents=1, problems=problems))
        return readings

    @cached_property
    def reading(self) -> Story:
        """What is to be known of all of it: worked out here once more, from nothing but the descriptors."""
        found = Story(files=len(self.items), problems=[problem for item in self.items for problem in item.problems])
        first: dict[EntityRef, Descriptor] = {}
        for descriptor in (one for item in self.items for one in item.descriptors):
            ref, place = descriptor.ref, descriptor.place
            if first.setdefault(ref, descriptor) is not descriptor:
                text = f"{ref} stands in {first[ref].place.file} of source {place.source} already"
                found.problems.append(place.problem("duplicate", text, "Keep one of them.", entity=ref))
        for ref, descriptor in first.items():
            for reference in descriptor.references:
                found.relations[Relation(ref, reference.type, reference.target)] = True
                found.relations.setdefault(Relation(reference.target, INVERSES[reference.type], ref), False)
                if reference.target not in first:
                    text = f"{reference.path} refers to {reference.target}, which no source has"
                    found.problems.append(descriptor.place.problem("dangling-reference", text, "Mend it.", entity=ref))
        return found

    def without(self, number: int) -> World:
        """The same without one of its things, or of its waste."""
        count = len(self.things)
        if number < count:
            return replace(self, things=self.things[:number] + self.things[number + 1 :])
        return replace(self, waste=self.waste[: number - count] + self.waste[number - count + 1 :])


async def put(world: World, store: CatalogStore, probe: Probe, number: int = 0) -> None:
    """Make this world what a gateway has behind it. `number` tells when it changed last, as its store says."""
    await push(store, "ours", world.items, whole=True, now=lambda: (EPOCH + timedelta(days=number)).timestamp())
    async with store.writing() as connection:
        await connection.execute(update(SourceRow).values(succeeded=(EPOCH + timedelta(days=99)).timestamp()))
    probe.known = {str(ref): thing.known for ref, thing in world.entities.items()}


async def erase(store: CatalogStore) -> None:
    """Have the catalog forget all that it ever had, but not how often it has changed."""
    await push(store, "ours", [], whole=True)
    async with store.writing() as connection:
        number = (await connection.execute(select(VERSION))).scalar_one()
        for row in (ChangeRow, TermRow):
            await connection.execute(delete(row))
        await connection.execute(insert(ChangeRow), [{"number": number + 1, "at": 0.0, "what": "erased", "how": "removed"}])


@dataclass(frozen=True)
class Maker:
    """Makes worlds, and what they consist of, by chance."""

    dice: Random
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))
    there: list[EntityRef] = field(default_factory=list)
    """What references lead to, mostly."""

    def world(self) -> World:
        """Between four and eleven things, rarely one of them twice, and some waste."""
        names = [self.names() for _ in range(self.dice.randrange(4, 12))]
        self.there[:] = dict.fromkeys(EntityRef(*one) for one in names)
        found = list({thing.ref: thing for thing in map(self._named, names)}.values())
        if self.dice.random() < 0.2:
            found.append(self.thing(of=self.dice.choice(found)))
        return World(tuple(found), tuple(self.dice.choice(WASTE) for _ in range(self.dice.choice((0, 0, 1, 2)))))

    def thing(self, of: Thing | None = None) -> Thing:
        """Any thing, or another document for the entity of this one."""
        return self._named((of.kind, of.namespace, of.name) if of else self.names())

    def _named(self, names: tuple[str, str, str]) -> Thing:
        kind, namespace, name = names
        return Thing(kind, namespace, name, f"f{next(self.numbers)}.yaml", self.metadata(), self.spec(kind), self.known())

    def names(self) -> tuple[str, str, str]:
        """Kind, namespace and name; rarely in capitals, which make no other entity."""
        name = self.dice.choice(NAMES)
        return self.dice.choice(KINDS), self.dice.choice(NAMESPACES), name.title() if self.dice.random() < 0.1 else name

    def metadata(self) -> dict[str, Any]:
        """Title, tags and so on; some of it malformed."""
        dice = self.dice
        found: dict[str, Any] = {"tags": dice.sample(TAGS, dice.choice((0, 1, 1, 2)))}
        if dice.random() < 0.1:
            found["tags"] = [*found["tags"], "No Tag"]
        for name in ("title", "description"):
            if (text := dice.choice(WORDS)) is not None:
                found[name] = text
        found["labels"] = {key: dice.choice(values) for key, values in LABELS.items() if dice.random() < 0.5}
        found["annotations"] = {key: dice.choice(values) for key, values in NOTES.items() if dice.random() < 0.5}
        found["links"] = dice.sample(LINKS, dice.choice((0, 0, 1, 2)))
        if dice.random() < 0.05:
            found[dice.choice(("title", "labels", "tags"))] = 7
        return found

    def spec(self, kind: str) -> dict[str, Any]:
        """What the kind's spec has; some of it malformed, and references to anything."""
        dice = self.dice
        found: dict[str, Any] = {}
        if dice.random() < 0.8:
            found["type"] = dice.choice(TYPES)
        if dice.random() < 0.6:
            found["lifecycle"] = dice.choice(LIFECYCLES)
        for name, one in FIELDS.get(kind.lower(), {"owner": FIELDS["api"]["owner"]}).items():
            if dice.random() < 0.45:
                several = one.many != (dice.random() < 0.05)
                found[name] = (
                    [self.reference(one.kind) for _ in range(dice.randrange(3))] if several else self.reference(one.kind)
                )
        if dice.random() < 0.5:
            found["region"] = dice.choice((*REGIONS, list(REGIONS), 1))
        if kind == "API":
            found["definition"] = dice.choice(("one", "two"))
        if kind == "User":
            found["profile"] = {
                "displayName": dice.choice(("Ann", "Ben")),
                "email": dice.choice(("a@example.com", "b@example.com")),
            }
        if dice.random() < 0.04:
            found[dice.choice(("type", "owner"))] = 7
        return found

    def reference(self, kind: str) -> str:
        """A reference to an entity, of the kind mostly, whether there is one or not."""
        near = [ref for ref in self.there if kind in ("", ref.kind)]
        if near and self.dice.random() < 0.6:
            return str(self.dice.choice(near))
        if not kind or self.dice.random() < 0.1:
            return str(self.ref())
        return self.dice.choice((self.dice.choice(NAMES), f"{self.dice.choice(NAMESPACES)}/{self.dice.choice(NAMES)}"))

    def ref(self) -> EntityRef:
        """The name of anything."""
        return EntityRef(*self.names())

    def known(self) -> Known:
        """What the probe knows."""
        dice = self.dice
        return Known(
            score=dice.choice((None, 1, 2)),
            alone=dice.choice(("", "", "", "upstream", "crash")),
            spoils=dice.random() < 0.1,
            twin=str(self.ref()) if dice.random() < 0.5 else None,
        )
