"""Break-glass in the graph: a role for a while, for who may, as the settings allow, seen by all who see the policy."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway.testing import Harness, running_gateway
from tests.spec.administration.person import Person

SHOWN = "id subject role reason grantedBy ended"
REASON = {"role": "oncall", "reason": "the site is down", "minutes": 10}


@pytest.fixture
def rita(harness: Harness) -> Person:
    return Person(harness, "rita", ["viewer", "responder"])


async def roles(person: Person) -> list[str]:
    found: list[str] = (await person.ask("{ viewer { roles } }"))["viewer"]["roles"]
    return found


async def test_a_responder_gives_itself_a_role_and_takes_it_back(rita: Person, harness: Harness) -> None:
    admin = Person(harness, "alice", ["admin"])
    assert (await rita.answer("{ plugins { name } }"))["data"]["plugins"] is None
    given, errors = await rita.change("grantEmergencyAccess", REASON, SHOWN)
    assert errors == [] and (given["subject"], given["grantedBy"], given["ended"]) == ("rita", "rita", None)
    assert "oncall" in await roles(rita)
    assert (await rita.ask("{ plugins { name } }"))["plugins"]
    seen = (await admin.ask("{ policy { emergencies { id subject role reason } } }"))["policy"]["emergencies"]
    assert seen == [{"id": given["id"], "subject": "rita", "role": "oncall", "reason": "the site is down"}]
    assert (await admin.ask('{ node(id: "%s") { ... on EmergencyAccess { role } } }' % given["id"]))["node"] == {"role": "oncall"}
    ended, errors = await rita.change("endEmergencyAccess", {"emergency": given["id"]}, SHOWN)
    assert errors == [] and ended["ended"] is not None
    assert await roles(rita) == ["responder", "viewer"]
    assert (await admin.ask("{ policy { emergencies { id } } }"))["policy"]["emergencies"] == []
    told = await admin.ask('{ auditRecords(first: 5, filter: {kinds: ["emergency"]}) { nodes { kind actor subject details } } }')
    assert [(one["kind"], one["actor"], one["subject"]) for one in told["auditRecords"]["nodes"]] == [
        ("emergency.ended", "rita", "rita"), ("emergency.granted", "rita", "rita")
    ]  # fmt: skip
    assert json.loads(told["auditRecords"]["nodes"][1]["details"])["reason"] == "the site is down"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"role": "admin"}, "policies.emergency.roles has oncall"),
        ({"role": "oncal"}, "did you mean oncall?"),
        ({"reason": " "}, "say why"),
        ({"reason": "x" * 1001}, "at most 1000"),
        ({"minutes": 31}, "1 to 30"),
        ({"minutes": 0}, "1 to 30"),
        ({"subject": ""}, "no viewer"),
        ({"subject": "anonymous"}, "no viewer"),
        ({"subject": "x\u0000"}, "no viewer"),
        ({"subject": "x" * 257}, "no viewer"),
        ({"subject": "bot:emma/zz"}, "give the role to who will sign in"),
    ],
)
async def test_what_the_settings_don_t_allow_is_refused(rita: Person, given: dict[str, Any], said: str) -> None:
    none, [error] = await rita.change("grantEmergencyAccess", REASON | given, SHOWN)
    assert none is None and said in error["message"]
    assert await roles(rita) == ["responder", "viewer"]


async def test_an_access_token_is_not_made_for_a_role_that_is_lent(rita: Person) -> None:
    await rita.change("grantEmergencyAccess", REASON, SHOWN)
    create = "mutation($roles: [String!]!) { createAccessToken(input: {roles: $roles, days: 1}) { secret errors { message } } }"
    refused = (await rita.ask(create, {"roles": ["oncall"]}))["createAccessToken"]
    assert refused["secret"] is None
    assert "'oncall' is lent to you for an emergency" in refused["errors"][0]["message"]
    assert "(responder, viewer)" in refused["errors"][0]["message"]
    made = (await rita.ask(create, {"roles": ["viewer"]}))["createAccessToken"]
    assert made["errors"] == [] and made["secret"]


async def test_one_s_own_and_what_one_gave_may_be_ended_and_nobody_else_s(rita: Person, harness: Harness) -> None:
    other, admin = Person(harness, "remo", ["responder"]), Person(harness, "alice", ["admin"])
    given, _ = await rita.change("grantEmergencyAccess", REASON | {"subject": "otto"}, SHOWN)
    none, [error] = await other.change("endEmergencyAccess", {"emergency": given["id"]}, SHOWN)
    assert none is None and error["code"] == "NOT_FOUND"
    none, [error] = await other.change("endEmergencyAccess", {"emergency": "nonsense"}, SHOWN)
    assert none is None and error["code"] == "NOT_FOUND"
    ended, errors = await admin.change("endEmergencyAccess", {"emergency": given["id"]}, SHOWN)
    assert errors == [] and ended["id"] == given["id"]


async def test_who_may_not_gives_nothing(harness: Harness) -> None:
    vera = Person(harness, "vera", ["viewer"])
    answer = await vera.answer(
        'mutation { grantEmergencyAccess(input: {role: "oncall", reason: "x", minutes: 1}) { emergency { id } } }'
    )
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_without_settings_no_role_may_be_given(own: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    policies = {"rules": own["policies"]["rules"]}
    async with running_gateway(tmp_path / "other", own | {"policies": policies}) as harness:
        none, [error] = await Person(harness, "rita", ["responder", "viewer"]).change("grantEmergencyAccess", REASON, SHOWN)
        assert none is None and "policies.emergency.roles has none" in error["message"]
