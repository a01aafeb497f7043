"""The projects of a group on GitLab and of the groups below it, by its REST API (version 4).

A. list      the projects, to the list's end, and whether it stood still
B. read      the newest commit of each, and where it is another than before its files, page by page, and the descriptors
C. people    the groups and their members, if wanted
"""

from __future__ import annotations

from contextlib import aclosing
from operator import attrgetter
from urllib.parse import quote

import msgspec
from callboard_sdk import Client, Event, Files, Gone, Item, Known, Same, Unread, Unreadable, UpstreamError, Whole
from callboard_sdk.sources import Events

from callboard_catalog.settings.remote import GitLabSource

from .asking import fresh, pages, steady, unanswered
from .gitlab_people import GitLabPeople
from .repository import Blob, ListedTree, fits_any, told_of, wanted

_FILE_MODES = ("100644", "100755")


class Project(msgspec.Struct, frozen=True):
    """A project, as lists have it."""

    id: int
    path_with_namespace: str
    default_branch: str | None = None
    archived: bool = False
    empty_repo: bool = False
    forked_from_project: dict[str, object] | None = None


class _Commit(msgspec.Struct, frozen=True):
    id: str


class _Branch(msgspec.Struct, frozen=True):
    commit: _Commit


class _Entry(msgspec.Struct, frozen=True):
    id: str
    path: str
    type: str
    mode: str


class GitLab:
    """One source on GitLab. Everything it says of a project is named by the project's path, its files below that."""

    def __init__(self, settings: GitLabSource, client: Client, *, max_bytes: int) -> None:
        self._settings = settings
        self._client = client
        self._max_bytes = max_bytes
        self._place = f"groups/{quote(settings.group, safe='')}"
        self._included = fits_any(settings.include)
        self._excluded = fits_any(settings.exclude)

    async def read(self, known: Known) -> Events:
        """Whole once the list was read to its end and every project was asked for."""
        try:
            chosen = await self._chosen()  # A
        except UpstreamError as error:
            yield Unread("", unanswered(error))
            return
        except Unreadable as error:
            yield Unread("", error)
            return
        versions = await known.versions([one.path_with_namespace for one in chosen])

        async def ask(one: Project) -> list[Event]:
            return await self._project(one, versions.get(one.path_with_namespace))

        name = attrgetter("path_with_namespace")
        async with aclosing(told_of(chosen, name, ask, self._settings.concurrency)) as events:  # B
            async for event in events:
                if isinstance(event, Unreadable):
                    yield Unread("", event)
                    return
                yield event
        if self._settings.groups or self._settings.members:  # C
            async for event in GitLabPeople(self._settings, self._client).events():
                yield event
        yield Whole()

    async def _chosen(self) -> list[Project]:
        params: dict[str, str | int] = {
            "include_subgroups": "true",
            "with_shared": "false",
            "order_by": "id",
            "sort": "asc",
            "per_page": 100,
        }

        async def read() -> list[list[Project]]:
            return await pages(self._client, f"{self._place}/projects", params, list[Project])

        return [one for one in await steady(read, lambda one: (one.id, one.path_with_namespace)) if self._is_chosen(one)]

    def _is_chosen(self, one: Project) -> bool:
        below = one.path_with_namespace
        if below.lower().startswith(f"{self._settings.group.lower()}/"):
            below = below[len(self._settings.group) + 1 :]
        return (
            (self._settings.archived or not one.archived)
            and (self._settings.forks or one.forked_from_project is None)
            and self._included(below)
            and not self._excluded(below)
        )

    async def _project(self, one: Project, version: str | None) -> list[Event]:
        name, place = one.path_with_namespace, f"projects/{one.id}/repository"
        if one.empty_repo or one.default_branch is None:
            return [Gone(name), Item(name)]
        branch = await fresh(self._client, f"{place}/branches/{quote(one.default_branch, safe='')}")
        commit = branch.json(_Branch).commit.id
        if commit == version:
            return [Same(name)]
        files = await self._files(place, commit)
        found = wanted(self._settings.paths, list(files))
        if not found:
            return [Gone(name), Item(name, version=commit)]  # an item with nothing in it, so that it is compared next time

        async def fetch(blob: Blob) -> bytes:
            return (await fresh(self._client, f"{place}/blobs/{blob.id}/raw")).content

        tree = ListedTree(files, fetch, max_bytes=self._max_bytes, seconds=self._settings.timeout_seconds * 2)
        await tree.prepare(found)
        return [Files(name, tree, found, commit)]

    async def _files(self, place: str, commit: str) -> dict[str, Blob]:
        """The files of a commit, which no longer changes: one reading of all pages is enough."""
        params: dict[str, str | int] = {"ref": commit, "recursive": "true", "pagination": "keyset", "per_page": 100}
        listed = await pages(self._client, f"{place}/tree", params, list[_Entry])
        return {one.path: Blob(one.id) for page in listed for one in page if one.type == "blob" and one.mode in _FILE_MODES}
