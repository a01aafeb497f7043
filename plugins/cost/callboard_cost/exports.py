"""Which export files there are now: found below each source's folder, never outside of it, and with their signatures."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from callboard_sdk import Problem, Severity

from .settings import CostSettings, SourceSettings

Signature = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Export:
    """One file. `path` is resolved and inside its source's folder; `name` is relative to it; `signature` changes when the
    file does (time of change in ns, size, inode, time of its attributes' change in ns).
    """

    source: str
    name: str
    path: str
    signature: Signature

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.signature[1]


@dataclass(frozen=True, slots=True)
class Listing:
    """What one look at a source found."""

    exports: tuple[Export, ...]
    problems: tuple[Problem, ...]


def problem(rule: str, message: str, remedy: str, file: str | None = None, line: int | None = None) -> Problem:
    """A Problem about exports; `rule` without its prefix."""
    return Problem(rule=f"cost.{rule}", message=message, severity=Severity.MEDIUM, remedy=remedy, file=file, line=line)


def list_exports(source: SourceSettings, settings: CostSettings) -> Listing:
    """The source's files in order of their names, within the limits; what is left out is a Problem. Never raises."""
    try:
        root = source.root.resolve(strict=True)
        found = sorted(_matching(root, source.globs, settings.max_files + 1))
    except OSError as error:
        return Listing((), (_missing(source, error),))
    if not found:
        return Listing((), (_empty(source),))
    problems: list[Problem] = []
    exports: list[Export] = []
    for path in found[: settings.max_files]:
        export = _export(source.label, root, path, settings.max_bytes)
        (problems if isinstance(export, Problem) else exports).append(export)  # type: ignore[arg-type]
    if len(found) > settings.max_files:
        problems.insert(0, _too_many(source, settings.max_files))
    return Listing(tuple(exports), tuple(problems))


def _matching(root: Path, globs: Sequence[str], limit: int) -> set[Path]:
    """One more than allowed shows that there are too many, without listing a whole disk."""
    found: set[Path] = set()
    for path in _paths(root, globs):
        found.add(path)
        if len(found) >= limit * 2:
            break
    return set(sorted(found)[:limit])


def _paths(root: Path, globs: Sequence[str]) -> Iterator[Path]:
    for glob in globs:
        for path in root.glob(glob):
            if not any(part.startswith(".") for part in path.relative_to(root).parts) and not path.is_dir():
                yield path


def _export(source: str, root: Path, path: Path, max_bytes: int) -> Export | Problem:
    name = str(path.relative_to(root)).encode(errors="replace").decode()
    try:
        resolved = path.resolve(strict=True)
        facts = resolved.stat()
        str(resolved).encode()
    except (OSError, RuntimeError, UnicodeError):
        return problem("unreadable", f"{name} can't be opened", "Let the gateway's user read it, or remove it.", name)
    if not resolved.is_relative_to(root):
        return problem(
            "outside",
            f"{name} is a link that leads out of its folder",
            "Put the file itself into the folder.",
            name,
        )
    if not stat.S_ISREG(facts.st_mode):
        return problem("unreadable", f"{name} is not a regular file", "Leave it out of `include`.", name)
    if facts.st_size > max_bytes:
        return problem(
            "too-large",
            f"{name} has {facts.st_size:,} bytes; at most {max_bytes:,} are read",
            "Export it in smaller parts, or raise `max_bytes`.",
            name,
        )
    signature = (facts.st_mtime_ns, facts.st_size, facts.st_ino, facts.st_ctime_ns)
    return Export(source, name, str(resolved), signature)


def _missing(source: SourceSettings, error: OSError) -> Problem:
    what = "does not exist" if isinstance(error, FileNotFoundError) else "can't be opened"
    return problem(
        "no-folder",
        f"the place of source {source.label!r} {what}",
        "Mend `path` in the settings, or create it.",
    )


def _empty(source: SourceSettings) -> Problem:
    return problem(
        "no-files",
        f"source {source.label!r} has no file that matches {', '.join(source.globs)[:200]}",
        "Put FOCUS exports there, or mend `path` and `include` in the settings.",
    )


def _too_many(source: SourceSettings, limit: int) -> Problem:
    return problem(
        "too-many-files",
        f"source {source.label!r} has more than {limit:,} files; those after the first {limit:,} by name are left out",
        "Narrow `include`, or raise `max_files`.",
    )
