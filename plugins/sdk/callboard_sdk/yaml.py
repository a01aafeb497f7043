"""YAML with positions: settings and descriptors are read with the line and column of every value.

The core schema of YAML 1.2 (section 10.3) is used, so `yes`, `on` and dates stay texts, as other tools that read
the same files have it. Values are built from the parser's events, never by recursion into what a file nests, and
within limits that count an alias as all that it stands for: no file, however made, takes the process down or long.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import events

MAX_VALUES = 200_000
"""The most values that one document holds, aliases unfolded."""
MAX_DEPTH = 64
"""The most levels that one document nests."""
MAX_CHARACTERS = 10_000_000
"""The most characters of one document, aliases unfolded."""
MAX_DIGITS = 400
"""The most digits of a number; a longer one is a text."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_SEPARATOR = re.compile(r"---(?:\s|$)")
_END = re.compile(r"\.\.\.(?:\s|$)")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # section 5.1
_CORE: list[tuple[re.Pattern[str], Callable[[str], Any]]] = [
    (re.compile(r"^(?:null|Null|NULL|~|)$"), lambda text: None),
    (re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), lambda text: text[0] in "tT"),
    (re.compile(r"^[-+]?[0-9]+$"), int),
    (re.compile(r"^0o[0-7]+$"), lambda text: int(text[2:], 8)),
    (re.compile(r"^0x[0-9a-fA-F]+$"), lambda text: int(text[2:], 16)),
    (re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), float),
    (re.compile(r"^[-+]?\.(?:inf|Inf|INF)$"), lambda text: -math.inf if text[0] == "-" else math.inf),
    (re.compile(r"^\.(?:nan|NaN|NAN)$"), lambda text: math.nan),
]
_CORE_TAGS = (None, *(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")))

Path = tuple[str | int, ...]
"""The keys and places that lead from a document to one of its values."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column counted from 1."""

    line: int
    column: int


class YamlError(ValueError):
    """The text is not YAML (or unfolds beyond the limits); `mark` says where, `remedy` what to do, where that is known."""

    def __init__(self, message: str, mark: Mark | None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.mark = mark
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its plain value (dict, list, str, int, float, bool, None), and where each part stands."""

    value: Any
    mark: Mark
    marks: dict[Path, tuple[int, int]] = field(repr=False)
    duplicates: tuple[tuple[Path, Mark], ...] = ()

    def at(self, path: Path) -> Mark:
        """The place of the value at `path`, or of its nearest ancestor that exists. What an alias gives stands at the alias."""
        while path not in self.marks and path:
            path = path[:-1]
        return Mark(*self.marks[path]) if path in self.marks else self.mark


def read_documents(text: str, *, line: int = 0) -> Iterator[Document]:
    """The documents of one YAML text, in order; empty documents are left out. `line` lines stand before the text in its file.

    Raises YamlError at the first place that can't be read; documents before it have been given by then.
    """
    if (found := _UNPRINTABLE.search(text)) is not None:
        raise _unprintable(found, line)
    loader = _LOADER(text)
    try:
        while not isinstance(event := loader.get_event(), events.StreamEndEvent):
            if isinstance(event, events.DocumentStartEvent):
                document = _Reader(loader, line).document()
                if document.value is not None:
                    yield document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Mark(line + mark.line + 1, mark.column + 1) if mark else None
        if mark and text[mark.index : mark.index + 1] == "\t":  # which may not indent (section 6.1)
            raise YamlError("there is a tab where YAML wants spaces", place, "Write spaces in place of the tab.") from None
        raise YamlError(_sentence(error), place) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error), None) from None
    finally:
        loader.dispose()


def read_all(text: str) -> Iterator[Document | YamlError]:
    """The documents of one YAML text as `read_documents` has them; one that can't be read costs only itself.

    A line `---` starts a document wherever it stands (section 9.1.2), so the documents are told apart before they are read.
    """
    for line, part in _parts(text):
        try:
            yield from read_documents(part, line=line)
        except YamlError as error:
            error.mark = error.mark or Mark(line + 1, 1)
            yield error


def _parts(text: str) -> Iterator[tuple[int, str]]:
    lines = text.split("\n")
    start = 0
    ended = True  # no document is open, so directives may stand before the next one
    directives: int | None = None  # the line where they begin
    for number, line in enumerate(lines):
        if _SEPARATOR.match(line):
            after = number if directives is None else directives
            if after > start:
                yield start, "\n".join(lines[start:after])
            start, ended, directives = after, False, None
        elif _END.match(line):
            ended = True
        elif ended and line.startswith("%"):
            directives = number if directives is None else directives
        elif line.strip() and not line.startswith("#"):
            ended, directives = False, None
    yield start, "\n".join(lines[start:])


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


def _unprintable(found: re.Match[str], line: int) -> YamlError:
    before = found.string[: found.start()]
    mark = Mark(line + before.count("\n") + 1, found.start() - before.rfind("\n"))
    return YamlError(f"the character U+{ord(found[0]):04X} is not allowed: remove it, or write it as an escape in quotes", mark)


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for, and how much of the limits it takes each time. `size` is 0 until it is read to its end."""

    value: Any = None
    size: int = 0
    characters: int = 0
    depth: int = 0


class _Reader:
    def __init__(self, loader: Any, line: int) -> None:
        self._next = loader.get_event
        self._line = line
        self._marks: dict[Path, tuple[int, int]] = {}
        self._duplicates: list[tuple[Path, Mark]] = []
        self._anchors: dict[str, _Anchor] = {}
        self._size = self._characters = self._deepest = 0

    def document(self) -> Document:
        event = self._next()
        return Document(self._value(event, ()), self._mark(event), self._marks, tuple(self._duplicates))

    def _mark(self, event: Any) -> Mark:
        return Mark(*self._place(event))

    def _place(self, event: Any) -> tuple[int, int]:
        mark = event.start_mark
        return self._line + mark.line + 1, mark.column + 1

    def _value(self, event: Any, path: Path) -> Any:
        self._marks[path] = self._place(event)
        if isinstance(event, events.AliasEvent):
            return self._alias(event, len(path))
        if event.anchor is None:
            return self._content(event, path)
        anchor = self._anchors[event.anchor] = _Anchor()
        size, characters, deepest, self._deepest = self._size, self._characters, self._deepest, 0
        anchor.value = self._content(event, path)
        anchor.size, anchor.characters = self._size - size, self._characters - characters
        anchor.depth = self._deepest - len(path)
        self._deepest = max(self._deepest, deepest)
        return anchor.value

    def _content(self, event: Any, path: Path) -> Any:
        if isinstance(event, events.ScalarEvent):
            self._count(event, 1, len(event.value), len(path))
            return self._scalar(event)
        self._count(event, 1, 0, len(path))
        if isinstance(event, events.MappingStartEvent):
            return self._mapping(path)
        found: list[Any] = []
        while not isinstance(item := self._next(), events.SequenceEndEvent):
            found.append(self._value(item, (*path, len(found))))
        return found

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := self._next(), events.MappingEndEvent):
            key = self._key(event, len(path))
            if key == "<<" and isinstance(event, events.ScalarEvent) and not event.style:
                _merge(merged, self._value(self._next(), path))
                continue
            inside = (*path, key)
            if key in found:
                self._duplicates.append((inside, self._mark(event)))
            found[key] = self._value(self._next(), inside)
            self._marks[inside] = self._place(event)
        return {**merged, **found} if merged else found

    def _key(self, event: Any, depth: int) -> str:
        key = self._alias(event, depth) if isinstance(event, events.AliasEvent) else getattr(event, "value", None)
        if not isinstance(key, str):
            raise YamlError("a key is a mapping or a list: keys are texts", self._mark(event))
        self._count(event, 0, len(key), depth)
        return key

    def _alias(self, event: Any, depth: int) -> Any:
        anchor = self._anchors.get(event.anchor)
        if anchor is None or not anchor.size:
            reason = "stands inside what it names" if anchor else "has no anchor before it in its document"
            raise YamlError(f"the alias *{event.anchor[:80]} {reason}: write the value out", self._mark(event))
        self._count(event, anchor.size, anchor.characters, depth + anchor.depth)
        return anchor.value

    def _count(self, event: Any, size: int, characters: int, depth: int) -> None:
        self._size += size
        self._characters += characters
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH or self._size > MAX_VALUES or self._characters > MAX_CHARACTERS:
            many = f"{MAX_DEPTH} levels, {MAX_VALUES} values or {MAX_CHARACTERS} characters"
            raise YamlError(f"more than {many} in one document, aliases unfolded: split it", self._mark(event))

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style or event.tag not in _CORE_TAGS or (text[:1].isalpha() and text[0] not in "nNtTfF"):
            return text
        for pattern, convert in _CORE:
            if pattern.match(text):
                if len(text) > MAX_DIGITS:
                    raise YamlError(f"a number of more than {MAX_DIGITS} digits: put it in quotes", self._mark(event))
                return convert(text)
        return text


def _merge(merged: dict[str, Any], value: Any) -> None:
    """YAML 1.1's merge key: of parts with the same key the first stands."""
    for part in value if isinstance(value, list) else [value]:
        for key in part if isinstance(part, dict) else ():
            merged.setdefault(key, part[key])
