"""The files of one commit of a repository, as a host's REST API lists them; those that are wanted are fetched ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from callboard_sdk import Event, Unread, Unreadable, UpstreamError

from callboard_catalog.descriptors.files import decoded, matcher

from .asking import is_over, unanswered
from .texts import printable
from .together import in_order

T = TypeVar("T")

FETCHED_AT_MOST = 100
"""Files of one repository that are fetched before they are asked for."""
_SUFFIXES = (".yaml", ".yml")
_WILD = frozenset("*?[{")


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content in a repository: the id that Git has for it, and its size in bytes where the listing says so."""

    id: str
    size: int | None = None


Fetch = Callable[[Blob], Awaitable[bytes]]


class ListedTree:
    """A `Tree` of the files that a listing named; made on the event loop, and read in a worker thread beside it."""

    def __init__(self, files: Mapping[str, Blob], fetch: Fetch, *, max_bytes: int, seconds: float) -> None:
        self._files = files
        self._fetch = fetch
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._texts: dict[str, str | Unreadable] = {}

    async def prepare(self, paths: Sequence[str]) -> None:
        """Fetch these files' texts, as many as may be. Raises UpstreamError when the host is not to be asked for more."""
        for path in paths[:FETCHED_AT_MOST]:
            self._texts[path] = await self._read(path)

    def text(self, path: str) -> str:
        """The file's text. Raises Unreadable."""
        if path not in self._texts:
            if path not in self._files:
                raise Unreadable("missing", "is not there", "Mend the path, or put the file there.")
            asked = asyncio.run_coroutine_threadsafe(self._read(path), self._loop)
            try:
                self._texts[path] = asked.result(self._seconds)
            except TimeoutError:
                asked.cancel()
                raise Unreadable("unanswered", "did not come in time", "It is read again at the next reading.") from None
            except UpstreamError as error:
                raise unanswered(error) from None
        found = self._texts[path]
        if isinstance(found, Unreadable):
            raise found
        return found

    def below(self, folder: str) -> Sequence[str]:
        """The files below a folder, as the listing had them."""
        return sorted(path for path in self._files if not folder or path.startswith(f"{folder}/"))

    async def _read(self, path: str) -> str | Unreadable:
        blob = self._files[path]
        remedy = "Split it, or raise `max_file_bytes` in the settings."
        too_large = Unreadable("too-large", f"is larger than {self._max_bytes} bytes", remedy)
        if (blob.size or 0) > self._max_bytes:
            return too_large
        try:
            raw = await self._fetch(blob)
        except UpstreamError as error:
            if is_over(error):
                raise
            return unanswered(error)
        if len(raw) > self._max_bytes:
            return too_large
        try:
            return decoded(raw)
        except Unreadable as error:
            return error


def wanted(paths: Sequence[str], files: Sequence[str]) -> list[str]:
    """The files that these paths (files, folders, globs) name, in order, each once. Raises Unreadable for a glob that is none."""
    found: dict[str, None] = {}
    for path in paths:
        found |= dict.fromkeys(_named(path, files))
    return list(found)


def _named(path: str, files: Sequence[str]) -> list[str]:
    fixed = path.strip("/").removeprefix("./")
    if not _WILD & set(fixed):
        below = "" if fixed in ("", ".") else f"{fixed}/"
        return [one for one in files if one == fixed or (one.startswith(below) and one.endswith(_SUFFIXES))]
    try:
        fits = matcher(fixed)
    except ValueError as error:
        raise Unreadable("source", f"has a path, {printable(path)}, that {error}", "Mend the path in the settings.") from None
    return [one for one in files if fits(one)]


def fits_any(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether a name fits one of the globs, without regard to case."""
    fits = [matcher(glob.lower()) for glob in globs]
    return lambda name: any(one(name.lower()) for one in fits)


async def told_of(
    given: Iterable[T], name: Callable[[T], str], ask: Callable[[T], Awaitable[list[Event]]], at_once: int
) -> AsyncGenerator[Event | Unreadable, None]:
    """What there is to say of each repository, in order; an Unreadable ends it: its host is not to be asked for anything more."""
    async with aclosing(in_order(ask, given, at_once)) as answers:
        async for one, answer in answers:
            match answer:
                case UpstreamError() if is_over(answer):
                    yield unanswered(answer)
                    return
                case UpstreamError():
                    yield Unread(name(one), unanswered(answer))
                case Unreadable():
                    yield Unread(name(one), answer)
                case Exception():
                    raise answer
                case _:
                    for event in answer:
                        yield event
