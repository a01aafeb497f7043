"""People and groups from exports of an identity provider, as files: SCIM list responses (RFC 7644), or lists of claims.

Each file is read whole or not at all: one that is cut off, or that says itself that it has only a part, proves nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from callboard_sdk import Known, Unread, Unreadable, Whole
from callboard_sdk.sources import Events

from callboard_catalog.settings.source import AccountsSource

from .people import Account, People
from .texts import printable


class _Named(msgspec.Struct, frozen=True, rename="camel"):
    formatted: str | None = None
    given_name: str | None = None
    family_name: str | None = None


class _Email(msgspec.Struct, frozen=True):
    value: str
    primary: bool = False


class _Reference(msgspec.Struct, frozen=True):
    value: str
    type: str | None = None


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    user_name: str | None = None
    display_name: str | None = None
    name: _Named | None = None
    active: bool = True
    emails: list[_Email] = []  # msgspec copies it
    groups: list[_Reference] = []
    members: list[_Reference] = []


class _ListResponse(msgspec.Struct, frozen=True):
    total: int = msgspec.field(name="totalResults")
    resources: list[_Resource] = msgspec.field(name="Resources", default_factory=list)


Both = tuple[list[Account], list[Account]]


class Accounts:
    """One source of exports. Its items are `group/NAME` and `user/NAME` below `accounts`."""

    def __init__(self, settings: AccountsSource, *, max_bytes: int) -> None:
        self._settings = settings
        self._max_bytes = max_bytes

    async def read(self, known: Known) -> Events:
        """Everything is named again in each reading; the exports have no versions."""
        try:
            groups, people = await asyncio.to_thread(self._read)
        except Unreadable as error:
            yield Unread("", error)
            return
        for event in People("accounts", self._settings.namespace).events(groups, people):
            yield event
        yield Whole()

    def _read(self) -> Both:
        contents = [(file, self._content(file)) for file in self._settings.files]
        return self._scim(contents) if self._settings.format == "scim" else self._claims(contents)

    def _content(self, file: Path) -> bytes:
        try:
            with file.open("rb") as opened:
                raw = opened.read(self._max_bytes + 1)
        except OSError as error:
            why = f"could not be read: {_shown(file)}: {error.strerror}"
            raise Unreadable("unreadable", why, "Check that the file exists and that the gateway may read it.") from None
        if len(raw) > self._max_bytes:
            remedy = "Split it, or raise `max_file_bytes` in the settings."
            raise Unreadable("too-large", f"has {_shown(file)}, which is larger than {self._max_bytes} bytes", remedy)
        return raw

    def _scim(self, contents: Sequence[tuple[Path, bytes]]) -> Both:
        resources: list[_Resource] = []
        for file, raw in contents:
            found = _decoded(file, raw, _ListResponse)
            if found.total != len(found.resources):
                why = f"has {_shown(file)}, with {len(found.resources)} of {found.total} resources"
                raise Unreadable("incomplete", why, "Export all of them into it.")
            resources += found.resources
        groups = [one for one in resources if one.user_name is None]
        people = [one for one in resources if one.user_name is not None and one.active]
        above: dict[str, set[str]] = {one.id: {group.value for group in one.groups} for one in people}
        parents: dict[str, str] = {}
        for group in groups:
            for member in group.members:
                if member.value in above:
                    above[member.value].add(group.id)
                else:
                    parents.setdefault(member.value, group.id)
        return (
            [_scim_group(one, [parents[one.id]] if one.id in parents else []) for one in groups],
            [_scim_person(one, sorted(above[one.id])) for one in people],
        )

    def _claims(self, contents: Sequence[tuple[Path, bytes]]) -> Both:
        settings = self._settings
        groups: dict[str, Account] = {}
        people: list[Account] = []
        for file, raw in contents:
            for claims in _decoded(file, raw, list[dict[str, Any]]):
                above = claims.get(settings.groups_claim) or []
                if not isinstance(above, list) or not all(isinstance(one, str) for one in above):
                    why = f"has {_shown(file)}, in which {settings.groups_claim} is no list of texts"
                    raise Unreadable("account", why, "Name the claim with the groups as `groups_claim`.")
                groups |= {name: Account(name, name.strip("/").replace("/", "-"), title=name) for name in above}
                people.append(_claims_person(claims, settings.user_claim, above))
        return list(groups.values()), people


def _decoded(file: Path, raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = f"has {_shown(file)}, which can't be read: {error}"
        raise Unreadable("unreadable", why[:300], "Export it again, in the format that the settings name.") from None


def _scim_group(one: _Resource, above: list[str]) -> Account:
    return Account(one.id, one.display_name or "", title=one.display_name, above=above)


def _scim_person(one: _Resource, above: list[str]) -> Account:
    name = one.name or _Named()
    parts = " ".join(part for part in (name.given_name, name.family_name) if part)
    email = next((e.value for e in sorted(one.emails, key=lambda e: not e.primary)), None)
    return Account(
        one.id, one.user_name or "", title=one.display_name or name.formatted or parts or None, email=email, above=above
    )


def _claims_person(claims: dict[str, Any], user_claim: str, above: list[str]) -> Account:
    def text(name: str) -> str | None:
        found = claims.get(name)
        return found if isinstance(found, str) else None

    name = text(user_claim) or ""
    key = text("sub") or name or hashlib.sha256(msgspec.json.encode(claims)).hexdigest()
    return Account(key, name, title=text("name"), email=text("email"), picture=text("picture"), above=above)


def _shown(file: Path) -> str:
    return printable(file.name)
