"""Reads descriptors from files, folders and globs, and follows Locations and placeholders inside the source's root.

A. list       the files that the settings' paths name
B. documents  each file once; one problem for what can't be read
C. check      placeholders filled in, then the format
D. follow     the targets of Locations
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from callboard_sdk import EntityRef
from callboard_sdk.yaml import Document, YamlError, read_all

from .descriptor import Descriptor, Doubt, Place, Reading
from .files import FileProblem, Files, real, split_glob
from .format import read_descriptor
from .placeholders import Filling
from .settings import CatalogSettings, SourceSettings
from .targets import TargetProblem, found_targets

_SUFFIXES = (".yaml", ".yml")


def read_sources(settings: CatalogSettings) -> Reading:
    """Everything that the sources have, without the relations. Blocks on files: call it in a worker thread."""
    reading = Reading()
    for source in settings.sources:
        _Source(source, settings, reading).read()
    return reading


class _Source:
    def __init__(self, source: SourceSettings, settings: CatalogSettings, reading: Reading) -> None:
        self.source = source
        self.settings = settings
        self.reading = reading
        self.files = Files(source.root or _fixed_part(source.paths[0]), settings.max_file_bytes)
        self.seen: set[Path] = set()
        self.queue: deque[Path] = deque()

    def read(self) -> None:
        for named in self.source.paths:
            self._list(named)
        while self.queue:
            path = self.queue.popleft()
            if (place := real(path)) in self.seen:
                continue
            if len(self.seen) == self.settings.max_files:
                text = f"source {self.source.name} has more than {self.settings.max_files} files"
                self._refuse(Place(self.source.name, ""), "too-many-files", text, "Raise `max_files`, or narrow the paths.")
                break
            self.seen.add(place)
            self._file(path)
        for folder, reason in self.files.failures.items():
            text = f"the folder can't be listed: {reason}"
            self._refuse(self._place(folder), "unreadable", text, "Check that the gateway may read it.")

    def _list(self, path: Path) -> None:  # A
        try:
            found = list(_named(path, self.files))
        except ValueError as error:
            found, why = [], f"{path} {error}"
        else:
            why = f"{path} names no file"
        if not found:
            self._refuse(Place(self.source.name, ""), "source", why, "Mend the path in the settings.")
        self.queue.extend(found)

    def _file(self, path: Path) -> None:  # B
        place = self._place(path)
        try:
            text = self.files.text(path)
        except FileProblem as error:
            self._refuse(place, error.rule, f"the file {error}", error.remedy, error)
            return
        self.reading.files += 1
        for found in read_all(text):
            if isinstance(found, YamlError):
                self._refuse(
                    place, "yaml", f"the document is not YAML: {found}", "Mend the line; a template needs quotes.", found
                )
                continue
            self.reading.documents += 1
            self._document(found, Place(place.source, place.file, found), path)

    def _document(self, document: Document, place: Place, path: Path) -> None:  # C
        if not isinstance(document.value, dict):
            self._refuse(place, "not-an-entity", "the document is no mapping", "Write apiVersion, kind, metadata and spec.")
            return
        filling = Filling(self.files, path.parent, self.settings.max_file_bytes)
        descriptor, problems = read_descriptor(filling.document(document.value), place, filling.unfilled)
        ref = descriptor.ref if descriptor else None
        self.reading.problems += (place.problem(*words, path=at, entity=ref) for *words, at in filling.notes)
        self.reading.problems += problems
        self._twice(document, place, ref)
        if descriptor is None:
            self._doubt(place)
        elif (first := self.reading.descriptors.get(descriptor.ref)) is not None:
            text = f"{ref} stands in {first.place.file} of source {first.place.source} already"
            self._note(place, "duplicate", text, "Keep one of them, or rename this one.", ref)
        else:
            self.reading.descriptors[descriptor.ref] = descriptor
            if descriptor.ref.kind == "location":
                self._follow(descriptor, path)

    def _twice(self, document: Document, place: Place, ref: EntityRef | None) -> None:
        for path, mark in document.duplicates:
            text = f"{'.'.join(map(str, path))[:200]} stands twice; the last one counts"
            self.reading.problems.append(place.problem("duplicate-key", text, "Keep one of them.", mark=mark, entity=ref))

    def _follow(self, location: Descriptor, path: Path) -> None:  # D
        for found in found_targets(location.spec, path.parent, self.files):
            if isinstance(found, TargetProblem):
                place = location.place
                problem = place.problem(found.rule, found.message, found.remedy, path=found.path, entity=location.ref)
                self.reading.problems.append(problem)
                if found.folder is not None:
                    self.reading.doubts.add(Doubt(self.source.name, _prefix(self.files.name(found.folder))))
            else:
                self.queue.append(found)

    def _place(self, path: Path) -> Place:
        return Place(self.source.name, self.files.name(path))

    def _note(self, place: Place, rule: str, message: str, remedy: str, ref: EntityRef | None = None) -> None:
        self.reading.problems.append(place.problem(rule, message, remedy, entity=ref))

    def _refuse(self, place: Place, rule: str, message: str, remedy: str, error: FileProblem | YamlError | None = None) -> None:
        """A problem with something that was not read; what an earlier pass read there stays."""
        self.reading.problems.append(place.problem(rule, message, remedy, mark=error.mark if error else None))
        self._doubt(place)

    def _doubt(self, place: Place) -> None:
        self.reading.doubts.add(Doubt(self.source.name, _prefix(place.file)))


def _prefix(name: str) -> str:
    return "" if name == "." else name


def _fixed_part(path: Path) -> Path:
    fixed, pattern = split_glob(path)
    return fixed if pattern or fixed.is_dir() else fixed.parent


def _named(path: Path, files: Files) -> Iterator[Path]:
    if path.is_dir():
        yield from (found for found in files.below(path) if found.suffix in _SUFFIXES)
    elif path.exists() or path.is_symlink():
        yield path
    else:
        folder, pattern = split_glob(path)
        yield from files.matching(folder, pattern) if pattern else ()
