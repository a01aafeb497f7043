"""Access tokens made, used, limited and revoked over HTTP and in the graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration
from gateway.testing import Harness, running_gateway
from resolvers.audit import AuditStore
from resolvers.tokens.issuing import TokenWish
from resolvers.tokens.text import new_token

from tests.spec.company import make_company

RULES = """
p, reader, permission:company.read, read, allow
p, reader, permission:catalog.read, read, allow
p, reader, permission:core.viewer, read, allow
p, reader, permission:core.node, read, allow
p, reader, permission:core.tokens.own, read, allow
p, reader, permission:core.tokens.own, mutate, allow
p, oncall, permission:company.call, read, allow
g, oncall, reader
p, contractor, Component.onCall, read, deny
m, subject:mia, oncall
p, counter, permission:core.tokens.all, read, allow
p, auditor, permission:core.tokens.all, read, allow
p, auditor, permission:core.tokens.own, read, allow
p, auditor, permission:catalog.read, read, allow, "{""hasTag"": {""tag"": ""open""}}"
p, admin, *, read, allow
p, admin, *, mutate, allow
"""
TOKEN = "id owner subject bot note roles operations points createdAt expiresAt lastUsedAt revokedAt"
CREATE = f"mutation Create($input: CreateAccessTokenInput!) {{ createAccessToken(input: $input) {{ secret accessToken {{ {TOKEN} }} errors {{ message path }} }} }}"
REVOKE = "mutation Revoke($input: RevokeAccessTokenInput!) { revokeAccessToken(input: $input) { accessToken { id revokedAt } errors { message path } } }"
REVOKE_ANY = REVOKE.replace("revokeAccessToken", "revokeAnyAccessToken")
WHO = "{ viewer { subject kind roles } }"


class Client:
    """A gateway over HTTP, asked by whoever it is told."""

    def __init__(self, harness: Harness, http: httpx.AsyncClient, issuer: LocalIssuer) -> None:
        self.harness = harness
        self.http = http
        self._issuer = issuer

    def local(self, subject: str, *roles: str, bot: bool = False) -> str:
        return self._issuer.create(subject, roles, seconds=600, bot=bot)

    async def post(self, token: str | None, query: str, **variables: Any) -> httpx.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    async def ask(self, token: str | None, query: str, **variables: Any) -> Any:
        body = (await self.post(token, query, **variables)).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def create(self, token: str | None, **wish: Any) -> Any:
        return (await self.ask(token, CREATE, input={"days": 30, **wish}))["createAccessToken"]

    async def secret(self, token: str, **wish: Any) -> str:
        made = await self.create(token, **wish)
        assert made["errors"] == []
        return made["secret"]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    (tmp_path / "rules.csv").write_text(RULES)
    plugin, _ = make_company()
    settings = {"policies": {"rules": str(tmp_path / "rules.csv")}, "limits": {"points": 1000}}
    async with running_gateway(tmp_path, settings, plugins=[plugin]) as harness:
        auth = read_configuration(tmp_path / "callboard.yaml", {}).settings.auth
        assert auth.local is not None
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield Client(harness, http, LocalIssuer(auth.local, auth.audience))


async def test_a_token_stands_for_its_owner_with_some_of_its_roles(client: Client):
    ann = client.local("ann", "oncall")
    made = await client.create(ann, roles=["reader"], note="for my scripts")
    assert made["errors"] == []
    shown = made["accessToken"]
    assert (shown["owner"], shown["subject"], shown["bot"], shown["roles"], shown["note"]) == (
        "ann",
        "ann",
        None,
        ["reader"],
        "for my scripts",
    )
    assert await client.ask(made["secret"], WHO) == {"viewer": {"subject": "ann", "kind": "PERSON", "roles": ["reader"]}}


async def test_a_bots_token_has_a_subject_of_its_own_and_conditions_ask_about_its_owner(client: Client):
    secret = await client.secret(client.local("ann", "oncall"), roles=["oncall"], bot="deployer")
    viewer = (await client.ask(secret, "{ viewer { subject kind roles entity groups } }"))["viewer"]
    assert viewer == {
        "subject": "bot:ann/deployer", "kind": "BOT", "roles": ["oncall"], "entity": "user:default/ann", "groups": [],
    }  # fmt: skip


async def test_the_tokens_text_is_shown_once_and_written_nowhere(client: Client, tmp_path: Path):
    ann = client.local("ann", "reader")
    with structlog.testing.capture_logs() as logs:
        made = await client.create(ann, roles=["reader"])
        await client.ask(made["secret"], WHO)
        listed = (await client.ask(ann, f"{{ viewer {{ accessTokens {{ {TOKEN} }} }} }}"))["viewer"]["accessTokens"]
    assert [one["id"] for one in listed] == [made["accessToken"]["id"]]
    assert made["secret"] not in str(listed) + str(logs)
    assert made["secret"].encode() not in b"".join(file.read_bytes() for file in tmp_path.glob("callboard.sqlite*"))


async def test_a_token_never_has_more_than_its_owner(client: Client):
    made = await client.create(client.local("ann", "reader"), roles=["reader", "oncall", "admin"])
    assert made["secret"] is None and made["accessToken"] is None
    assert [(error["path"], error["message"].split(":")[0]) for error in made["errors"]] == [
        (["input", "roles"], "'admin' is not a role of yours"),
        (["input", "roles"], "'oncall' is not a role of yours"),
    ]


async def test_a_token_cannot_leave_out_a_role_that_denies(client: Client):
    ann = client.local("ann", "oncall", "contractor")
    made = await client.create(ann, roles=["oncall"])
    assert made["secret"] is None and "must have it too" in made["errors"][0]["message"]
    secret = await client.secret(ann, roles=["oncall", "contractor"])
    answer = (await client.post(secret, "{ components(first: 1) { nodes { onCall { person } } } }")).json()
    assert answer["data"]["components"]["nodes"] == [{"onCall": None}]


async def test_a_role_that_the_owner_has_as_a_member_can_be_the_tokens(client: Client):
    secret = await client.secret(client.local("mia"), roles=["oncall"])
    assert (await client.ask(secret, WHO))["viewer"]["roles"] == ["oncall"]
    bot = await client.secret(client.local("mia"), roles=["oncall"], bot="pager")
    assert (await client.ask(bot, WHO))["viewer"]["roles"] == ["oncall"]
    less = await client.secret(client.local("mia"), roles=["reader"])
    assert (await client.ask(less, WHO))["viewer"]["roles"] == ["reader"]


async def test_what_the_owner_loses_its_tokens_lose(client: Client):
    secret = await client.secret(client.local("ann", "oncall"), roles=["oncall", "reader"])
    assert (await client.ask(secret, WHO))["viewer"]["roles"] == ["oncall", "reader"]
    await client.ask(client.local("ann", "reader"), WHO)  # seen again, with less
    await client.harness.gateway.identity.flush()
    assert (await client.ask(secret, WHO))["viewer"]["roles"] == ["reader"]


async def test_a_token_cannot_make_another(client: Client):
    secret = await client.secret(client.local("ann", "reader"), roles=["reader"])
    made = await client.create(secret, roles=["reader"])
    assert made["secret"] is None and "sign in yourself" in made["errors"][0]["message"]


async def test_a_credential_with_fewer_roles_makes_no_token_for_those_that_its_subject_was_seen_with_meanwhile(client: Client):
    less, more = (f"Bearer {client.local('ann', *roles)}" for roles in (["reader"], ["reader", "admin"]))
    pipeline, issuing = client.harness.gateway.pipeline, client.harness.gateway.identity.issuing
    viewer = await pipeline.admit(await pipeline.identify([less]), pipeline.policies.current)
    await pipeline.identify([more])  # between the request's first step and its mutation
    mistakes = await issuing.create(viewer, TokenWish(["admin"], days=1))
    assert isinstance(mistakes, list) and mistakes[0].message.startswith("'admin' is not a role of yours")
    assert isinstance(await issuing.create(viewer, TokenWish(["reader"], days=1)), tuple)


async def test_a_token_is_not_told_why_its_owner_was_denied_and_the_owner_why_its_token_was(client: Client):
    why = "query ($id: String!) { whyDenied(decisionId: $id) { roles } }"
    ann = client.local("ann", "oncall")
    token = await client.secret(ann, roles=["reader"])
    ids = [
        (await client.post(who, "{ plugins { name } }")).json()["errors"][0]["extensions"]["decisionId"] for who in (ann, token)
    ]
    asked = [(await client.post(who, why, id=id)).json()["data"]["whyDenied"] for who in (ann, token) for id in ids]
    assert asked == [{"roles": ["oncall"]}, {"roles": ["reader"]}, None, {"roles": ["reader"]}]


async def test_nobody_has_no_tokens(client: Client):
    answer = (await client.post(None, CREATE, input={"days": 1, "roles": []})).json()
    assert answer["data"] == {"createAccessToken": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("wish", "path", "says"),
    [
        ({"days": 0}, "days", "lives 1 to 90 days, not 0"),
        ({"days": 91}, "days", "lives 1 to 90 days, not 91"),
        ({"roles": []}, "roles", "without roles may do nothing"),
        ({"bot": "Deploy Bot"}, "bot", "small letters"),
        ({"bot": "../ann"}, "bot", "small letters"),
        ({"note": "a\u0000b"}, "note", "printable"),
        ({"note": "x" * 201}, "note", "at most 200"),
        ({"operations": []}, "operations", "SHA-256"),
        ({"operations": ["{ viewer { subject } }"]}, "operations", "SHA-256"),
        ({"points": 0}, "points", "at least 1"),
    ],
)
async def test_a_wish_that_cannot_be_is_told_where_and_why(client: Client, wish: dict[str, Any], path: str, says: str):
    made = await client.create(client.local("ann", "reader"), **{"roles": ["reader"], **wish})
    assert made["secret"] is None
    assert [(error["path"], says in error["message"]) for error in made["errors"]] == [(["input", path], True)]


async def test_everything_wrong_is_told_at_once(client: Client):
    made = await client.create(client.local("ann", "reader"), days=0, roles=["x"], bot="", points=-1)
    assert [error["path"][-1] for error in made["errors"]] == ["days", "roles", "bot", "points"]


async def test_a_revoked_token_is_refused_and_says_so(client: Client):
    ann = client.local("ann", "reader")
    made = await client.create(ann, roles=["reader"])
    await client.ask(made["secret"], WHO)
    revoked = (await client.ask(ann, REVOKE, input={"id": made["accessToken"]["id"]}))["revokeAccessToken"]
    assert revoked["errors"] == [] and revoked["accessToken"]["revokedAt"] is not None
    answer = await client.post(made["secret"], WHO)
    assert answer.status_code == 401 and "was revoked at" in answer.json()["errors"][0]["message"]
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert made["secret"] not in answer.text


async def test_only_its_owner_and_administrators_see_and_revoke_a_token(client: Client):
    id = (await client.create(client.local("ann", "reader"), roles=["reader"]))["accessToken"]["id"]
    bob, root = client.local("bob", "reader"), client.local("root", "admin")
    theirs = (await client.ask(bob, REVOKE, input={"id": id}))["revokeAccessToken"]
    nothing = (await client.ask(bob, REVOKE, input={"id": "bm90aGluZw"}))["revokeAccessToken"]
    assert theirs == nothing and theirs["accessToken"] is None
    assert (await client.post(bob, REVOKE_ANY, input={"id": id})).json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await client.ask(bob, "query N($id: ID!) { node(id: $id) { id } }", id=id)) == {"node": None}
    assert (await client.ask(client.local("ann", "reader"), "query N($id: ID!) { node(id: $id) { id } }", id=id)) == {
        "node": {"id": id}
    }
    everyones = await client.ask(root, "{ accessTokens(first: 10) { totalCount nodes { id owner } } }")
    assert everyones == {"accessTokens": {"totalCount": 1, "nodes": [{"id": id, "owner": "ann"}]}}
    assert (await client.ask(root, REVOKE_ANY, input={"id": id}))["revokeAnyAccessToken"]["accessToken"]["id"] == id


@pytest.mark.parametrize(
    "token", [pytest.param(new_token(), id="new"), "cbt_", "cbt_" + "0" * 42, "cbt_" + "é" * 42, "cbt_" + "a" * 9000]
)
async def test_a_token_that_was_never_made_is_refused(client: Client, token: str):
    headers = {"authorization": f"Bearer {token}".encode()}
    answer = await client.http.post("/graphql", json={"query": WHO}, headers=headers)
    assert answer.status_code == 401 and answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_for_some_documents_runs_those_letter_for_letter(client: Client):
    allowed = hashlib.sha256(WHO.encode()).hexdigest()
    secret = await client.secret(client.local("ann", "reader"), roles=["reader"], operations=[allowed])
    assert (await client.ask(secret, WHO))["viewer"]["subject"] == "ann"
    for other in (f"{WHO} ", "{ nonsense", "{ __schema { types { name } } }"):
        answer = await client.post(secret, other)
        assert answer.status_code == 403
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["OPERATION_NOT_ALLOWED"]


async def test_a_tokens_budget_is_its_own_within_its_owners(client: Client):
    ann = client.local("ann", "reader")
    secret = await client.secret(ann, roles=["reader"], points=2)
    asked = "{ rateLimit { limit remaining } }"
    assert [(await client.ask(secret, asked))["rateLimit"] for _ in range(2)] == [
        {"limit": 2, "remaining": 1},
        {"limit": 2, "remaining": 0},
    ]
    answer = await client.post(secret, asked)
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 3000
    left = (await client.ask(ann, asked))["rateLimit"]
    assert left == {"limit": 1000, "remaining": 1000 - 1 - 2 - 1}  # what made the token, what the token took, and this


async def test_every_event_of_a_token_is_told_to_the_audit_and_refusals_are_counted(client: Client):
    ann = client.local("ann", "reader")
    made = await client.create(ann, roles=["reader"], operations=["0" * 64])
    await client.post(made["secret"], WHO)
    await client.ask(ann, REVOKE, input={"id": made["accessToken"]["id"]})
    for _ in range(3):
        await client.post(made["secret"], WHO)
        await client.post("not.a.token", WHO)
    await client.harness.gateway.identity.flush()
    records = await AuditStore(client.harness.gateway.plugins.database).after(None, 100)
    told = [(one.kind, one.actor, json.loads(one.details).get("count")) for one in records if one.kind.startswith("token.")]
    assert told == [
        ("token.created", "ann", None),
        ("token.revoked", "ann", None),
        ("token.refused", "ann", 1),
        ("token.refused", "anonymous", 3),
        ("token.refused", "anonymous", 3),
    ]
    assert made["secret"] not in str(records)


async def test_who_does_not_see_every_entity_sees_every_token(client: Client):
    for owner in ("ann", "bob"):
        await client.secret(client.local(owner, "reader"), roles=["reader"])
    for part in ("first: 1", "last: 1", 'first: 1, owner: "bob"'):
        page = (await client.ask(client.local("eve", "auditor"), f"{{ accessTokens({part}) {{ totalCount }} }}"))["accessTokens"]
        assert page["totalCount"] == (1 if "bob" in part else 2)


@pytest.mark.parametrize("asked", ["first: 1", "last: 1", 'first: 1, owner: "bob"'])
async def test_who_may_not_read_whose_tokens_are_learns_it_from_no_order_cursor_or_filter(client: Client, asked: str):
    await client.secret(client.local("bob", "reader"), roles=["reader"])
    document = f"{{ accessTokens({asked}) {{ totalCount edges {{ cursor }} }} }}"
    refused = (await client.post(client.local("eve", "counter"), document)).json()
    assert refused["data"] == {"accessTokens": None}
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]
    assert (await client.ask(client.local("eve", "auditor"), document))["accessTokens"]["totalCount"] == 1


async def test_a_flood_of_different_refusals_fills_nothing(client: Client):
    from gateway.identity.refusals import MOST, Refusals

    from .conftest import Audited

    audited = Audited()
    refusals = Refusals(audited)
    for number in range(1000):
        refusals.note("anonymous", None, f"reason {number}")
    await refusals.flush()
    assert len(audited.events) == MOST + 1
    assert sum(event[3]["count"] for event in audited.events) == 1000
    await refusals.flush()
    assert len(audited.events) == MOST + 1


async def test_the_anonymous_viewer_has_its_own_role_which_is_empty(tmp_path: Path):
    async with running_gateway(tmp_path) as harness:
        viewer = await harness.gateway.pipeline.identify(())
        assert (viewer.subject, viewer.roles, viewer.groups, viewer.entity) == ("anonymous", {"anonymous"}, frozenset(), None)
        answer = await harness.ask("{ viewer { subject } plugins { name } }", roles=["anonymous"])
        assert answer.data == {"viewer": None, "plugins": None}
        assert {error["extensions"]["code"] for error in answer.errors} == {"FORBIDDEN"}
