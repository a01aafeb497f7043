"""One Git repository, fetched without its history into a bare one, and read from its object store.

A. ask       the newest commit of the ref; the same as before: nothing else is asked
B. fetch     that commit alone
C. read      its files, as of that commit
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callboard_sdk import Files, Known, Same, Unread, Unreadable, Whole
from callboard_sdk.sources import Events

from callboard_catalog.settings.remote import GitSource

from .git_program import Git, authorization
from .git_tree import GitTree
from .repository import wanted
from .texts import printable

_READ = "refs/callboard/read"


class GitRepository:
    """One source in Git. Its files are below the repository's own name; their version is the commit."""

    def __init__(self, settings: GitSource, *, max_bytes: int, path: str = os.defpath) -> None:
        """`path` says where programs are, as in the environment variable PATH."""
        self._settings = settings
        self._max_bytes = max_bytes
        self._path = path
        where = settings.repository
        self._address = str(where.absolute() if isinstance(where, Path) else where)
        self.name = printable(str(where).rstrip("/").rpartition("/")[2].removesuffix(".git")) or "repository"

    async def read(self, known: Known) -> Events:
        """Whole when the commit was read to its end: it names every file that there is."""
        version = (await known.versions([self.name])).get(self.name)
        try:
            with self._alone() as folder:
                git = self._git(folder)
                name, newest = await self._newest(git)  # A
                if newest == version:
                    yield Same(self.name)
                else:
                    commit = await self._fetched(git, name)  # B
                    listing = await git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
                    with GitTree(git, listing, self._max_bytes) as tree:  # C
                        if not wanted(self._settings.paths, tree.files):
                            raise Unreadable("source", "has no file that the paths name", "Mend the paths in the settings.")
                        yield Files(self.name, tree, self._settings.paths, commit)
        except Unreadable as error:
            yield Unread("", error)
            return
        yield Whole()

    async def _newest(self, git: Git) -> tuple[str, str]:
        """The ref's full name, and the id of what it names now."""
        ref = self._settings.ref or "HEAD"
        names = ("HEAD",) if ref == "HEAD" else (f"refs/heads/{ref}", f"refs/tags/{ref}")
        printed = (await git.run("ls-remote", "--quiet", "--", self._address, *names)).decode("utf-8", "replace")
        found = {name: tip for tip, _, name in (line.partition("\t") for line in printed.splitlines())}
        for name in names:
            if name in found:
                return name, found[name]
        raise Unreadable("source", f"has no branch or tag {ref}", "Mend the ref in the settings.")

    async def _fetched(self, git: Git, name: str) -> str:
        """The id of what was fetched. A bare repository that can't be used any more is made anew."""
        if git.folder.exists():
            try:
                return await self._fetch(git, name)
            except Unreadable:  # broken, or left locked by a process that was killed: what it holds is all elsewhere too
                await asyncio.to_thread(shutil.rmtree, git.folder)
        return await self._fetch(git, name)

    async def _fetch(self, git: Git, name: str) -> str:
        await git.run("init", "--bare", "--quiet", "--template=", str(git.folder))
        options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--force")
        await git.run("fetch", *options, "--", self._address, f"{name}:{_READ}")
        return (await git.run("rev-parse", "--verify", _READ)).decode().strip()

    def _git(self, folder: Path) -> Git:
        settings = self._settings
        configured: dict[str, str] = {}
        if settings.remote:
            if token := _token(settings):
                configured |= authorization(self._address, settings.user, token)
            if settings.ca_file:
                configured["http.sslCAInfo"] = str(settings.ca_file.absolute())
        protocol = self._address.partition("://")[0] if settings.remote else "file"
        return Git(folder, protocol=protocol, seconds=settings.timeout_seconds, configured=configured, path=self._path)

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        """The folder of the bare repository, which no other process uses meanwhile; the lock ends with the process."""
        key = hashlib.sha256(f"{self._settings.name}\n{self._address}".encode()).hexdigest()[:16]
        parent = Path(self._settings.folder)
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(parent / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            why = f"could not be read: its folder can't be used: {error.strerror}"
            raise Unreadable("unreadable", why, "Give the gateway a `folder` that it may write.") from None
        try:
            _lock(lock)
            yield parent / f"{key}.git"
        finally:
            os.close(lock)


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        remedy = "It is read again at the next reading."
        raise Unreadable("unanswered", "is being read already on this machine", remedy) from None


def _token(settings: GitSource) -> str | None:
    if settings.token is not None:
        return settings.token.get_secret_value()
    if settings.token_file is None:
        return None
    try:
        return settings.token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        why = "could not be read: its token can't be read"
        raise Unreadable("unanswered", why, "Check token_file in the settings.") from None
