"""The teams and members of an organisation on GitHub, as Groups and Users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from urllib.parse import quote

import msgspec
from callboard_sdk import Client, Event, Unread, Unreadable, UpstreamError

from callboard_catalog.settings.remote import GitHubSource

from .asking import pages, steady, unanswered
from .people import Account, People
from .together import in_order


class _Parent(msgspec.Struct, frozen=True):
    slug: str


class Team(msgspec.Struct, frozen=True):
    """A team, with the one above it."""

    slug: str
    name: str
    description: str | None = None
    html_url: str | None = None
    parent: _Parent | None = None


class Member(msgspec.Struct, frozen=True):
    """A member, as lists have it: without a full name."""

    login: str
    avatar_url: str | None = None
    html_url: str | None = None


class GitHubPeople:
    """One organisation's people; their items are below `@ORGANISATION`, which no repository can be called."""

    def __init__(self, settings: GitHubSource, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._prefix = f"@{settings.organization}"
        self._place = f"orgs/{quote(settings.organization or '')}"

    async def events(self) -> AsyncIterator[Event]:
        """An item for each, or all of them unread when one of the lists was not read to its end."""
        try:
            teams = await self._list("teams", list[Team], "slug") if self._settings.teams else []
            members = await self._list("members", list[Member], "login") if self._settings.members else []
            belonging = await self._belonging(teams) if members else {}
        except UpstreamError as error:
            yield Unread(self._prefix, unanswered(error))
            return
        except Unreadable as error:
            yield Unread(self._prefix, error)
            return
        groups = [_group(team) for team in teams]
        people = [_person(member, belonging.get(member.login, [])) for member in members]
        for event in People(self._prefix, self._settings.namespace).events(groups, people):
            yield event

    async def _list(self, what: str, kind: type, key: str) -> list:  # type: ignore[type-arg]
        async def read() -> list:  # type: ignore[type-arg]
            return await pages(self._client, f"{self._place}/{what}", {"per_page": 100}, kind)

        return await steady(read, lambda one: getattr(one, key))

    async def _belonging(self, teams: list[Team]) -> Mapping[str, list[str]]:
        """Each member's teams. GitHub counts a team's members to those above it too, so what is said below is not said again."""

        async def ask(team: Team) -> set[str]:
            return {one.login for one in await self._list(f"teams/{quote(team.slug)}/members", list[Member], "login")}

        members: dict[str, set[str]] = {}
        async with aclosing(in_order(ask, teams, self._settings.concurrency)) as answers:
            async for team, answer in answers:
                if isinstance(answer, Exception):
                    raise answer
                members[team.slug] = answer
        below: dict[str, set[str]] = defaultdict(set)
        for team in teams:
            if team.parent is not None:
                below[team.parent.slug] |= members[team.slug]
        found: dict[str, list[str]] = defaultdict(list)
        for slug, logins in members.items():
            for login in sorted(logins - below[slug]):
                found[login].append(slug)
        return found


def _group(team: Team) -> Account:
    return Account(
        team.slug,
        team.slug,
        title=team.name,
        description=team.description,
        annotations={"github.com/team-slug": team.slug},
        above=[team.parent.slug] if team.parent else [],
    )


def _person(member: Member, teams: list[str]) -> Account:
    return Account(
        member.login,
        member.login,
        picture=member.avatar_url,
        annotations={"github.com/user-login": member.login},
        above=teams,
    )
