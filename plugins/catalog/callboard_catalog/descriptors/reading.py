"""Reads descriptors from the files of one source, and follows Locations and placeholders inside its root.

A. list       the files that the settings' paths name
B. documents  each file once; one problem for what can't be read
C. check      placeholders filled in, then the format, then references
D. follow     the targets of Locations
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from callboard_sdk.sources import Same, Unreadable
from callboard_sdk.yaml import Document, Mark, YamlError, read_all

from .descriptor import Descriptor, Doubt, Place, Reading
from .files import Files, split_glob
from .format import read_descriptor
from .json_text import json_documents
from .placeholders import Filling
from .targets import TargetProblem, found_targets

_SUFFIXES = (".yaml", ".yml")
_JSON = ".json"

Found = Reading | Same | Doubt


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read: bytes of one file and of what one document's placeholders add, files of one source; plugins' kinds."""

    max_file_bytes: int
    max_files: int
    kinds: Collection[str] = ()


def read_text(place: Place, text: str, files: Files, folder: PurePath, limits: Limits) -> tuple[Reading, list[Descriptor]]:
    """What a text of YAML documents holds, or of JSON, and the Locations in it, in their order."""  # B
    reading = Reading(place.file)
    if not text.strip():
        remedy = "Put its descriptors back, or remove it from its source."
        reading.problems.append(replace(place.problem("empty", "there is nothing in it", remedy), line=1))
        reading.unread = True
    alone = True
    form = "JSON" if place.file.endswith(_JSON) else "YAML"
    for found in json_documents(text) if form == "JSON" else read_all(text):
        if isinstance(found, YamlError):
            mark = found.mark
            remedy = found.remedy or "Mend the line; a template needs quotes."
            reading.problems.append(place.problem("yaml", f"the document is not {form}: {found}", remedy, mark=mark))
            reading.unread = True
            continue
        reading.documents += 1
        filling = Filling(files, folder, limits.max_file_bytes)
        _document(reading, found, Place(place.source, place.file, found), filling, limits)
        alone = alone and not filling.read_others
    locations = [descriptor for descriptor in reading.descriptors if descriptor.ref.kind == "location"]
    if alone and not locations:
        reading.digest = digest_of(text)
    return reading, locations


def read_ready(place: Place, descriptors: Iterable[Mapping[str, Any]], files: Files, limits: Limits) -> Reading:
    """What descriptors made ready hold: no placeholder or target is followed out of them."""
    reading = Reading(place.file)
    for value in descriptors:
        reading.documents += 1
        filling = Filling(files, PurePath(), limits.max_file_bytes)
        _checked(reading, filling.document(dict(value)), place, filling, limits)
    return reading


def digest_of(text: str) -> str:
    """What tells one text from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _document(reading: Reading, document: Document, place: Place, filling: Filling, limits: Limits) -> None:  # C
    if not isinstance(document.value, dict):
        text = "the document is no mapping"
        reading.problems.append(place.problem("not-an-entity", text, "Write apiVersion, kind, metadata and spec."))
        reading.unread = True
        return
    descriptor = _checked(reading, filling.document(document.value), place, filling, limits)
    ref = descriptor.ref if descriptor else None
    for path, mark in document.duplicates:
        text = f"{'.'.join(map(str, path))[:200]} stands twice; the last one counts"
        reading.problems.append(place.problem("duplicate-key", text, "Keep one of them.", mark=mark, entity=ref))


def _checked(reading: Reading, value: Mapping[str, Any], place: Place, filling: Filling, limits: Limits) -> Descriptor | None:
    descriptor, problems = read_descriptor(value, place, filling.unfilled, limits.kinds)
    ref = descriptor.ref if descriptor else None
    reading.problems += (place.problem(*words, path=at, entity=ref) for *words, at in filling.notes)
    reading.problems += problems
    if descriptor is None:
        reading.unread = True
        return None
    if filling.unfilled:
        descriptor = replace(descriptor, spec=filling.left(descriptor.spec))
    reading.descriptors.append(descriptor)
    return descriptor


class FilesReader:
    """Reads the files of one source that `paths` name. Blocks: iterate over it in a worker thread.

    `known` are the digests of items that need no more than a look at their text.
    """

    def __init__(self, source: str, files: Files, paths: Iterable[PurePath], limits: Limits, known: Mapping[str, str]) -> None:
        self._source = source
        self._files = files
        self._paths = paths
        self._limits = limits
        self._known = known
        self._queue: deque[PurePath] = deque()
        self._doubts: list[Doubt] = []

    def __iter__(self) -> Iterator[Found]:
        for named in self._paths:
            self._list(named)
        seen: set[PurePath] = set()
        while self._queue:
            path = self._queue.popleft()
            if (place := self._files.real(path)) in seen:
                continue
            if len(seen) == self._limits.max_files:
                text = f"source {self._source} has more than {self._limits.max_files} files"
                self._doubt("", "too-many-files", text, "Raise `max_files`, or narrow the paths.")
                break
            seen.add(place)
            yield self._file(path)
        for folder, why in self._files.failures.items():
            self._doubt(folder, why.rule, f"the folder {why}", why.remedy)
        yield from self._doubts

    def _list(self, path: PurePath) -> None:  # A
        try:
            found = list(self._named(path))
        except ValueError as error:
            found, why = [], f"{path} {error}"
        else:
            why = f"{path} names no file"
        if not found:
            remedy = "Mend the path in the settings."
            if self._files.is_folder(path) and any(file.suffix == _JSON for file in self._files.below(path)):
                why, remedy = f"{path} has no file of YAML", f"Name its files of JSON by a glob: {path / '**' / '*.json'}."
            problem = Place(self._source, "").problem("source", why, remedy)
            self._doubts.append(Doubt(_prefix(self._files.name(split_glob(path)[0])), problem))
            self._doubts.append(Doubt(self._files.prefix))  # Locations there may have led anywhere
        self._queue.extend(found)

    def _named(self, path: PurePath) -> Iterator[PurePath]:
        if self._files.is_folder(path):
            yield from (found for found in self._files.below(path) if found.suffix in _SUFFIXES)
        elif self._files.is_file(path):
            yield path
        else:
            folder, pattern = split_glob(path)
            yield from self._files.matching(folder, pattern) if pattern else ()

    def _file(self, path: PurePath) -> Found:  # B
        place = Place(self._source, self._files.name(path))
        try:
            text = self._files.text(path)
        except Unreadable as error:
            mark = Mark(error.line, error.column or 1) if error.line else None
            problem = place.problem(error.rule, f"the file {error}", error.remedy, mark=mark)
            return Reading(place.file, problems=[problem], unread=True)
        if self._known.get(place.file) == digest_of(text):
            return Same(place.file)
        reading, locations = read_text(place, text, self._files, path.parent, self._limits)
        for location in locations:
            self._follow(location, path, reading)
        return reading

    def _follow(self, location: Descriptor, path: PurePath, reading: Reading) -> None:  # D
        for found in found_targets(location.spec, path.parent, self._files):
            if isinstance(found, TargetProblem):
                place = location.place
                problem = place.problem(found.rule, found.message, found.remedy, path=found.path, entity=location.ref)
                reading.problems.append(problem)
                if found.folder is not None:
                    self._doubts.append(Doubt(_prefix(self._files.name(found.folder))))
            else:
                self._queue.append(found)

    def _doubt(self, name: str, rule: str, message: str, remedy: str) -> None:
        name = _prefix(name)
        self._doubts.append(Doubt(name, Place(self._source, name).problem(rule, message, remedy)))


def _prefix(name: str) -> str:
    return "" if name == "." else name
