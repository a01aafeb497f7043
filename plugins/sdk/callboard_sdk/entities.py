"""The shared entity types: what a catalog provides and every plugin may extend with fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import strawberry
from strawberry.types.base import get_object_definition

from .ids import encode_id
from .ref import EntityRef
from .spec import spec_values
from .types import Guard, computed, declare
from .values import KeyValue, Link, SpecValue

CATALOG_READ = "catalog.read"
"""The permission that reading entities needs."""
SPEC_READ = "catalog.spec.read"
"""The permission that reading what a spec has beside the fields that types show needs."""
IDENTITY = frozenset({"id", "ref", "kind", "namespace", "name"})
"""The fields that name an entity: readable wherever it is."""
_Keys = Annotated[list[str] | None, strawberry.argument(description="Only these keys, in this order; all when left out.")]
_Paths = Annotated[list[str] | None, strawberry.argument(description="Only what is under these; all when left out.")]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entity was read: a location as its provider names it, and the line its document starts at."""

    location: str
    line: int | None = None


@declare(guard=Guard(None), interface=True)
class Node:
    """An object with an id that `node(id:)` finds again."""

    def node_key(self) -> str:
        """What names the object among those of its type, for as long as it is the same: its plugin's loader gets it back."""
        raise NotImplementedError(f"{type(self).__name__} has no node_key: write one that names the object among its like")

    @computed()
    def id(self) -> strawberry.ID:
        """The object's id: opaque, stable, the same for every viewer."""
        return strawberry.ID(encode_id(get_object_definition(type(self), strict=True).name, self.node_key()))


@declare(guard=Guard(CATALOG_READ, IDENTITY), interface=True)
class Entity(Node):
    """Anything the catalog knows: named by a ref, owned by someone, related to others."""

    KIND: ClassVar[str] = ""
    """The descriptor kind this type is for."""

    ref: EntityRef
    """The entity's name as `kind:namespace/name`."""
    kind: str
    """The kind as its descriptor writes it, such as `Component`."""
    namespace: str
    """The namespace as its descriptor writes it."""
    name: str
    """The name as its descriptor writes it."""
    title: str | None = None
    """A name for people, where the descriptor gives one."""
    description: str | None = None
    """What the entity is, in its owner's words."""
    tags: list[str] | None = None
    """Tags, as the descriptor lists them."""
    api_version: str | None = None
    """The version of the format that its descriptor is written in, such as `backstage.io/v1alpha1`."""
    labels: strawberry.Private[Mapping[str, str]]
    annotations: strawberry.Private[Mapping[str, str]]
    links: strawberry.Private[tuple[Link, ...]]
    spec: strawberry.Private[Mapping[str, Any]]
    source: strawberry.Private[Source | None]
    now: strawberry.Private[Entity | None] = field(default=None, compare=False, repr=False)
    """Of an entity as it was: what it is by now. Conditions are asked of both."""

    def node_key(self) -> str:
        """The entity's ref."""
        return str(self.ref)

    @computed()
    def id(self) -> strawberry.ID:
        """The object's id: opaque, stable, the same for every viewer."""
        return strawberry.ID(encode_id("Entity", str(self.ref)))  # of whatever kind: one loader finds them all

    @computed(name="labels")
    def label_list(self, keys: _Keys = None) -> list[KeyValue] | None:
        """Labels, sorted by key; `keys` picks some of them."""
        return _entries(self.labels, keys)

    @computed(name="annotations")
    def annotation_list(self, keys: _Keys = None) -> list[KeyValue] | None:
        """Annotations, sorted by key; `keys` picks some of them."""
        return _entries(self.annotations, keys)

    @computed(name="specValues", permission=SPEC_READ)
    def spec_value_list(self, paths: _Paths = None) -> list[SpecValue] | None:
        """Values of the spec that no field shows by itself, those in lists of scalars too; `paths` picks some of them."""
        found = spec_values(self.spec)
        return [SpecValue(path=path, value=value) for path, value in found if paths is None or path in paths]

    @computed(name="links")
    def link_list(self) -> list[Link] | None:
        """Links that belong to the entity."""
        return list(self.links)

    def text(self, key: str) -> str | None:
        """The spec's value under `key` where it is a text: a descriptor may hold anything there."""
        found = self.spec.get(key)
        return found if isinstance(found, str) else None


def _entries(entries: Mapping[str, str], keys: list[str] | None) -> list[KeyValue]:
    wanted = sorted(entries) if keys is None else [key for key in keys if key in entries]
    return [KeyValue(key=key, value=entries[key]) for key in wanted]


entity = declare(guard=Guard(CATALOG_READ, IDENTITY), typed=True)
"""Declares a concrete entity type; give it `KIND`, the descriptor kind it stands for."""


@entity
class Component(Entity):
    """A piece of software: a service, a website, a library."""

    KIND = "Component"

    @computed()
    def type(self) -> str | None:
        """What it is, such as `service`, `website` or `library`."""
        return self.text("type")

    @computed()
    def lifecycle(self) -> str | None:
        """Where it stands in its life, such as `production` or `deprecated`."""
        return self.text("lifecycle")


@entity
class API(Entity):
    """An interface that a component provides and others consume."""

    KIND = "API"

    @computed()
    def type(self) -> str | None:
        """How it is described, such as `openapi`, `asyncapi`, `graphql` or `grpc`."""
        return self.text("type")

    @computed()
    def lifecycle(self) -> str | None:
        """Where it stands in its life, such as `production` or `deprecated`."""
        return self.text("lifecycle")

    @computed()
    def definition(self) -> str | None:
        """The interface's description itself, in the language that `type` names."""
        return self.text("definition")


@entity
class Resource(Entity):
    """What software needs to run: a database, a bucket, a topic."""

    KIND = "Resource"

    @computed()
    def type(self) -> str | None:
        """What it is, such as `database` or `s3-bucket`."""
        return self.text("type")


@entity
class System(Entity):
    """Components, APIs and resources that together do one thing."""

    KIND = "System"


@entity
class Domain(Entity):
    """Systems that share terms, metrics and a purpose."""

    KIND = "Domain"


@entity
class Group(Entity):
    """People who own things together: a team, a department."""

    KIND = "Group"

    @computed()
    def type(self) -> str | None:
        """What kind of group it is, such as `team` or `business-unit`."""
        return self.text("type")


@entity
class User(Entity):
    """A person of the organisation."""

    KIND = "User"

    @computed(name="displayName")
    def display_name(self) -> str | None:
        """What to call the person."""
        found = _profile(self).get("displayName")
        return found if isinstance(found, str) else None

    @computed()
    def email(self) -> str | None:
        """Where to write to the person."""
        found = _profile(self).get("email")
        return found if isinstance(found, str) else None


def _profile(user: Entity) -> Mapping[str, Any]:
    profile = user.spec.get("profile")
    return profile if isinstance(profile, Mapping) else {}


@entity
class Location(Entity):
    """A place that further descriptors are read from."""

    KIND = "Location"


@entity
class Template(Entity):
    """A recipe that makes new software."""

    KIND = "Template"

    @computed()
    def type(self) -> str | None:
        """What it makes, such as `service` or `website`."""
        return self.text("type")


@entity
class OpaqueEntity(Entity):
    """An entity of a kind that no plugin has a type for: everything that all entities share still works."""


ENTITY_TYPES: tuple[type[Entity], ...] = (Component, API, Resource, System, Domain, Group, User, Location, Template, OpaqueEntity)
"""The entity types that every gateway has."""
