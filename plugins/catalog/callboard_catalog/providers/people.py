"""Groups and Users made of accounts, whatever system they come from: one item each, and none where two want one name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callboard_sdk import Event, Item, Unread, Unreadable

from .names import entity_name
from .texts import printable

API_VERSION = "backstage.io/v1alpha1"


@dataclass(frozen=True, slots=True)
class Account:
    """A group or person as its system has it: `key` tells it apart there, `name` is what its entity's name is made of."""

    key: str
    name: str
    title: str | None = None
    description: str | None = None
    email: str | None = None
    picture: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    above: Sequence[str] = ()
    """Of a person the groups' keys; of a group its parent's, at most one."""


class People:
    """Groups and people of one system, as items below `prefix`: `PREFIX/group/NAME` and `PREFIX/user/NAME`.

    Where two accounts would be one entity, or the name of one can't be an entity's, it is unread: what was known of it stays.
    """

    def __init__(self, prefix: str, namespace: str, group_type: str = "team") -> None:
        self._prefix = prefix
        self._namespace = namespace
        self._group_type = group_type

    def events(self, groups: Iterable[Account], people: Iterable[Account]) -> Iterator[Event]:
        """An item for each group and each person, in the order of their names."""
        found = list(groups)
        names = {account.key: entity_name(account.name) for account in found}
        yield from self._kind("group", found, lambda account: self._group(account, names))
        yield from self._kind("user", people, lambda account: self._user(account, names))

    def _kind(self, kind: str, accounts: Iterable[Account], entity: Any) -> Iterator[Event]:
        named: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            named[entity_name(account.name)].append(account)
        for name, same in sorted(named.items()):
            if not name:
                unusable = Unreadable("account", "has no name that an entity could have", "Name it there with letters or digits.")
                yield from (Unread(f"{self._prefix}/{kind}/#{printable(account.key)}", unusable) for account in same)
            elif len(same) > 1:
                both = " and ".join(repr(account.name[:80]) for account in same[:2])
                why = f"would be made of {len(same)} accounts, {both}: none of them is read"
                yield Unread(f"{self._prefix}/{kind}/{name}", Unreadable("account", why, "Rename one of them there."))
            else:
                yield Item(f"{self._prefix}/{kind}/{name}", entities=[entity(same[0])])

    def _group(self, account: Account, names: Mapping[str, str]) -> dict[str, Any]:
        profile = {"displayName": account.title, "email": account.email, "picture": account.picture}
        parent = next((names[key] for key in account.above if names.get(key)), None)
        spec = {"type": self._group_type, "children": [], "profile": _given(profile)} | _given({"parent": parent})
        return self._entity("Group", account, spec)

    def _user(self, account: Account, names: Mapping[str, str]) -> dict[str, Any]:
        profile = {"displayName": account.title, "email": account.email, "picture": account.picture}
        groups = sorted({names[key] for key in account.above if names.get(key)})
        return self._entity("User", account, {"memberOf": groups, "profile": _given(profile)})

    def _entity(self, kind: str, account: Account, spec: Mapping[str, Any]) -> dict[str, Any]:
        metadata = {
            "name": entity_name(account.name),
            "namespace": self._namespace,
            "title": account.title,
            "description": account.description,
            "annotations": dict(account.annotations),
        }
        return {"apiVersion": API_VERSION, "kind": kind, "metadata": _given(metadata), "spec": spec}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
