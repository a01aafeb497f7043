"""The files of one source: which there are, and their texts. Nothing outside the source's root is ever opened or listed."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import bracex
from callboard_sdk.yaml import Mark

MAX_ALTERNATIVES = 100
_MAGIC = re.compile(r"[*?\[{]")


class FileProblem(Exception):
    """A file that can't be read, as a problem: the rule it breaks, what is wrong, and what to do."""

    def __init__(self, rule: str, message: str, remedy: str, mark: Mark | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.remedy = remedy
        self.mark = mark


class Files:
    """The files below one root. `failures` are the folders that could not be listed, with the reason."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = real(root)
        self.failures: dict[Path, str] = {}
        self._max_bytes = max_bytes
        self._listed: dict[Path, list[Path]] = {}

    def name(self, path: Path) -> str:
        """What to call the file: its path below the root with the links in it as they are, always printable."""
        places = (Path(os.path.normpath(path.absolute())), real(path))
        inside = next((place.relative_to(self.root) for place in places if place.is_relative_to(self.root)), Path(path.name))
        return str(inside).encode("utf-8", "backslashreplace").decode()

    def inside(self, path: Path) -> bool:
        """Whether the path, with all links followed, stays below the root."""
        return real(path).is_relative_to(self.root)

    def text(self, path: Path) -> str:
        """The file's text, with the line ends of this machine. Raises FileProblem."""
        if not self.inside(path):
            raise FileProblem("outside-root", "leads outside the source's root", "Move it, or widen `root` in the settings.")
        try:
            with open(path, "rb", opener=_open) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise FileProblem("unreadable", "is no regular file", "Put a file in its place.")
                raw = file.read(self._max_bytes + 1)
        except OSError as error:
            remedy = "Check that it exists and that the gateway may read it."
            raise FileProblem("unreadable", f"can't be read: {error.strerror}", remedy) from None
        if len(raw) > self._max_bytes:
            raise FileProblem(
                "too-large", f"is larger than {self._max_bytes} bytes", "Split it, or raise `max_file_bytes` in the settings."
            )
        return _decoded(raw)

    def below(self, folder: Path) -> list[Path]:
        """Every file below the folder, sorted; none when there is no such folder. Links to folders are not followed."""
        if folder not in self._listed:
            found: list[Path] = []
            for place, _, names in os.walk(folder, onerror=self._failed) if folder.is_dir() else ():
                found += (Path(place, name) for name in names)
            self._listed[folder] = sorted(found)
        return self._listed[folder]

    def matching(self, folder: Path, pattern: str) -> list[Path]:
        """The files below the folder whose paths from there fit the glob. Raises ValueError for one that is too wide."""
        fits = matcher(pattern)
        return [path for path in self.below(folder) if fits(path.relative_to(folder).as_posix())]

    def _failed(self, error: OSError) -> None:
        self.failures[Path(error.filename)] = error.strerror or type(error).__name__


def real(path: Path) -> Path:
    """The path with all links followed, also where a part is missing or links lead in a circle."""
    return Path(os.path.realpath(path))


def split_glob(path: Path) -> tuple[Path, str]:
    """The leading part of a path without wildcards, and the rest from its first wildcard on (empty when it has none)."""
    parts = path.parts
    first = next((number for number, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    return Path(*parts[:first]), "/".join(parts[first:])


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


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        mark = Mark(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise FileProblem(
            "encoding", f"is not UTF-8: byte {mark.column} of line {mark.line}", "Save it as UTF-8.", mark
        ) from None
