"""Reads descriptors from files, folders and globs, and follows Locations and placeholders inside the source's root.

A. list       the files that the paths name
B. documents  each file's documents, one problem for what can't be read
C. entity     the format's rules; placeholders filled in
D. follow     the targets of Locations, each file once
E. relate     references in both directions
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callboard_sdk import Severity
from callboard_sdk.yaml import YamlError, read_documents
from wcmatch import glob

from .descriptor import Descriptor, Place, Reading
from .references import relate
from .rules import read_descriptor
from .settings import CatalogSettings, SourceSettings

_GLOB = glob.GLOBSTAR | glob.BRACE | glob.DOTGLOB | glob.NODIR
_PATTERNS = ("**/*.yaml", "**/*.yml")
_SEPARATOR = re.compile(r"---(\s|$)")
_PLACEHOLDERS = ("$text", "$json", "$yaml")


def read_sources(settings: CatalogSettings) -> Reading:
    """Everything that the sources have. Blocks on files: call it in a worker thread."""
    reading = Reading()
    for source in settings.sources:
        _Source(source, settings, reading).read()
    relate(reading)  # E
    return reading


class _Source:
    def __init__(self, source: SourceSettings, settings: CatalogSettings, reading: Reading) -> None:
        self.source = source
        self.settings = settings
        self.reading = reading
        self.root = (source.root or _fixed_part(source.paths[0])).resolve()
        self.seen: set[Path] = set()
        self.queue: deque[Path] = deque()

    def read(self) -> None:
        for path in self.source.paths:  # A
            found = list(_files(path))
            if not found:
                self.reading.complete = False
                self._note(path, "source", f"{path} names no file", "Mend the path in the settings; what was read before stays.")
            self.queue.extend(found)
        while self.queue:
            file = self.queue.popleft().resolve()
            if file not in self.seen:
                self.seen.add(file)
                self._file(file)

    def _file(self, file: Path) -> None:  # B
        name = self._name(file)
        if (text := self._text(file, name)) is None:
            return
        self.reading.files += 1
        start: int | None = 0
        while start is not None:
            start = self._documents(text, start, name, file)

    def _documents(self, text: str, start: int, name: str, file: Path) -> int | None:
        """Read documents from the line `start` on; the line to go on at after one that can't be read, None at the end."""
        lines = text.split("\n")
        try:
            for document in read_documents("\n" * start + "\n".join(lines[start:])):
                self.reading.documents += 1
                self._document(document.value, Place(name, document), file)
        except YamlError as error:
            problem = Place(name).problem(
                "yaml",
                f"the document is not YAML: {error}"[:500],
                "Mend the line; a template needs quotes.",
                severity=Severity.HIGH,
            )
            problem.line, problem.column = (error.mark.line, error.mark.column) if error.mark else (None, None)
            self.reading.problems.append(problem)
            after = max(start, (error.mark.line if error.mark else len(lines)) - 1) + 1
            return next((number for number in range(after, len(lines)) if _SEPARATOR.match(lines[number])), None)
        return None

    def _text(self, file: Path, name: str) -> str | None:
        if not file.is_relative_to(self.root):
            self._note(
                name, "outside-root", f"{name} lies outside the source's root", "Move it, or widen the root in the settings."
            )
            return None
        if len(self.seen) > self.settings.max_files:
            self._note(
                name,
                "too-many-files",
                f"the source has more than {self.settings.max_files} files",
                "Raise max_files or narrow the paths.",
            )
            return None
        try:
            if file.stat().st_size > self.settings.max_file_bytes:
                self._note(name, "too-large", f"the file is larger than {self.settings.max_file_bytes} bytes", "Split it.")
                return None
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            self.reading.complete &= isinstance(error, UnicodeError)
            self._note(
                name,
                "unreadable",
                f"the file can't be read: {type(error).__name__}",
                "Check that it exists, may be read, and is UTF-8.",
            )
            return None

    def _document(self, value: Any, place: Place, file: Path) -> None:  # C
        descriptor, problems = read_descriptor(value, place)
        self.reading.problems += problems
        if descriptor is None:
            return
        first = self.reading.descriptors.get(descriptor.ref)
        if first is not None:
            text = f"{descriptor.ref} stands in {first.place.file} already"
            self.reading.problems.append(
                place.problem("duplicate", text, "Keep one of them, or rename this one.", entity=descriptor.ref)
            )
            return
        spec = self._filled(descriptor.spec, descriptor, file, ("spec",))
        self.reading.descriptors[descriptor.ref] = descriptor.__class__(**{**_fields(descriptor), "spec": spec})
        if descriptor.ref.kind == "location":
            self._follow(descriptor, file)

    def _follow(self, location: Descriptor, file: Path) -> None:  # D
        targets = [location.spec.get("target"), *_list(location.spec.get("targets"))]
        for target in targets:
            if target is None:
                continue
            if not isinstance(target, str) or "://" in target:
                problem = location.place.problem(
                    "remote-target",
                    f"target {str(target)[:120]!r} is not read",
                    "Only files are: add it as a source.",
                    path=("spec",),
                    severity=Severity.INFO,
                    entity=location.ref,
                )
                self.reading.problems.append(problem)
                continue
            found = [Path(path) for path in glob.glob(target, flags=_GLOB, root_dir=str(file.parent))]
            if not found:
                problem = location.place.problem(
                    "missing-target",
                    f"target {target[:120]!r} names no file",
                    "Mend the path.",
                    path=("spec",),
                    entity=location.ref,
                )
                self.reading.problems.append(problem)
            self.queue.extend(file.parent / path for path in sorted(found))

    def _filled(self, value: Any, owner: Descriptor, file: Path, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            if len(value) == 1 and (key := next(iter(value))) in _PLACEHOLDERS:
                return self._placeholder(key, value[key], owner, file, path)
            return {k: self._filled(v, owner, file, (*path, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self._filled(v, owner, file, (*path, i)) for i, v in enumerate(value)]
        return value

    def _placeholder(self, key: str, target: Any, owner: Descriptor, file: Path, path: tuple[str | int, ...]) -> Any:
        try:
            place = (file.parent / str(target)).resolve()
            if "://" in str(target) or not place.is_relative_to(self.root):
                raise ValueError(f"{str(target)[:120]!r} lies outside the source's root")
            if place.stat().st_size > self.settings.max_file_bytes:
                raise ValueError(f"{str(target)[:120]!r} is too large")
            text = place.read_text(encoding="utf-8")
            if key == "$json":
                return json.loads(text)
            return next(read_documents(text)).value if key == "$yaml" else text
        except (OSError, ValueError, StopIteration, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else f"{str(target)[:120]!r} can't be read"
            problem = owner.place.problem(
                "placeholder", f"{key}: {reason}"[:500], "Name a file inside the root.", path=path, entity=owner.ref
            )
            self.reading.problems.append(problem)
            return None

    def _note(self, file: str, rule: str, message: str, remedy: str) -> None:
        self.reading.problems.append(Place(file).problem(rule, message, remedy, severity=Severity.HIGH))

    def _name(self, file: Path) -> str:
        return str(file.relative_to(self.root)) if file.is_relative_to(self.root) else file.name


def _fixed_part(path: str) -> Path:
    parts = Path(path).parts
    fixed = Path(*parts[: next((i for i, part in enumerate(parts) if glob.is_magic(part)), len(parts))])
    return fixed if fixed.is_dir() else fixed.parent


def _files(path: str) -> Iterator[Path]:
    place = Path(path)
    if place.is_dir():
        yield from sorted(place / found for found in glob.glob(list(_PATTERNS), flags=_GLOB, root_dir=path))
    elif place.is_file():
        yield place
    else:
        yield from sorted(Path(found) for found in glob.glob(path, flags=_GLOB))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _fields(descriptor: Descriptor) -> dict[str, Any]:
    return {name: getattr(descriptor, name) for name in Descriptor.__dataclass_fields__}
