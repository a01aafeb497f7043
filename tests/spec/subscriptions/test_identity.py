"""A stream ends soon after whoever opened it may not be believed any more."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from callboard_sdk import Viewer, ViewerKind
from gateway.auth import LocalIssuer
from resolvers.tokens.record import Owner
from resolvers.tokens.store import TokenStore
from sqlalchemy import event

from .newsroom import RULES, Newsroom

NEWS = "subscription { news { text } }"
HERE = "https://callboard.acme.example"
ANN = Viewer("acme:ann", ViewerKind.PERSON, frozenset({"reader"}))


async def a_token(room: Newsroom, **wish: Any) -> tuple[str, Any]:
    """A token of ann's, and what may revoke it."""
    store = room.harness.gateway.identity._store
    store.seen(ANN)
    await store.flush()
    stored, secret = await store.create(Owner.of(ANN), **{"roles": ["reader"], "seconds": 600, "most": 9, **wish})
    return f"Bearer {secret}", (store, stored)


async def test_a_revoked_token_ends_it(room: Newsroom) -> None:
    bearer, (store, stored) = await a_token(room)
    listener = await room.listening(NEWS, authorization=bearer)
    room.desk.publish("a")
    assert await listener.next() == {"data": {"news": {"text": "a"}}}
    await store.revoke(stored.id, "admin")
    assert await listener.end() == "UNAUTHENTICATED"
    assert room.desk.listening == 0


async def test_a_token_revoked_by_another_gateway_ends_it(room: Newsroom) -> None:
    bearer, (_, stored) = await a_token(room)
    listener = await room.listening(NEWS, authorization=bearer)
    await TokenStore(room.harness.gateway.plugins.database).revoke(stored.id, "admin")
    assert await listener.end() == "UNAUTHENTICATED"


async def test_a_tokens_operations_are_those_that_it_may_watch(room: Newsroom) -> None:
    bearer, _ = await a_token(room, operations=[hashlib.sha256(NEWS.encode()).hexdigest()])
    await room.listening(NEWS, authorization=bearer)
    assert await room.listen(NEWS + " ", authorization=bearer).end() == "OPERATION_NOT_ALLOWED"


async def test_an_expired_token_ends_it(opening, tmp_path) -> None:
    auth = {"leeway_seconds": 0, "local": {"key_file": str(tmp_path / "key.pem")}}
    async with opening(auth=auth) as room:
        local = room.harness._auth
        token = LocalIssuer(local.local, local.audience).create("bob", ["reader"], seconds=1)
        listener = await room.listening(NEWS, authorization=f"Bearer {token}")
        assert await listener.end() == "UNAUTHENTICATED"


@pytest.fixture
def signing_in(tmp_path) -> dict[str, Any]:
    issuer = {"issuer": "http://127.0.0.1:9", "name": "acme"}
    sign_in = {"issuer": "acme", "client_id": "callboard-page", "public_url": HERE}
    return {"auth": {"issuers": [issuer], "sign_in": sign_in, "local": {"key_file": str(tmp_path / "key.pem")}}}


async def test_who_signs_out_is_told_no_more_even_where_everybody_may_watch(opening, signing_in) -> None:
    signing_in["auth"]["anonymous_roles"] = ["reader"]
    async with opening(**signing_in) as room:
        browsers = room.harness.gateway.identity.browsers
        session = await browsers.sessions.begin(ANN)
        listener = await room.listening(NEWS, authorization="", session=session)
        await browsers.end(session)
        assert await listener.end() == "UNAUTHENTICATED"


async def test_an_open_stream_is_no_use_of_a_session(opening, signing_in) -> None:
    async with opening(**signing_in) as room:
        sessions = room.harness.gateway.identity.browsers.sessions
        session = await sessions.begin(ANN)
        listener = await room.listening(NEWS, authorization="", session=session)
        sessions._clock = lambda: time.time() + 600
        room.desk.publish("a")
        await listener.next()
        assert sessions._used == {}
        sessions._clock = lambda: time.time() + 7 * 86_400
        room.desk.publish("b")
        assert await listener.end() == "UNAUTHENTICATED"


@pytest.fixture
def asked(room: Newsroom) -> Iterator[list[str]]:
    """Every statement that the gateway's database is asked."""
    statements: list[str] = []
    engine = room.harness.gateway.plugins.database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def test_events_ask_the_database_nothing(room: Newsroom, asked: list[str]) -> None:
    bearer, _ = await a_token(room)
    listener = await room.listening(NEWS, authorization=bearer)
    asked.clear()
    for number in range(200):
        room.desk.publish(str(number))
        assert (await listener.next())["data"]["news"]["text"] == str(number)
    assert len([one for one in asked if "FROM access_token" in one]) <= 2, "it is believed for seconds, however many events"


async def test_an_open_stream_is_not_noted_again_as_what_its_viewer_may(room: Newsroom, asked: list[str]) -> None:
    listener = await room.listening(NEWS)
    await room.harness.gateway.identity.flush()
    asked.clear()
    room.desk.publish("a")
    await listener.next()
    await room.harness.gateway.identity.flush()
    assert [one for one in asked if "access_token_owner" in one] == []


async def test_a_member_who_is_no_longer_one_is_ended(opening) -> None:
    members = RULES + "m, subject:bob, reader\n"
    async with opening(members) as room:
        listener = await room.listening(NEWS, authorization=room.harness.bearer(["other"], "bob"))
        await room.put(RULES)
        assert await listener.end() == "FORBIDDEN"
