"""A group on GitLab, those below it, and their members, as Groups and Users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import quote

import msgspec
from callboard_sdk import Client, Event, Unread, Unreadable, UpstreamError

from callboard_catalog.settings.remote import GitLabSource

from .asking import fresh, pages, steady, unanswered
from .people import Account, People
from .together import in_order


class Group(msgspec.Struct, frozen=True):
    """A group, with the id of the one above it."""

    id: int
    full_path: str
    name: str
    description: str | None = None
    parent_id: int | None = None


class Member(msgspec.Struct, frozen=True):
    """A direct member of a group."""

    id: int
    username: str
    name: str | None = None
    avatar_url: str | None = None
    state: str = "active"


class GitLabPeople:
    """One group's people; their items are below `@GROUP`, which no project can be called."""

    def __init__(self, settings: GitLabSource, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._prefix = f"@{settings.group}"
        self._place = f"groups/{quote(settings.group, safe='')}"

    async def events(self) -> AsyncIterator[Event]:
        """An item for each, or all of them unread when one of the lists was not read to its end."""
        try:
            groups = await self._groups()
            people = await self._people(groups) if self._settings.members else []
        except UpstreamError as error:
            yield Unread(self._prefix, unanswered(error))
            return
        except Unreadable as error:
            yield Unread(self._prefix, error)
            return
        made = [_group(group, self._settings.group) for group in groups] if self._settings.groups else []
        for event in People(self._prefix, self._settings.namespace).events(made, people):
            yield event

    async def _groups(self) -> list[Group]:
        top = (await fresh(self._client, self._place, {"with_projects": "false"})).json(Group)
        params: dict[str, str | int] = {"order_by": "id", "sort": "asc", "per_page": 100}

        async def read() -> list[list[Group]]:
            return await pages(self._client, f"{self._place}/descendant_groups", params, list[Group])

        return [top, *await steady(read, lambda one: (one.id, one.full_path, one.parent_id))]

    async def _people(self, groups: list[Group]) -> list[Account]:
        async def ask(group: Group) -> list[Member]:
            async def read() -> list[list[Member]]:
                return await pages(self._client, f"groups/{group.id}/members", {"per_page": 100}, list[Member])

            return await steady(read, lambda one: one.id)

        members: dict[int, Member] = {}
        above: dict[int, list[str]] = defaultdict(list)
        async with aclosing(in_order(ask, groups, self._settings.concurrency)) as answers:
            async for group, answer in answers:
                if isinstance(answer, Exception):
                    raise answer
                for member in answer:
                    if member.state == "active":
                        members[member.id] = member
                        above[member.id].append(str(group.id))
        return [_person(member, above[member.id]) for member in members.values()]


def _group(group: Group, top: str) -> Account:
    """The groups' names are their paths below the top, whose own name it is too: `platform-build` of `acme/platform/build`."""
    below = group.full_path[len(top) + 1 :] or group.full_path.rpartition("/")[2]
    return Account(
        str(group.id),
        below.replace("/", "-"),
        title=group.name,
        description=group.description,
        annotations={"gitlab.com/group-path": group.full_path},
        above=[str(group.parent_id)] if group.parent_id else [],
    )


def _person(member: Member, groups: list[str]) -> Account:
    return Account(
        str(member.id),
        member.username,
        title=member.name,
        picture=member.avatar_url,
        annotations={"gitlab.com/user-login": member.username},
        above=groups,
    )
