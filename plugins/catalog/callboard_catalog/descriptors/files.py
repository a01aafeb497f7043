"""The files of one source: which there are, and their texts. Nothing outside the source's root is ever opened or listed."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

import bracex
from callboard_sdk.sources import Unreadable
from callboard_sdk.yaml import Mark

P = TypeVar("P", bound=PurePath)

MAX_ALTERNATIVES = 100
_MAGIC = re.compile(r"[*?\[{]")


class Files(ABC):
    """Files below one root, on this machine or elsewhere. All their names begin with `prefix`.

    `failures` are the folders that could not be listed, and why.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.failures: dict[str, Unreadable] = {}
        self._listed: dict[PurePath, Sequence[PurePath]] = {}

    @abstractmethod
    def name(self, path: PurePath) -> str:
        """What to call the file: its path below the root, always text."""

    @abstractmethod
    def real(self, path: PurePath) -> PurePath:
        """The path with all links followed."""

    @abstractmethod
    def inside(self, path: PurePath) -> bool:
        """Whether the path, with all links followed, stays below the root."""

    @abstractmethod
    def is_file(self, path: PurePath) -> bool:
        """Whether there is a file."""

    @abstractmethod
    def is_folder(self, path: PurePath) -> bool:
        """Whether there is a folder."""

    @abstractmethod
    def text(self, path: PurePath) -> str:
        """The file's text, its lines ended by newlines alone. Raises Unreadable."""

    @abstractmethod
    def _list(self, folder: PurePath) -> Iterator[PurePath]:
        """Every file below the folder, in any order; none when there is no such folder."""

    def below(self, folder: PurePath) -> Sequence[PurePath]:
        """Every file below the folder, sorted; none when there is no such folder. Links to folders are not followed."""
        if folder not in self._listed:
            self._listed[folder] = sorted(self._list(folder))
        return self._listed[folder]

    def matching(self, folder: PurePath, pattern: str) -> list[PurePath]:
        """The files below the folder whose paths from there fit the glob. Raises ValueError for one that is too wide."""
        fits = matcher(pattern)
        return [path for path in self.below(folder) if fits(path.relative_to(folder).as_posix())]


class LocalFiles(Files):
    """Files on this machine."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        super().__init__()
        self.root = Path(os.path.realpath(root))
        self._max_bytes = max_bytes

    def name(self, path: PurePath) -> str:
        """What to call the file: its path below the root with the links in it as they are."""
        places = (Path(os.path.normpath(Path(path).absolute())), self.real(path))
        inside = next((place.relative_to(self.root) for place in places if place.is_relative_to(self.root)), Path(path.name))
        return as_text(str(inside))

    def real(self, path: PurePath) -> Path:
        """The path with all links followed, also where a part is missing or links lead in a circle."""
        return Path(os.path.realpath(path))

    def inside(self, path: PurePath) -> bool:
        """Whether the path, with all links followed, stays below the root."""
        return self.real(path).is_relative_to(self.root)

    def is_file(self, path: PurePath) -> bool:
        """Whether there is a file, or a link that is to lead to one."""
        place = Path(path)
        return (place.exists() or place.is_symlink()) and not place.is_dir()

    def is_folder(self, path: PurePath) -> bool:
        """Whether there is a folder."""
        return Path(path).is_dir()

    def text(self, path: PurePath) -> str:
        """The file's text. Raises Unreadable."""
        if not self.inside(path):
            raise Unreadable("outside-root", "leads outside the source's root", "Move it, or widen `root` in the settings.")
        try:
            with open(path, "rb", opener=_open) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Unreadable("unreadable", "is no regular file", "Put a file in its place.")
                raw = file.read(self._max_bytes + 1)
        except OSError as error:
            remedy = "Check that it exists and that the gateway may read it."
            raise Unreadable("unreadable", f"can't be read: {error.strerror}", remedy) from None
        if len(raw) > self._max_bytes:
            raise Unreadable(
                "too-large", f"is larger than {self._max_bytes} bytes", "Split it, or raise `max_file_bytes` in the settings."
            )
        return decoded(raw)

    def _list(self, folder: PurePath) -> Iterator[PurePath]:
        for place, _, names in os.walk(folder, onerror=self._failed) if self.is_folder(folder) else ():
            yield from (Path(place, name) for name in names)

    def _failed(self, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        remedy = "Check that the gateway may read it."
        self.failures[self.name(Path(error.filename))] = Unreadable("unreadable", f"can't be listed: {reason}", remedy)


def as_text(name: str) -> str:
    """A file's name with escapes for what is no text in it."""
    return name.encode("utf-8", "backslashreplace").decode()


def split_glob(path: P) -> tuple[P, str]:
    """The leading part of a path without wildcards, and the rest from its first wildcard on (empty when it has none)."""
    parts = path.parts
    first = next((number for number, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    return type(path)(*parts[:first]), "/".join(parts[first:])


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a path fits the glob: `*`, `?` and `[...]` inside a name, `**` for any folders, `{a,b}` for either.

    Takes time linear in the path for each part. Raises ValueError for more than MAX_ALTERNATIVES alternatives, and for `..`.
    """
    try:
        alternatives = bracex.expand(pattern, limit=MAX_ALTERNATIVES)
    except bracex.ExpansionLimitException:
        raise ValueError(f"stands for more than {MAX_ALTERNATIVES} patterns") from None
    if any(one.startswith("/") or ".." in one.split("/") for one in alternatives):
        raise ValueError("leads out of its folder after a wildcard")
    compiled = [[_segment(part) for part in one.split("/") if part not in ("", ".")] for one in alternatives]
    return lambda path: any(_fits(segments, path.split("/")) for segments in compiled)


def _segment(part: str) -> re.Pattern[str] | None:
    return None if part == "**" else re.compile(fnmatch.translate(part))


def _fits(segments: Sequence[re.Pattern[str] | None], parts: Sequence[str]) -> bool:
    reached = {0}  # how many segments the parts so far may have used up
    for part in parts:
        reached = {after for at in _open_ends(segments, reached) for after in _step(segments, at, part)}
    return len(segments) in set(_open_ends(segments, reached))


def _open_ends(segments: Sequence[re.Pattern[str] | None], reached: set[int]) -> Iterator[int]:
    for at in reached:
        yield at
        while at < len(segments) and segments[at] is None:
            at += 1  # noqa: PLW2901  `**` may stand for no folder
            yield at


def _step(segments: Sequence[re.Pattern[str] | None], at: int, part: str) -> Iterator[int]:
    if at == len(segments):
        return
    segment = segments[at]
    if segment is None:
        yield at
    elif segment.match(part):
        yield at + 1


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe must not hold the reader up


def decoded(raw: bytes) -> str:
    """The text of a file that has these bytes. Raises Unreadable."""
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        mark = Mark(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        message = f"is not UTF-8: byte {mark.column} of line {mark.line}"
        raise Unreadable("encoding", message, "Save it as UTF-8.", mark.line, mark.column) from None
