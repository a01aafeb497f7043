"""Which files a source holds, and whether they changed; only names, sizes and times are looked at until one did."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callboard_sdk import Problem, Severity

from .patterns import Pattern
from .settings import SourceSettings

MAX_FOLDER_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells one state of a file from another without reading it."""

    modified_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a source by path relative to its root, in order, and what was wrong on the way."""

    files: dict[str, Signature]
    problems: tuple[Problem, ...]


def list_files(source: SourceSettings, limit: int) -> Listing:
    """The files a source's globs include. Symbolic links are not followed, so that nothing outside the root is read."""
    if not source.path.is_dir():
        message = f"the folder of source {source.label!r} does not exist or is no folder"
        return Listing({}, (problem("no-such-folder", message, "Create it, or correct the source's `path`."),))
    globs = [Pattern(glob) for glob in source.include]
    problems: list[Problem] = []
    found = {
        path: signature
        for path, signature in _walk(source.path, "", 0, problems)
        if any(glob.match(path) is not None for glob in globs)
    }
    kept = dict(sorted(found.items())[:limit])
    if len(found) > limit:
        message = f"{len(found) - limit} documents of source {source.label!r} are left out: it holds more than {limit}"
        problems.append(problem("too-many-documents", message, "Raise `max_documents`, or divide the source."))
    return Listing(kept, tuple(problems))


def _walk(folder: Path, prefix: str, depth: int, problems: list[Problem]) -> Iterator[tuple[str, Signature]]:
    try:
        with os.scandir(folder) as entries:
            listed = list(entries)
    except OSError as error:
        problems.append(
            problem(
                "unreadable",
                f"the folder can't be listed: {error.strerror}",
                "Let the gateway's user read it.",
                file=prefix,
            )
        )
        return
    for entry in listed:
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if depth < MAX_FOLDER_DEPTH:
                yield from _walk(folder / entry.name, f"{path}/", depth + 1, problems)
        elif entry.is_file(follow_symlinks=False):
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # gone since the folder was listed
            yield path, Signature(status.st_mtime_ns, status.st_size, status.st_ino)


def read_file(source: SourceSettings, path: str, limit: int) -> bytes | Problem:
    """A file's bytes, or the Problem of why not. At most `limit` bytes are read, also when it grows meanwhile."""
    try:
        descriptor = os.open(source.path / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        return problem("unreadable", f"it can't be read: {error.strerror}", "Let the gateway's user read it.", file=path)
    if len(content) > limit:
        return problem(
            "too-large",
            f"it is larger than {limit} bytes",
            "Raise `max_bytes`, or split the report.",
            file=path,
        )
    return content


def problem(rule: str, message: str, remedy: str, *, file: str | None = None) -> Problem:
    """A problem of a source or of a whole file."""
    return Problem(rule=f"security.{rule}", message=message, severity=Severity.HIGH, remedy=remedy, file=file)
