"""YAML with positions: settings and descriptors are read with the line and column of every value.

The core schema of YAML 1.2 (section 10.3) is used, so `yes`, `on` and dates stay texts, as other tools that read
the same files have it. Aliases are bounded, so that a small file can't unfold into a huge one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_NODES = 200_000
MAX_DEPTH = 64

_BASE: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
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

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column counted from 1."""

    line: int
    column: int


class YamlError(ValueError):
    """The text is not YAML (or unfolds beyond the limits); `mark` says where."""

    def __init__(self, message: str, mark: Mark | None) -> None:
        super().__init__(message)
        self.mark = mark


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its plain value (dict, list, str, int, float, bool, None), and where each part stands."""

    value: Any
    mark: Mark
    marks: dict[Path, Mark] = field(repr=False)
    duplicates: tuple[tuple[Path, Mark], ...] = ()

    def at(self, path: Path) -> Mark:
        """The place of the value at `path`, or of its nearest ancestor that exists."""
        while path not in self.marks and path:
            path = path[:-1]
        return self.marks.get(path, self.mark)


def read_documents(text: str) -> Iterator[Document]:
    """The documents of one YAML text, in order; empty documents are left out.

    Raises YamlError at the first place that can't be read; documents before it have been given by then.
    """
    loader = _BASE(text)
    try:
        while loader.check_node():
            root = loader.get_node()
            document = _Reader().document(root)
            if document.value is not None:
                yield document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(_sentence(error), _mark(mark) if mark else None) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error), None) from None
    finally:
        loader.dispose()


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


class _Reader:
    def __init__(self) -> None:
        self.marks: dict[Path, Mark] = {}
        self.duplicates: list[tuple[Path, Mark]] = []
        self.count = 0

    def document(self, root: Node) -> Document:
        value = self.read(root, ())
        return Document(value, _mark(root.start_mark), self.marks, tuple(self.duplicates))

    def read(self, node: Node, path: Path) -> Any:
        self.count += 1
        mark = _mark(node.start_mark)
        if self.count > MAX_NODES or len(path) > MAX_DEPTH:
            raise YamlError(f"more than {MAX_NODES} values or {MAX_DEPTH} levels in one document: split it", mark)
        self.marks[path] = mark
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node) if isinstance(node, ScalarNode) else None

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise YamlError("a key is a mapping or a list: keys are texts", _mark(key_node.start_mark))
            key = str(key_node.value)
            if key in found:
                self.duplicates.append(((*path, key), _mark(key_node.start_mark)))
            if key == "<<" and not key_node.style:
                value = self.read(value_node, path)
                for part in value if isinstance(value, list) else [value]:
                    merged = {**(part if isinstance(part, dict) else {}), **merged}
                continue
            found[key] = self.read(value_node, (*path, key))
            self.marks[(*path, key)] = _mark(key_node.start_mark)
        return {**merged, **found}


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    if node.tag not in (None, "", "tag:yaml.org,2002:str", "!") and not node.style:
        return text
    if node.style or node.tag == "!":
        return text
    for pattern, convert in _CORE:
        if pattern.match(text):
            return convert(text)
    return text
