"""How a plugin brings entities into the catalog: a source is read item by item, and says when it has said everything.

What a source holds is lost only by proof: an item goes when the source says that it is `Gone`, or when a reading that ended
with `Whole` didn't name it. A reading that fails, stops, or says `Unread` of something leaves what was known there.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, get_args

from .docs import summary, where
from .errors import RegistrationError
from .types import hints


class Unreadable(Exception):
    """Something of a source can't be read: the rule it breaks, what is wrong (to follow its name), and what to do.

    `line` and `column`, counted from 1, say where in the text, when that is known.
    """

    def __init__(self, rule: str, message: str, remedy: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.remedy = remedy
        self.line = line
        self.column = column


class Tree(Protocol):
    """A folder of files, wherever it lies. Paths are relative to it, with `/`, and never lead out of it.

    It is read in a worker thread: its methods may block, and are not called by two threads at once.
    """

    def text(self, path: str) -> str:
        """The text of a file, its lines ended by newlines alone. Raises Unreadable; rule "missing" when there is none."""
        ...

    def below(self, folder: str) -> Sequence[str]:
        """The path of every file below a folder ("" for all), sorted; none when there is no such folder.

        Raises Unreadable when it can't be listed to its end.
        """
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """What the source has under this name now; it replaces what it had before. Names are unique in a source, and printable.

    It is a text of YAML documents, or descriptors made ready. `version` (an ETag, a commit) is what `Known` gives next time.
    """

    name: str
    text: str | None = None
    entities: Sequence[Mapping[str, Any]] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """Files with descriptors: those of a tree that `paths` name (files, folders, globs), and those that their Locations name.

    Each file is an item, named `name` and its path in the tree. All of them are known as of `version`, and what the tree had
    before under `name` and is not found now is gone, so a tree is read to its end or is `Unread`.
    """

    name: str
    tree: Tree = field(repr=False)
    paths: Sequence[str] = ("",)
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """The item, and every item whose name begins with this name and `/`, is as it was when it was last read.

    What wasn't there then, below it, is still not there.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The item of this name, and those below it, are no longer there: the source said so itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Unread:
    """The item, and those below it (all, for ""), could not be read: they stay as they are, with a Problem that says why.

    A reading that says it of "", or can't read any item, has failed, and is tried again before long.
    """

    name: str
    why: Unreadable


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything was said: an item that was not named since the reading began is no longer there.

    `cursor` is handed to the next reading, for sources that tell what changed since.
    """

    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """All that changed since the last cursor was said; what was not named is as it was."""

    cursor: str | None = None


Event = Item | Files | Same | Gone | Unread | Whole | Part
"""What a source says while it is read; a reading is over after `Whole` or `Part`."""
Events = AsyncIterator[Event]
"""One reading."""


class Known(Protocol):
    """What the catalog knows of this source already, for readings that ask only for what changed."""

    @property
    def cursor(self) -> str | None:
        """What the last reading that came to its end gave; None for a first one, or when everything is to be read again."""
        ...

    async def versions(self, names: Sequence[str]) -> Mapping[str, str]:
        """The versions of those of these items that are known and were read well; others are left out."""
        ...


@dataclass(frozen=True)
class SourceSpec:
    """A source that a plugin declares: it is `PLUGIN.NAME` in the catalog's settings, messages and status."""

    plugin: str
    function: Callable[..., Events]
    given_name: str | None
    every: float

    @cached_property
    def name(self) -> str:
        """What the source is called: given, or the function's name."""
        return f"{self.plugin}.{self.given_name or self.function.__name__}"

    @cached_property
    def where(self) -> str:
        """`file:line` of the function."""
        return where(self.function)

    @cached_property
    def description(self) -> str:
        """The function's docstring: what is read, for who looks at the catalog's sources."""
        if not (text := summary(self.function)):
            raise self.mistake("has no docstring", "Write what it reads.")
        return text

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """What the function asks for, by name. Raises RegistrationError when it is no source."""
        found = dict(hints(self.function))
        if not get_args(found.pop("return", None)) or not inspect.isasyncgenfunction(self.function):
            raise self.mistake(
                "is no async generator of events", "Write `async def ...() -> AsyncIterator[Event]`, and yield them."
            )
        if list(found.values()).count(Known) != 1:
            raise self.mistake("doesn't ask what is known", "Annotate one parameter with Known.")
        if self.every <= 0:
            raise self.mistake(f"is read every {self.every:g} seconds", "Write every=SECONDS, more than none.")
        return found

    def mistake(self, problem: str, remedy: str) -> RegistrationError:
        """An error about this declaration, naming plugin, source and file:line."""
        return RegistrationError(self.where, f"plugin {self.plugin!r}, source {self.name!r} {problem}", remedy)


class Sources(Protocol):
    """The sources that plugins declare, ready to be read. The plugin that keeps the catalog asks for it by annotation."""

    @property
    def kinds(self) -> frozenset[str]:
        """The descriptor kinds of the entity types that plugins add, as they are written."""
        ...

    def __iter__(self) -> Iterator[SourceSpec]:
        """All of them, in the order of the plugins' names."""
        ...

    def read(self, spec: SourceSpec, known: Known) -> Events:
        """Begin one reading. What it raises is the source's failure, and costs nothing but that reading.

        It waits until the source's plugin has started, so it is iterated in the background, never while the plugin that asks
        starts itself. Of a plugin that failed to start, it raises.
        """
        ...
