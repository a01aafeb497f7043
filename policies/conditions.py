"""A rule's condition: predicates under all, any and not, as its file writes them.

Written as data: `isOwner` or `{isOwner: {}}`, `{hasTag: {tag: pci}}`, `{all: [..]}`, `{any: [..]}`, `{not: ..}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any as Data

MAX_DEPTH = 8
"""How deep all, any and not may nest."""
MAX_PREDICATES = 64
"""How many predicates one condition may have."""
MAX_CHARACTERS = 10_000
"""How long a condition's text may be."""

Place = tuple[str | int, ...]
"""Where in the data something stands."""


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


class ConditionError(ValueError):
    """The data is no condition; `mistakes` has each of them, with its place in the data."""

    def __init__(self, mistakes: list[tuple[Place, str]]) -> None:
        super().__init__("; ".join(message for _, message in mistakes))
        self.mistakes = mistakes


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


def mapped(condition: Condition, change: Callable[[Predicate], Predicate]) -> Condition:
    """The same tree with each predicate changed."""
    match condition:
        case Predicate():
            return change(condition)
        case All(parts):
            return All(tuple(mapped(part, change) for part in parts))
        case Any(parts):
            return Any(tuple(mapped(part, change) for part in parts))
        case Negated(part):
            return Negated(mapped(part, change))


def plain(condition: Condition) -> Data:
    """The condition as data; a predicate without parameters is its bare name."""
    match condition:
        case Predicate(name, "{}"):
            return name
        case Predicate(name, parameters):
            return {name: json.loads(parameters)}
        case All(parts):
            return {"all": [plain(part) for part in parts]}
        case Any(parts):
            return {"any": [plain(part) for part in parts]}
        case Negated(part):
            return {"not": plain(part)}


def canonical(value: Data) -> str:
    """Data as JSON that is the same for the same data, in one line of ASCII. Raises ValueError for what JSON doesn't have."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def text(condition: Condition) -> str:
    """The condition as canonical JSON; a predicate without parameters is its bare name."""
    data = plain(condition)
    return data if isinstance(data, str) else canonical(data)


def simplest(condition: Condition) -> Condition:
    """A form that is the same for conditions that differ only in order, repetition and needless nesting."""
    match condition:
        case Predicate():
            return condition
        case Negated(part):
            inner = simplest(part)
            return inner.part if isinstance(inner, Negated) else Negated(inner)
        case All(parts) | Any(parts):
            kind = type(condition)
            flat: dict[str, Condition] = {}
            for part in map(simplest, parts):
                for one in part.parts if isinstance(part, kind) else (part,):
                    flat[text(one)] = one
            ordered = tuple(flat[key] for key in sorted(flat))
            return ordered[0] if len(ordered) == 1 else kind(ordered)


def from_text(given: str) -> Condition:
    """Read what `text` gives, or a bare name. Raises ConditionError with every mistake."""
    if len(given) > MAX_CHARACTERS:
        raise ConditionError([((), f"a condition has at most {MAX_CHARACTERS} characters")])
    try:
        value = json.loads(given, object_pairs_hook=_once) if given[:1] in ("{", '"', "[") else given
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ConditionError([((), f"the condition is not JSON ({reason}): is it whole, and its quotes doubled?")]) from None
    return from_data(value)


def _once(pairs: list[tuple[str, Data]]) -> dict[str, Data]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def from_data(value: Data) -> Condition:
    """Read a condition from what YAML or JSON gives. Raises ConditionError with every mistake."""
    reader = _Reader()
    found = reader.read(value, (), 0)
    if reader.count > MAX_PREDICATES:
        reader.mistakes.append(((), f"has {reader.count} predicates; at most {MAX_PREDICATES} go into one condition"))
    if reader.mistakes:
        raise ConditionError(reader.mistakes)
    return found


class _Reader:
    def __init__(self) -> None:
        self.mistakes: list[tuple[Place, str]] = []
        self.count = 0

    def read(self, value: Data, place: Place, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            return self._mistake(place, f"all, any and not nest at most {MAX_DEPTH} deep")
        match value:
            case str() if value.strip():
                return self._predicate(value, {}, place)
            case dict() if len(value) == 1:
                [(name, given)] = value.items()
                return self._one(name, given, (*place, name), depth)
            case dict():
                names = ", ".join(str(name)[:40] for name in list(value)[:5]) or "nothing"
                return self._mistake(place, f"names {names}: write one predicate, or combine several with all: [..] or any: [..]")
        return self._mistake(place, "is no condition: write a predicate like isOwner or {hasTag: {tag: pci}}, or all, any, not")

    def _one(self, name: Data, given: Data, place: Place, depth: int) -> Condition:
        match name:
            case "all" | "any":
                if not isinstance(given, list) or not given:
                    return self._mistake(place, f"{name} needs a list of at least one condition")
                found = tuple(self.read(part, (*place, n), depth + 1) for n, part in enumerate(given))
                return All(found) if name == "all" else Any(found)
            case "not":
                return Negated(self.read(given, place, depth + 1))
        if given is not None and not isinstance(given, Mapping):
            return self._mistake(
                place, f"what {name} is given must be a mapping of its parameters, like {{{name}: {{tag: pci}}}}"
            )
        return self._predicate(name, given or {}, place)

    def _predicate(self, name: Data, given: Mapping[Data, Data], place: Place) -> Condition:
        self.count += 1
        if not isinstance(name, str) or not all(map(str.isidentifier, name.split("."))):
            return self._mistake(place, f"{str(name)[:80]!r} is no predicate's name: write one like isOwner or pager.isOnCall")
        try:
            parameters = canonical(given)
        except (ValueError, TypeError):
            return self._mistake(place, f"{name} is given something that JSON doesn't have: write texts, numbers and lists")
        if len(parameters) > MAX_CHARACTERS:
            return self._mistake(place, f"{name} is given more than {MAX_CHARACTERS} characters")
        return Predicate(name, parameters)

    def _mistake(self, place: Place, message: str) -> Condition:
        """Note what is wrong; what is given in its place is used by nobody."""
        self.mistakes.append((place, message))
        return Predicate("")
