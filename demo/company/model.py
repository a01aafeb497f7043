"""The nouns of the made-up company, frozen: what every writer and every demo server works from."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

CLUSTERS = ("prod-eu", "prod-us", "staging")
REGIONS = {"prod-eu": "eu-north", "prod-us": "us-east", "staging": "eu-north"}


class Fate(StrEnum):
    """How a component fares in one cluster."""

    HEALTHY = "healthy"
    RESTARTED = "restarted"
    CRASH_LOOP = "crash-loop"
    OUT_OF_MEMORY = "out-of-memory"
    IMAGE_MISSING = "image-missing"
    CONFIG_MISSING = "config-missing"
    UNSCHEDULABLE = "unschedulable"
    EVICTED = "evicted"


class Trend(StrEnum):
    """Where a component's cost is going."""

    STEADY = "steady"
    RISING = "rising"
    FALLING = "falling"


@dataclass(frozen=True, slots=True)
class Founding:
    """Everything the company follows from: the same founding gives the same company, to the byte.

    `components` scales the rest; `as_of` is the last day of the cost export (exclusive).
    """

    seed: int
    components: int
    as_of: dt.date

    def to_json(self) -> dict[str, Any]:
        """The founding as JSON values, for `company.json`."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Founding:
        """Read back what `to_json` wrote; raises KeyError or ValueError on anything else."""
        as_of = dt.date.fromisoformat(values["as_of"])
        return cls(seed=int(values["seed"]), components=int(values["components"]), as_of=as_of)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works at the company."""

    name: str
    display_name: str
    email: str
    post: str
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A team, a department, or the whole organisation."""

    name: str
    type: str
    title: str
    text: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class System:
    """A system of about ten components; its name is also its Kubernetes namespace."""

    name: str
    domain: str
    title: str
    text: str
    owner: str
    things: tuple[str, ...]
    own_account: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """A component running in one cluster."""

    cluster: str
    replicas: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class Component:
    """A piece of software, and everything the upstreams know about it."""

    name: str
    system: str
    domain: str
    owner: str
    title: str
    text: str
    type: str
    lifecycle: str
    language: str
    tags: tuple[str, ...]
    repository: str
    builds: bool
    workload: str
    by_selector: bool
    placements: tuple[Placement, ...]
    provides: tuple[str, ...]
    consumes: tuple[str, ...]
    depends_on: tuple[str, ...]
    tier: str
    trend: Trend
    scanned: bool


@dataclass(frozen=True, slots=True)
class Api:
    """An interface that a component provides."""

    name: str
    type: str
    title: str
    text: str
    system: str
    owner: str
    thing: str
    lifecycle: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What software needs and nobody wrote: a database, a bucket, a queue."""

    name: str
    type: str
    text: str
    system: str
    owner: str


@dataclass(frozen=True)
class Company:
    """All of it."""

    founding: Founding
    domains: tuple[str, ...]
    groups: tuple[Group, ...]
    people: tuple[Person, ...]
    systems: tuple[System, ...]
    components: tuple[Component, ...]
    apis: tuple[Api, ...]
    resources: tuple[Resource, ...]

    @cached_property
    def system_by_name(self) -> dict[str, System]:
        """Systems by their names."""
        return {system.name: system for system in self.systems}

    @cached_property
    def by_repository(self) -> dict[str, tuple[Component, ...]]:
        """The components whose source is in each repository (`name`, without the organisation)."""
        found: dict[str, tuple[Component, ...]] = {}
        for component in self.components:
            found[component.repository] = (*found.get(component.repository, ()), component)
        return found

    def people_of(self, team: str) -> tuple[Person, ...]:
        """Who belongs to `team`."""
        return tuple(person for person in self.people if team in person.teams)
