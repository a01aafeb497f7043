"""Label selectors: what annotations and workloads write, parsed once and matched against labels in memory.

The syntax and meaning are those of Kubernetes' "Labels and Selectors": `key`, `!key`, `=`, `==`, `!=`, `in (...)`,
`notin (...)`, and the integer comparisons `>` and `<` that its list operations take as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

MAX_TEXT = 4_000
MAX_REQUIREMENTS = 64

_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+|$)")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_SYMBOLS = frozenset({"==", "!=", *"=!(),<>", ""})


class InvalidSelector(ValueError):
    """The text is not a label selector; the message says what was met and what was expected there."""


class Operator(Enum):
    """What a requirement asks of one label."""

    EXISTS = "exists"
    ABSENT = "!"
    IN = "in"
    NOT_IN = "notin"
    GREATER = ">"
    LESS = "<"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked of one label. `values` is empty for EXISTS and ABSENT, one integer for GREATER and LESS."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet it. NOT_IN holds where the label is absent, as it does in Kubernetes."""
        value = labels.get(self.key)
        match self.operator:
            case Operator.EXISTS:
                return value is not None
            case Operator.ABSENT:
                return value is None
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:
                return value not in self.values
            case _:
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        if value is None or not _INTEGER.fullmatch(value):
            return False
        (bound,) = self.values
        return int(value) > int(bound) if self.operator is Operator.GREATER else int(value) < int(bound)

    def __str__(self) -> str:
        match self.operator:
            case Operator.EXISTS:
                return self.key
            case Operator.ABSENT:
                return f"!{self.key}"
            case Operator.GREATER | Operator.LESS:
                return f"{self.key}{self.operator.value}{min(self.values)}"
            case Operator.IN | Operator.NOT_IN if len(self.values) == 1:
                return f"{self.key}{'=' if self.operator is Operator.IN else '!='}{min(self.values)}"
            case _:
                return f"{self.key} {self.operator.value} ({','.join(sorted(self.values))})"


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that must all be met; without any, it selects everything. `str` gives the form a server takes."""

    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read a selector as `kubectl -l` takes it. Raises InvalidSelector, saying what stands where."""
        if len(text) > MAX_TEXT:
            raise InvalidSelector(f"it has {len(text)} characters: write at most {MAX_TEXT}")
        found = tuple(_Parser(text).requirements())
        if len(found) > MAX_REQUIREMENTS:
            raise InvalidSelector(f"it has {len(found)} requirements: write at most {MAX_REQUIREMENTS}")
        return cls(found)

    @classmethod
    def equal(cls, labels: Mapping[str, str]) -> Selector:
        """The selector of exactly these labels and values."""
        return cls(tuple(Requirement(key, Operator.IN, frozenset({value})) for key, value in sorted(labels.items())))

    @classmethod
    def exists(cls, key: str) -> Selector:
        """The selector of everything that has this label, whatever its value."""
        return cls((Requirement(key, Operator.EXISTS),))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


class _Parser:
    """Recursive descent over the tokens; `self.here` is the one looked at, empty at the end."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.tokens = iter([found.group(1) for found in _TOKEN.finditer(self.text)])
        self.here = next(self.tokens, "")

    def requirements(self) -> Iterator[Requirement]:
        if not self.text:
            return
        yield self.requirement()
        while self.here:
            self.expect(",")
            yield self.requirement()

    def requirement(self) -> Requirement:
        if self.here == "!":
            self.take()
            return Requirement(self.key(), Operator.ABSENT)
        key = self.key()
        match self.here:
            case "" | ",":
                return Requirement(key, Operator.EXISTS)
            case "=" | "==":
                self.take()
                return Requirement(key, Operator.IN, frozenset({self.value()}))
            case "!=":
                self.take()
                return Requirement(key, Operator.NOT_IN, frozenset({self.value()}))
            case "in" | "notin":
                return Requirement(key, Operator(self.take()), self.values())
            case ">" | "<":
                return Requirement(key, Operator(self.take()), frozenset({self.integer()}))
            case other:
                raise InvalidSelector(f"{other!r} follows {key!r}: expected `=`, `!=`, `in (...)`, `notin (...)` or a comma")

    def key(self) -> str:
        if self.here in _SYMBOLS:
            raise InvalidSelector(f"a label's key is missing {self.before()}")
        key = self.take()
        prefix, slash, name = key.rpartition("/")
        if (slash and not _PREFIX.fullmatch(prefix)) or not _NAME.fullmatch(name):
            raise InvalidSelector(f"{key[:80]!r} is not a label key: write [prefix/]name, like app.kubernetes.io/name")
        return key

    def value(self) -> str:
        value = "" if self.here in _SYMBOLS else self.take()
        if value and not _NAME.fullmatch(value):
            raise InvalidSelector(f"{value[:80]!r} is not a label value: at most 63 letters, digits, `-`, `_` and `.`")
        return value

    def values(self) -> frozenset[str]:
        self.expect("(")
        if self.here == ")":
            raise InvalidSelector("the parentheses are empty: write at least one value")
        found = {self.value()}
        while self.here == ",":
            self.take()
            found.add(self.value())
        self.expect(")")
        return frozenset(found)

    def integer(self) -> str:
        if not _INTEGER.fullmatch(self.here):
            raise InvalidSelector(f"`>` and `<` compare integers, not {self.here[:80]!r}")
        return self.take()

    def expect(self, symbol: str) -> None:
        if self.here != symbol:
            raise InvalidSelector(f"expected `{symbol}` {self.before()}")
        self.take()

    def before(self) -> str:
        return f"before {self.here[:80]!r}" if self.here else "at the end"

    def take(self) -> str:
        taken, self.here = self.here, next(self.tokens, "")
        return taken
