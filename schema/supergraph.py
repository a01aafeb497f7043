"""The one schema clients see, with what guards each of its coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from callboard_sdk.fields import MUTATE, READ, FieldSpec
from callboard_sdk.plugin import MUTATION, QUERY, SUBSCRIPTION
from graphql import GraphQLSchema

from .predicates import KnownPredicate

ROOTS = {QUERY: "What can be asked.", MUTATION: "What can be changed.", SUBSCRIPTION: "What can be watched."}
"""The roots' descriptions, by name."""
ABOUT = "Callboard: one graph over a company's tooling. It shows what you may use: sign in, or ask for a role, to see more."
"""What `about` answers, whoever asks."""


class About(Enum):
    """What tells the entity that a condition on a coordinate speaks of."""

    ENTITY = "entity"
    """The object itself: an entity type, or a field of one."""
    RESULT = "result"
    """The entities in what it gives: it is open, and what it gives is filtered."""
    NOTHING = "nothing"
    """Nothing: a conditional allow counts for nothing, and a conditional deny denies."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What must be granted to use a coordinate, which plugin answers it, and what a condition on it is about."""

    plugin: str
    permission: str
    action: str = READ
    about: About = About.NOTHING


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that some plugin declared."""

    name: str
    plugin: str
    description: str


@dataclass(frozen=True)
class Supergraph:
    """The stitched schema. A coordinate (`Type.field` of an object type) without a guard is readable with its object.

    `loaders` has, by the type that an id names, what finds its objects; the guard of that type's own name says who may.

    An entity type has a coordinate of its own name, `T`: whether objects of it may be seen at all. `entities` has those types.
    `predicates` are what conditions of rules may name; those of a plugin that `stand_ins` names are not known.

    `plugins` are those whose fields are here, `missing` those that should be and aren't, because nothing tells their types;
    `installed` are all that could be loaded: a rule that names one of these means it.
    """

    schema: GraphQLSchema
    sdl: str
    guards: Mapping[str, Guarded]
    permissions: Mapping[str, Permission]
    fields: Mapping[str, FieldSpec]
    loaders: Mapping[str, FieldSpec]
    plugins: frozenset[str]
    missing: frozenset[str] = frozenset()
    stand_ins: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    predicates: Mapping[str, KnownPredicate] = field(default_factory=dict)
    installed: frozenset[str] = frozenset()


def usual_action(type_name: str) -> str:
    """The action that a field of this type needs unless it says otherwise."""
    return MUTATE if type_name == MUTATION else READ
