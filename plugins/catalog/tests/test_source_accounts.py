"""People and groups from exports: valid names without silent collisions, and no file that proves more than it has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.providers.names import LONGEST, entity_name
from callboard_sdk import Unread
from callboard_sdk.testing import Reading
from hypothesis import given
from hypothesis import strategies as st
from tests.hosts.held import Held, ended, reading, told

USERS = [
    {"id": "u1", "userName": "Ada@acme.example", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "active": True,
     "emails": [{"value": "a@home.example"}, {"value": "ada@acme.example", "primary": True}]},
    {"id": "u2", "userName": "grace", "displayName": "Grace Hopper", "groups": [{"value": "g1"}]},
    {"id": "u3", "userName": "gone", "active": False},
]  # fmt: skip
GROUPS = [
    {"id": "g1", "displayName": "Platform Team", "members": [{"value": "u1"}, {"value": "g2"}]},
    {"id": "g2", "displayName": "Build", "members": [{"value": "u2"}, {"value": "nobody"}]},
]


class Company:
    def __init__(self, folder: Path) -> None:
        self.folder, self.held = folder, Held()

    def write(self, name: str, resources: list[dict[str, Any]], **more: Any) -> None:
        schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
        found = {"schemas": schemas, "totalResults": len(resources), "startIndex": 1, "Resources": resources, **more}
        (self.folder / name).write_text(json.dumps(found))

    async def read(self, *files: str, **more: Any) -> Reading:
        paths = [str(self.folder / name) for name in files or ("users.json", "groups.json")]
        async with reading({"provider": "accounts", "files": paths, **more}) as read:
            return await self.held.read(read(self.held))

    @property
    def entities(self) -> dict[str, Any]:
        return {name: entity[0] for name, entity in self.held.items.items()}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.write("users.json", USERS)
    made.write("groups.json", GROUPS)
    return made


async def test_scim_resources_become_users_and_groups(company: Company) -> None:
    assert ended(await company.read(namespace="people"))
    found = company.entities
    assert set(found) == {
        "accounts/group/build", "accounts/group/platform-team", "accounts/user/ada-acme.example", "accounts/user/grace",
    }  # fmt: skip
    assert found["accounts/user/ada-acme.example"] == {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": {"name": "ada-acme.example", "namespace": "people", "title": "Ada Lovelace"},
        "spec": {"memberOf": ["platform-team"], "profile": {"displayName": "Ada Lovelace", "email": "ada@acme.example"}},
    }
    assert found["accounts/user/grace"]["spec"]["memberOf"] == ["build", "platform-team"]
    assert found["accounts/group/build"]["spec"]["parent"] == "platform-team"


async def test_claims_become_users_and_groups(company: Company) -> None:
    people = [
        {"sub": "1", "upn": "ada", "name": "Ada", "email": "ada@acme.example", "teams": ["/platform", "Build Team"]},
        {"upn": "eve"},
    ]
    (company.folder / "claims.json").write_text(json.dumps(people))
    assert ended(await company.read("claims.json", format="claims", user_claim="upn", groups_claim="teams"))
    assert set(company.entities) == {
        "accounts/user/ada",
        "accounts/user/eve",
        "accounts/group/platform",
        "accounts/group/build-team",
    }
    assert company.entities["accounts/user/ada"]["spec"]["memberOf"] == ["build-team", "platform"]


async def test_who_is_no_longer_in_the_export_is_gone(company: Company) -> None:
    await company.read()
    company.write("users.json", USERS[:1])
    assert ended(await company.read())
    assert "accounts/user/grace" not in company.entities


async def test_two_accounts_that_would_be_one_entity_are_neither_and_what_was_known_stays(company: Company) -> None:
    await company.read()
    before = company.entities
    company.write("users.json", [*USERS, {"id": "u4", "userName": "GRACE", "displayName": "Somebody else"}])
    found = await company.read()
    assert told(found, Unread) == ["accounts/user/grace"]
    assert "2 accounts, 'grace' and 'GRACE'" in str(found.of(Unread)[0].why)
    assert company.entities == before


async def test_an_account_without_a_usable_name_is_told(company: Company) -> None:
    company.write("users.json", [*USERS, {"id": "u5", "userName": "///"}])
    found = await company.read()
    assert told(found, Unread) == ["accounts/user/#u5"]
    assert ended(found)


BROKEN = {
    "cut off": lambda file: file.write_text(file.read_text()[:-20]),
    "empty": lambda file: file.write_text(""),
    "gone": lambda file: file.unlink(),
    "a part only": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"totalResults": 99})),
    "of another form": lambda file: file.write_text("[]"),
    "without a total": lambda file: file.write_text('{"Resources": []}'),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_an_export_that_is_not_whole_proves_nothing(company: Company, case: str) -> None:
    await company.read()
    before = company.entities
    BROKEN[case](company.folder / "users.json")
    found = await company.read()
    assert [type(event) for event in found.events] == [Unread]
    assert company.entities == before
    assert str(company.folder) not in str(found.of(Unread)[0].why)


NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")


@given(st.text(max_size=200))
def test_every_text_gives_a_valid_name_or_none(text: str) -> None:
    name = entity_name(text)
    assert name == "" or (NAME.fullmatch(name) and len(name) <= LONGEST)
    assert entity_name(name) == name


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert entity_name("a" * 70 + "x") != entity_name("a" * 70 + "y")
    assert [entity_name(text) for text in ("Zoë Müller", "Юрий", "a/b", "--")] == [
        "zoe-muller",
        "u042e-u0440-u0438-u0439",
        "a-b",
        "",
    ]
