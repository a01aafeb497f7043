"""With `auth.tokens.known_owners`, an access token counts only while the catalog has its owner's user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from callboard_sdk import Catalog, Entity, EntityRef, Plugin, Viewer, ViewerKind
from callboard_sdk.entities import User
from callboard_sdk.testing import make_entity
from gateway.request import GraphQLRequest
from gateway.testing import Harness, running_gateway
from resolvers.groups import Users
from resolvers.tokens.issuing import TokenWish

WHO = "{ viewer { subject } }"
ANN = EntityRef("user", "default", "ann")


class Company:
    """A catalog of users, which may be away, and counts what it is asked."""

    def __init__(self) -> None:
        self.users = {ANN}
        self.away = False
        self.asked: list[EntityRef] = []

    async def get(self, refs: list[EntityRef]) -> list[Entity | None]:
        self.asked += refs
        if self.away:
            raise OSError
        return [make_entity(User, ref.name) if ref in self.users else None for ref in refs]

    async def related(self, _refs: Any, _relation: str) -> dict[EntityRef, list[EntityRef]]:
        return {}


@pytest.fixture
def company() -> Company:
    return Company()


@asynccontextmanager
async def gateway(tmp_path: Path, company: Company | None, *, known: bool = True) -> AsyncIterator[Harness]:
    plugin: Plugin[Any] = Plugin("company", permissions={"company.read": "Read it."})
    if company is not None:

        @plugin.resource
        async def catalog() -> AsyncIterator[Company]:
            """The users."""
            yield company

    (tmp_path / "rules.csv").write_text("p, reader, permission:core.viewer, read, allow\np, admin, *, read, allow\n")
    key = {"key_file": str(tmp_path / "key.pem")}
    own = {"policies": {"rules": str(tmp_path / "rules.csv")}, "auth": {"local": key, "tokens": {"known_owners": known}}}
    async with running_gateway(tmp_path, own, plugins=[plugin]) as harness:
        yield harness


async def secret(harness: Harness, entity: EntityRef | None = ANN, **wish: Any) -> str:
    """The text of a token of this user's."""
    viewer = Viewer("ann" if entity else "deployer", ViewerKind.PERSON, frozenset({"reader"}), entity)
    harness.gateway.identity._store.seen(viewer)
    made = await harness.gateway.identity.issuing.create(viewer, TokenWish(["reader"], 1, **wish))
    assert isinstance(made, tuple), made
    return made[1]


async def ask(harness: Harness, token: str) -> tuple[int | None, str]:
    response = await harness.gateway.pipeline.answer(GraphQLRequest(WHO, authorization=[f"Bearer {token}"]))
    return response.status, response.body.decode()


def looks_again(harness: Harness) -> None:
    """What was believed is believed no more."""
    plugins = harness.gateway.plugins
    plugins.users = Users(lambda: plugins.catalog)


async def test_a_token_ends_with_its_owner_s_user_and_its_bot_s_too(tmp_path: Path, company: Company) -> None:
    async with gateway(tmp_path, company) as harness:
        own, bot = await secret(harness), await secret(harness, bot="reporter")
        assert await ask(harness, own) == (None, '{"data":{"viewer":{"subject":"ann"}}}')
        assert (await ask(harness, bot))[0] is None
        assert company.asked.count(ANN) == 1, "what the catalog says is believed for a while"
        company.users.clear()
        assert (await ask(harness, own))[0] is None
        looks_again(harness)
        for token in (own, bot):
            status, body = await ask(harness, token)
            assert status == 401 and "UNAUTHENTICATED" in body and "the catalog has no user:default/ann" in body
        assert company.asked.count(ANN) == 2, "that nobody is there is believed, too"
        company.users.add(ANN)
        looks_again(harness)
        assert (await ask(harness, own))[0] is None
        await harness.gateway.identity.flush()
        told = await harness.ask('{ auditRecords(first: 9, filter: {kinds: ["token.refused"]}) { nodes { details } } }')
        assert "the catalog has no user:default/ann" in str(told.data)


async def test_where_the_catalog_can_t_say_a_token_is_refused_for_now(tmp_path: Path, company: Company) -> None:
    async with gateway(tmp_path, company) as harness:
        token = await secret(harness)
        company.away = True
        status, body = await ask(harness, token)
        assert status == 503 and "ROLES_UNKNOWN" in body
        company.away = False
        assert (await ask(harness, token))[0] is None
    async with gateway(tmp_path, None) as harness:
        status, body = await ask(harness, token)
        assert status == 503 and "ROLES_UNKNOWN" in body


async def test_an_owner_without_a_user_is_not_looked_up(tmp_path: Path, company: Company) -> None:
    async with gateway(tmp_path, company) as harness:
        assert (await ask(harness, await secret(harness, None)))[0] is None
        assert company.asked == []


async def test_nobody_is_looked_up_unless_the_settings_say_so(tmp_path: Path, company: Company) -> None:
    company.users.clear()
    async with gateway(tmp_path, company, known=False) as harness:
        assert (await ask(harness, await secret(harness)))[0] is None
        assert company.asked == []


def test_the_company_is_a_catalog(company: Company) -> None:
    assert isinstance(company, Catalog)
