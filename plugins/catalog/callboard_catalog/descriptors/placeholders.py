"""Fills `$text`, `$json` and `$yaml` in a document from files inside the root, and makes sure that every value can be kept."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from callboard_sdk.sources import Unreadable
from callboard_sdk.yaml import MAX_DEPTH, Path, YamlError, read_documents

from .files import Files

_NAMES = ("$text", "$json", "$yaml")
_NOT_READ = ("$openapi", "$asyncapi")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_MOST_BITS = 63

Note = tuple[str, str, str, Path]
"""A problem to be: rule, message, remedy, and the path of the value it is about."""


class _Unfilled(Exception):
    pass


class Filling:
    """One document being filled; at most `most` characters come from files.

    `read_others` says whether anything was to come from a file, `notes` are what was wrong, `unfilled` the placeholders that
    could not be filled in, by the paths where null stands for them meanwhile.
    """

    def __init__(self, files: Files, folder: PurePath, most: int) -> None:
        self.notes: list[Note] = []
        self.read_others = False
        self.unfilled: dict[Path, dict[str, Any]] = {}
        self._files = files
        self._folder = folder
        self._left = most

    def document(self, value: dict[str, Any]) -> dict[str, Any]:
        """The document with every placeholder below its top level filled; null stands where one could not be."""
        return {_kept(key): self._value(inner, (key,)) for key, inner in value.items()}

    def left(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The document's spec with those placeholders in their places again: it says no less than it was written to say."""
        return {key: self._left_at(value, ("spec", key)) for key, value in spec.items()}

    def _left_at(self, value: Any, path: Path) -> Any:
        if value is None and path in self.unfilled:
            return self.unfilled[path]
        if isinstance(value, dict):
            return {key: self._left_at(inner, (*path, key)) for key, inner in value.items()}
        return [self._left_at(inner, (*path, at)) for at, inner in enumerate(value)] if isinstance(value, list) else value

    def _value(self, value: Any, path: Path, *, loaded: bool = False) -> Any:
        if isinstance(value, dict):
            if len(value) == 1 and not loaded and (name := next(iter(value))) in (*_NAMES, *_NOT_READ):
                return self._placeholder(name, value[name], path)
            return {_kept(key): self._value(inner, (*path, key), loaded=loaded) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner, (*path, index), loaded=loaded) for index, inner in enumerate(value)]
        if isinstance(value, str):
            return self._text(value, path)
        return self._number(value, path) if isinstance(value, int | float) else value

    def _text(self, value: str, path: Path) -> str:
        kept = _kept(value)
        if kept != value:
            text = f"{_dotted(path)} has characters that can't be kept: NUL, or halves of surrogate pairs"
            self.notes.append(("characters", text, "Remove them; they are shown as \ufffd.", path))
        return kept

    def _number(self, value: float, path: Path) -> Any:
        if isinstance(value, bool) or (value.bit_length() <= _MOST_BITS if isinstance(value, int) else math.isfinite(value)):
            return value
        self.notes.append(("number", f"{_dotted(path)} is a number that can't be kept exactly", "Put it in quotes.", path))
        return str(value)

    def _placeholder(self, name: str, target: Any, path: Path) -> Any:
        try:
            return self._value(self._loaded(name, target), path, loaded=True)
        except _Unfilled as error:
            self.notes.append(("placeholder", f"{name} {str(target)[:120]!r} {error}", "Name a file inside the root.", path))
        except Unreadable as error:
            self.notes.append(("placeholder", f"{name} {str(target)[:120]!r} {error}", error.remedy, path))
        self.unfilled[path] = {name: self._value(target, path, loaded=True)}
        return None

    def _loaded(self, name: str, target: Any) -> Any:
        if not isinstance(target, str) or not target or "\0" in target:
            raise _Unfilled("is no path")
        if name in _NOT_READ:
            raise _Unfilled("is not read: only $text, $json and $yaml are")
        if "://" in target:
            raise _Unfilled("lies on another machine, and only files are read")
        self.read_others = True
        if self._left >= 0:
            text = self._files.text(self._folder / target)
            self._left -= len(text)
        if self._left < 0:
            raise _Unfilled("is too much: the document's placeholders add up to more than `max_file_bytes`")
        return text if name == "$text" else _json(text) if name == "$json" else _yaml(text)


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _Unfilled(f"is not JSON: {error}") from None
    if _deeper(value, MAX_DEPTH):
        raise _Unfilled(f"nests more than {MAX_DEPTH} levels")
    return value


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON value")


def _yaml(text: str) -> Any:
    try:
        documents = list(read_documents(text))
    except YamlError as error:
        raise _Unfilled(f"is not YAML: {error}, line {error.mark.line if error.mark else 1}") from None
    if len(documents) != 1:
        raise _Unfilled(f"has {len(documents)} documents: one is needed")
    return documents[0].value


def _deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_deeper(one, levels - 1) for one in inner)


def _kept(text: str) -> str:
    return _UNKEPT.sub("\ufffd", text)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))[:200]
