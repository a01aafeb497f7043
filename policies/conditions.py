"""A rule's condition: predicates under all, any and not, as its file writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Predicate:
    """One predicate with its parameters, as canonical JSON, so that equal conditions are equal."""

    name: str
    parameters: str = "{}"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The part doesn't hold."""

    part: Condition


Condition = Predicate | All | Any | Negated


def predicates(condition: Condition) -> Iterator[Predicate]:
    """Every predicate in it."""
    match condition:
        case Predicate():
            yield condition
        case All(parts) | Any(parts):
            for part in parts:
                yield from predicates(part)
        case Negated(part):
            yield from predicates(part)
