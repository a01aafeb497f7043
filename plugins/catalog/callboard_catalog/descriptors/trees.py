"""The files of an SDK tree, wherever it lies, as the reader of files takes them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePath, PurePosixPath

from callboard_sdk.sources import Tree, Unreadable

from .files import Files, as_text


class TreeFiles(Files):
    """A tree's files, named `prefix` and their paths. It is listed once, and not read after that where a listing tells enough."""

    def __init__(self, tree: Tree, prefix: str) -> None:
        super().__init__(prefix)
        self._tree = tree

    def name(self, path: PurePath) -> str:
        """The tree's name, and the path in it."""
        inside = str(self.real(path))
        return as_text(self.prefix if inside == "." else f"{self.prefix}/{inside}" if self.prefix else inside)

    def real(self, path: PurePath) -> PurePosixPath:
        """The path without detours; what is a link in a tree stays one."""
        return PurePosixPath(posixpath.normpath(path.as_posix()))

    def inside(self, path: PurePath) -> bool:
        """Whether the path stays in the tree."""
        return self.real(path).parts[:1] not in (("..",), ("/",))

    def is_file(self, path: PurePath) -> bool:
        """Whether the tree has this file."""
        return self.real(path) in self._known

    def is_folder(self, path: PurePath) -> bool:
        """Whether the tree has files below it."""
        return bool(self.below(self.real(path))) and not self.is_file(path)

    def text(self, path: PurePath) -> str:
        """The file's text. Raises Unreadable."""
        if not self.inside(path):
            raise Unreadable("outside-root", "leads outside the source's root", "Move it into the tree.")
        return self._tree.text(str(self.real(path)))

    @cached_property
    def _known(self) -> frozenset[PurePath]:
        return frozenset(self.below(PurePosixPath()))

    def _list(self, folder: PurePath) -> Iterator[PurePath]:
        inside = self.real(folder)
        try:
            listed = self._tree.below("" if str(inside) == "." else str(inside))
        except Unreadable as error:
            self.failures[self.name(inside)] = error
            return
        yield from map(PurePosixPath, listed)


class NoTree(Tree):
    """What descriptors that come without files lie in."""

    def text(self, path: str) -> str:
        """Raises Unreadable."""
        raise Unreadable("unreadable", "lies in no folder", "Write what it says in its place: this source has no files.")

    def below(self, folder: str) -> Sequence[str]:
        """Nothing."""
        return ()
