"""A schema as plain data: what the generators speak of. A type is its text in SDL, such as `[T0!]!`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LEAVES = ("Int", "String", "Boolean", "Float", "ID", "Colour", "Odd")


def named(type_: str) -> str:
    return type_.strip("[]!")


def nullable(type_: str) -> str:
    return type_.removesuffix("!")


def is_required(type_: str) -> bool:
    return type_.endswith("!")


def is_list(type_: str) -> bool:
    return type_.startswith("[")


def item(type_: str) -> str:
    return nullable(type_)[1:-1]


MISSING: Any = object()


@dataclass
class InputValue:
    """An argument, or a field of an input object. `default` is the external value; `out_name` renames it for resolvers."""

    name: str
    type: str
    default: Any = MISSING
    internal_default: bool = False
    out_name: str | None = None

    @property
    def optional(self) -> bool:
        return not is_required(self.type) or self.default is not MISSING


@dataclass
class InputObject:
    name: str
    fields: dict[str, InputValue]
    one_of: bool = False


@dataclass
class Field:
    """`kind` says how its value is got: see `building.RESOLUTIONS`. `later`: after this many pauses, 0 is at once; `broken`: its load raises."""

    name: str
    type: str
    args: list[InputValue]
    kind: str = "resolver"
    later: int = 0
    broken: bool = False


@dataclass
class Composite:
    """An object, an interface or a union. `how` is the way of `is_type_of` or `resolve_type`: none, sync or async."""

    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    interfaces: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    how: str = "none"


@dataclass
class Model:
    objects: dict[str, Composite]
    interfaces: dict[str, Composite]
    unions: dict[str, Composite]
    inputs: dict[str, InputObject]
    asynchronous: bool
    trouble: int
    """How many in a thousand values go wrong."""

    def __post_init__(self) -> None:
        self._possible = {name: {name} for name in self.objects}
        for name, union in self.unions.items():
            self._possible[name] = set(union.members)
        for name in self.interfaces:
            self._possible[name] = {o.name for o in self.objects.values() if name in o.interfaces}

    def possible(self, name: str) -> set[str]:
        return self._possible[name]

    def fields(self, name: str) -> dict[str, Field]:
        composite = self.objects.get(name) or self.interfaces.get(name)
        return composite.fields if composite else {}

    def is_composite(self, type_: str) -> bool:
        return named(type_) in self._possible

    def overlapping(self, name: str) -> list[str]:
        """The composite types that an object of this type might be, too."""
        mine = self._possible[name]
        return [other for other, possible in self._possible.items() if mine & possible]
