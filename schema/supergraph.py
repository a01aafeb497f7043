"""The one schema clients see, with what guards each of its coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callboard_sdk import RegistrationError
from callboard_sdk.fields import FieldSpec
from callboard_sdk.plugin import MUTATION, QUERY
from graphql import GraphQLSchema

ROOTS = {QUERY: "What can be asked.", MUTATION: "What can be changed."}
"""The roots' descriptions, by name."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What must be granted to read a coordinate, and which plugin answers it."""

    plugin: str
    permission: str


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

    `plugins` are those whose fields are here, `missing` those that should be and aren't, because nothing tells their types.
    """

    schema: GraphQLSchema
    sdl: str
    guards: Mapping[str, Guarded]
    permissions: Mapping[str, Permission]
    fields: Mapping[str, FieldSpec]
    loaders: Mapping[str, FieldSpec]
    plugins: frozenset[str]
    missing: frozenset[str] = frozenset()


class StitchError(RegistrationError):
    """The plugins don't fit into one schema; `plugin` is the one to leave out so that the rest does."""

    def __init__(self, plugin: str, where: str, problem: str, remedy: str) -> None:
        super().__init__(where, problem, remedy)
        self.plugin = plugin
