"""JSON as a text of documents, one object or an array of them, each read as one of YAML is, with the places of its values.

YAML has almost all of JSON (YAML 1.2, section 1.3). What its parser lacks is written otherwise first: pairs of escapes for one
character, and characters that it takes for ends of lines or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from callboard_sdk.yaml import Document, Mark, YamlError, read_all, read_documents

_SPACE = re.compile(r"[ \t\n\r]*")
_PAIR = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_DECODER = json.JSONDecoder()


def json_documents(text: str) -> Iterator[Document | YamlError]:
    """The documents of one JSON text, in order; what comes after a place that is no JSON is not found."""
    start = _after_space(text, 0)
    if text[start : start + 1] != "[":
        yield from read_all(_as_yaml(text))
        return
    line, counted = 0, 0
    at, closed = _after_space(text, start + 1), False
    try:
        closed = text[at : at + 1] == "]"
        while not closed:
            _, end = _DECODER.raw_decode(text, at)
            line, counted = line + text.count("\n", counted, at), at
            yield from _element(text[at:end], line, at - text.rfind("\n", 0, at) - 1)
            at = _after_space(text, end)
            closed = text[at : at + 1] == "]"
            if not closed:
                at = _after_space(text, _expected(",", text, at))
        at = _after_space(text, at + 1)
        if at < len(text):
            raise json.JSONDecodeError("Extra data", text, at)
    except json.JSONDecodeError as error:
        yield YamlError(f"{error.msg}", Mark(error.lineno, error.colno))
    except (ValueError, RecursionError):
        yield YamlError("a number is too long, or it nests too deep", _mark(text, at))


def _element(text: str, line: int, column: int) -> Iterator[Document | YamlError]:
    """One element, which begins so many lines and columns into the whole."""
    try:
        for document in read_documents(_as_yaml(text), line=line):
            marks = {path: _moved(place, line, column) for path, place in document.marks.items()}
            first = _moved((document.mark.line, document.mark.column), line, column)
            again = tuple((path, Mark(*_moved((at.line, at.column), line, column))) for path, at in document.duplicates)
            yield replace(document, mark=Mark(*first), marks=marks, duplicates=again)
    except YamlError as error:
        at = error.mark or Mark(line + 1, 1)
        error.mark = Mark(*_moved((at.line, at.column), line, column))
        yield error


def _moved(place: tuple[int, int], line: int, column: int) -> tuple[int, int]:
    return (place[0], place[1] + column) if place[0] == line + 1 else place


def _as_yaml(text: str) -> str:
    text = _PAIR.sub(lambda found: _joined(found[1], found[2]) if found[1] else found[0], text)
    return _UNREADABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _joined(high: str, low: str) -> str:
    return f"\\U{0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00:08x}"


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expected(character: str, text: str, at: int) -> int:
    if text[at : at + 1] != character:
        raise json.JSONDecodeError(f"Expecting '{character}' delimiter", text, at)
    return at + 1


def _mark(text: str, at: int) -> Mark:
    return Mark(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
