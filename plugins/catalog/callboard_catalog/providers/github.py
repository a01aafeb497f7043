"""The repositories of an organisation, user or list on GitHub, by its REST API (version 2022-11-28).

A. list      the repositories, to the list's end, and whether it stood still
B. compare   what was pushed when it was last read, as GitHub's own clock has it, never ours
C. read      the newest commit, its files in one listing, and the descriptors among them
D. people    teams and members, if wanted
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from operator import attrgetter
from urllib.parse import quote

import msgspec
from callboard_sdk import Client, Event, Files, Gone, Item, Known, Same, Unread, Unreadable, UpstreamError, Whole
from callboard_sdk.sources import Events

from callboard_catalog.settings.remote import GitHubSource

from .asking import fresh, is_over, pages, steady, unanswered
from .github_people import GitHubPeople
from .repository import Blob, ListedTree, fits_any, told_of, wanted

_SETTLED = timedelta(seconds=60)
"""A push is compared by its time only when it was that long past when it was read: times are whole seconds."""
_FILE_MODES = ("100644", "100755")


class Repository(msgspec.Struct, frozen=True):
    """A repository, as lists and single answers have it."""

    id: int
    full_name: str
    default_branch: str | None = None
    pushed_at: str | None = None
    archived: bool = False
    fork: bool = False


class _Entry(msgspec.Struct, frozen=True):
    path: str
    mode: str
    type: str
    sha: str
    size: int | None = None


class _Tree(msgspec.Struct, frozen=True):
    tree: list[_Entry]
    truncated: bool = False


class _Refusal(msgspec.Struct, frozen=True):
    message: str = ""


class GitHub:
    """One source on GitHub. Everything it says of a repository is named `owner/name`, its files below that."""

    def __init__(self, settings: GitHubSource, client: Client, *, max_bytes: int) -> None:
        self._settings = settings
        self._client = client
        self._max_bytes = max_bytes
        self._included = fits_any(settings.include)
        self._excluded = fits_any(settings.exclude)

    async def read(self, known: Known) -> Events:
        """Whole once the list was read to its end and the limit of requests left room for all that changed."""
        try:
            chosen, unread, now = await self._chosen()  # A
        except UpstreamError as error:
            yield Unread("", unanswered(error))
            return
        except Unreadable as error:
            yield Unread("", error)
            return
        for missed in unread:
            yield missed
        versions = await known.versions([one.full_name for one in chosen])
        changed: list[Repository] = []
        for one in chosen:  # B
            if _is_as_before(versions.get(one.full_name), one):
                yield Same(one.full_name)
            else:
                changed.append(one)

        async def ask(one: Repository) -> list[Event]:
            return await self._repository(one, versions.get(one.full_name), now)

        name = attrgetter("full_name")
        async with aclosing(told_of(changed, name, ask, self._settings.concurrency)) as events:  # C
            async for event in events:
                if isinstance(event, Unreadable):
                    yield Unread("", event)
                    return
                yield event
        if self._settings.organization and (self._settings.teams or self._settings.members):  # D
            people = GitHubPeople(self._settings, self._client)
            async for told in people.events():
                yield told
        yield Whole()

    async def _chosen(self) -> tuple[list[Repository], list[Unread], datetime | None]:
        """The repositories to read, what can't be said of others, and GitHub's time before they were listed."""
        settings = self._settings
        unread: list[Unread] = []
        reply = await fresh(self._client, "rate_limit", ok=frozenset({404}))  # costs nothing, and tells the time
        if settings.repositories:
            listed = []
            for name in settings.repositories:
                try:
                    listed.append(await self._one(name))
                except UpstreamError as error:
                    if is_over(error):
                        raise
                    unread.append(Unread(name, unanswered(error)))
        else:
            place = f"orgs/{quote(settings.organization)}" if settings.organization else f"users/{quote(settings.user or '')}"
            params: dict[str, str | int] = {"per_page": 100, "sort": "full_name"}

            async def read() -> list[list[Repository]]:
                return await pages(self._client, f"{place}/repos", params, list[Repository])

            listed = await steady(read, lambda one: one.full_name)
        distinct = {one.id: one for one in listed}.values()
        return [one for one in distinct if self._is_chosen(one)], unread, _time(reply.headers)

    async def _one(self, name: str) -> Repository:
        """A repository by its name, or by its new name where GitHub redirects from an earlier one."""
        redirects = frozenset({301, 302, 307, 308})
        reply = await fresh(self._client, f"repos/{quote(name)}", ok=redirects)
        if reply.status in redirects:
            moved = {key.lower(): value for key, value in reply.headers.items()}.get("location", "")
            reply = await fresh(self._client, moved)
        return reply.json(Repository)

    def _is_chosen(self, one: Repository) -> bool:
        name = one.full_name.partition("/")[2]
        return (
            (self._settings.archived or not one.archived)
            and (self._settings.forks or not one.fork)
            and self._included(name)
            and not self._excluded(name)
        )

    async def _repository(self, one: Repository, version: str | None, now: datetime | None) -> list[Event]:
        name, place = one.full_name, f"repos/{quote(one.full_name)}"
        before = _commit_of(version)
        commit = await self._commit(place, one.default_branch or "HEAD", before)
        if commit is not None and commit == before:
            return [Same(name)]
        files = {} if commit is None else await self._files(place, commit)
        found = wanted(self._settings.paths, list(files))
        told = _version(commit, one, now)
        if not found:
            return [Gone(name), Item(name, version=told)]  # an item with nothing in it, so that it is compared next time

        async def fetch(blob: Blob) -> bytes:
            raw = {"accept": "application/vnd.github.raw+json"}
            return (await fresh(self._client, f"{place}/git/blobs/{blob.id}", headers=raw)).content

        tree = ListedTree(files, fetch, max_bytes=self._max_bytes, seconds=self._settings.timeout_seconds * 2)
        await tree.prepare(found)
        return [Files(name, tree, found, told)]

    async def _commit(self, place: str, branch: str, before: str | None) -> str | None:
        """The newest commit of the branch, asked for only if it is another than before; None for an empty repository."""
        headers = {"accept": "application/vnd.github.sha"} | ({"if-none-match": f'"{before}"'} if before else {})
        reply = await fresh(self._client, f"{place}/commits/{quote(branch, safe='')}", headers=headers, ok=frozenset({304, 409}))
        if reply.status == 304:
            return before
        if reply.status == 409:
            message = reply.json(_Refusal).message
            if "empty" not in message.lower():
                raise Unreadable("unanswered", "could not be read: GitHub answers 409", "It is read again at the next reading.")
            return None
        commit = reply.content.decode("ascii", "replace").strip()
        if not commit.isalnum():
            raise Unreadable("unanswered", "could not be read: GitHub names no commit", "Look at what answers at its address.")
        return commit

    async def _files(self, place: str, commit: str) -> dict[str, Blob]:
        found = (await fresh(self._client, f"{place}/git/trees/{commit}", {"recursive": 1})).json(_Tree)
        if found.truncated:
            raise Unreadable("incomplete", "has more files than GitHub lists", "Read it as a source of its own, by `git`.")
        return {one.path: Blob(one.sha, one.size) for one in found.tree if one.type == "blob" and one.mode in _FILE_MODES}


def _commit_of(version: str | None) -> str | None:
    return version.partition(" ")[0] or None if version else None


def _version(commit: str | None, one: Repository, now: datetime | None) -> str | None:
    """The commit, with the branch and the time of the last push, where another push at that time can no longer come."""
    pushed = _moment(one.pushed_at)
    if now is None or pushed is None or now - pushed < _SETTLED:
        return commit
    return f"{commit or ''} {one.default_branch} {one.pushed_at}"


def _is_as_before(version: str | None, one: Repository) -> bool:
    """Whether nothing was pushed since; a version that is a commit alone says nothing of that."""
    _, told, pushed = (version or "").partition(" ")
    return bool(told) and pushed == f"{one.default_branch} {one.pushed_at}"


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _time(headers: Mapping[str, str]) -> datetime | None:
    text = {name.lower(): value for name, value in headers.items()}.get("date", "")
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
