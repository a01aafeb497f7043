"""The files of one commit in a repository's object store, as a `Tree`; links, submodules and unprintable names are left out."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from callboard_sdk import Unreadable

from callboard_catalog.descriptors.files import decoded

from .git_program import Git

_FILE_MODES = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class _Entry:
    id: bytes
    size: int


class GitTree:
    """Reads files by one process of `git cat-file --batch`, which lives until the tree is closed."""

    def __init__(self, git: Git, listing: bytes, max_bytes: int) -> None:
        """`listing` is what `git ls-tree -r -l -z` printed."""
        self._git = git
        self._max_bytes = max_bytes
        self._entries = dict(_entries(listing))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    @property
    def files(self) -> list[str]:
        """The path of every file, sorted."""
        return sorted(self._entries)

    def text(self, path: str) -> str:
        """The file's text. Raises Unreadable."""
        entry = self._entries.get(path)
        if entry is None:
            raise Unreadable("missing", "is not there", "Mend the path, or put the file there.")
        if entry.size > self._max_bytes:
            remedy = "Split it, or raise `max_file_bytes` in the settings."
            raise Unreadable("too-large", f"is larger than {self._max_bytes} bytes", remedy)
        return decoded(self._content(entry))

    def below(self, folder: str) -> Sequence[str]:
        """The files below a folder, as the commit has them."""
        return [path for path in self.files if not folder or path.startswith(f"{folder}/")]

    def _content(self, entry: _Entry) -> bytes:
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = threading.Timer(self._git.seconds, process.kill)  # reading from a process has no limit of its own
        deadline.start()
        try:
            process.stdin.write(entry.id + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            content = process.stdout.read(entry.size + 1)
        except OSError:
            head, content = [], b""
        finally:
            deadline.cancel()
        if head != [entry.id, b"blob", str(entry.size).encode()] or len(content) != entry.size + 1:
            raise Unreadable("unreadable", "can't be read from the repository", "It is read again at the next reading.")
        return content[:-1]

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._git.command("cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._git.environment,
        )


def _entries(listing: bytes) -> list[tuple[str, _Entry]]:
    found: list[tuple[str, _Entry]] = []
    for line in listing.split(b"\0"):
        described, tab, path = line.partition(b"\t")
        if not tab:
            continue
        mode, kind, blob, size = described.split()
        try:
            name = path.decode()
        except UnicodeDecodeError:
            continue
        if kind == b"blob" and mode in _FILE_MODES and name.isprintable():
            found.append((name, _Entry(blob, int(size))))
    return found
