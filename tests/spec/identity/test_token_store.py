"""The store of access tokens, in SQLite and in PostgreSQL: hashed, limited, revoked for every gateway within seconds."""

from __future__ import annotations

import asyncio

import pytest
from callboard_sdk import BadArgument, Database, EntityRef, Page, Viewer, ViewerKind
from resolvers.tokens.record import Owner
from resolvers.tokens.store import BELIEVED_SECONDS, KEPT_SECONDS, TokenStore, TooManyTokens
from resolvers.tokens.text import new_token
from sqlalchemy import text

from tests.spec.auth.world import NOW, Clock

DAY = 86_400
ANN = Owner(
    "acme:ann",
    ViewerKind.PERSON,
    frozenset({"developer"}),
    frozenset({EntityRef.parse("group:default/web")}),
    EntityRef.parse("user:default/ann"),
)
BOB = Owner("acme:bob", ViewerKind.PERSON, frozenset({"viewer"}), frozenset(), None)


def viewer(owner: Owner, *roles: str) -> Viewer:
    return Viewer(owner.subject, owner.kind, frozenset(roles), owner.entity, owner.groups)


@pytest.fixture
async def store(database: Database, clock: Clock) -> TokenStore:
    made = TokenStore(database, clock)
    return made


@pytest.fixture
async def replica(store: TokenStore, other: Database, clock: Clock) -> TokenStore:
    """The store of another gateway that shares the database."""
    made = TokenStore(other, clock)
    return made


async def create(store: TokenStore, owner: Owner = ANN, **changes):
    store.seen(viewer(owner, *owner.roles))
    return await store.create(owner, **{"roles": ["developer"], "seconds": DAY, "most": 50, **changes})


async def test_a_token_is_found_by_its_text_with_its_owner(store):
    made, secret = await create(store, note="for the build", name="deployer", operations=["0" * 64], points=100)
    assert await store.find(secret) == (made, ANN)
    assert (made.subject, made.expires_at, made.operations) == ("bot:acme:ann/deployer", NOW + DAY, {"0" * 64})
    assert await store.find(new_token()) is None


async def test_nothing_in_the_database_is_the_token(store, database):
    _, secret = await create(store)
    async with database.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM access_token"))).all()
    assert len(rows) == 1 and secret not in str(rows) and secret[4:] not in str(rows)


async def test_a_revoked_token_is_known_as_such_at_once_here_and_soon_everywhere(store, replica):
    made, secret = await create(store)
    assert (await replica.find(secret))[0].revoked_at is None
    revoked = await store.revoke(made.id, "acme:ann")
    assert (revoked.revoked_at, revoked.revoked_by) == (NOW, "acme:ann")
    assert (await store.find(secret))[0].revoked_at == NOW
    async with asyncio.timeout(5):  # promised: within 5 seconds on every gateway of the database
        while (await replica.find(secret))[0].revoked_at is None:
            await asyncio.sleep(0.05)
    assert BELIEVED_SECONDS < 5


async def test_a_token_that_was_looked_up_is_not_looked_up_again_for_a_moment(store, database):
    _, secret = await create(store)
    sent = []
    from sqlalchemy import event

    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    await asyncio.gather(*(store.find(secret) for _ in range(100)))
    await store.find(secret)
    assert len(sent) == 1


async def test_a_token_is_revoked_once_and_only_by_its_owner_when_that_is_asked(store, clock):
    made, _ = await create(store)
    assert await store.revoke(made.id, "acme:bob", owner="acme:bob") is None
    assert await store.revoke("nothing", "acme:ann") is None
    await store.revoke(made.id, "acme:ann", owner="acme:ann")
    clock.pass_(60)
    assert (await store.revoke(made.id, "admin")).revoked_by == "acme:ann"


async def test_one_owner_has_only_so_many_tokens_that_have_not_ended(store, clock):
    first, _ = await create(store, most=2)
    await create(store, most=2)
    with pytest.raises(TooManyTokens):
        await create(store, most=2)
    await create(store, BOB, most=2)
    await store.revoke(first.id, "acme:ann")
    await create(store, most=2)
    clock.pass_(DAY + 1)
    await create(store, most=2)


async def test_of_many_made_at_once_no_more_than_allowed_are(store, replica):
    made = await asyncio.gather(*(create(each, most=3) for each in [store, replica] * 8), return_exceptions=True)
    assert sum(isinstance(one, tuple) for one in made) == 3
    assert {type(one) for one in made} == {tuple, TooManyTokens}


async def test_tokens_that_ended_long_ago_are_forgotten(store, clock):
    _, old = await create(store)
    clock.pass_(DAY + KEPT_SECONDS + 1)
    await create(store)
    assert len(await store.owned_by("acme:ann")) == 1
    await asyncio.sleep(0)
    assert await store.find(old) is None


async def test_what_an_owner_loses_its_tokens_lose_with_the_next_flush(store, replica):
    _, secret = await create(store)
    store.seen(viewer(ANN, "viewer"))
    await store.flush()
    assert (await replica.find(secret))[1].roles == {"viewer"}


async def test_who_owns_no_token_is_not_written_down(store, database):
    store.seen(viewer(BOB, "viewer"))
    await store.flush()
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM access_token_owner"))).scalar_one() == 0


async def test_what_the_catalog_and_the_policy_give_for_now_is_not_kept_as_the_owners(store, replica):
    store.seen(viewer(ANN, "developer"))
    groups = ANN.groups | {EntityRef.parse("group:default/everyone")}
    now = Owner(ANN.subject, ANN.kind, ANN.roles | {"member"}, groups, ANN.entity)
    for where in (store, replica):  # the replica has not seen ann
        _, secret = await where.create(now, roles=["developer"], seconds=DAY, most=9)
        assert (await where.find(secret))[1] == ANN


async def test_an_owner_that_no_gateway_has_seen_gives_its_tokens_nothing(store):
    _, secret = await store.create(BOB, roles=["viewer"], seconds=DAY, most=9)
    assert (await store.find(secret))[1].roles == frozenset()
    store.seen(viewer(BOB, "viewer"))
    await store.flush()
    assert (await store.find(secret))[1].roles == {"viewer"}


async def test_last_use_is_written_behind_and_a_minute_exact(store, clock):
    made, secret = await create(store)
    store.used(made)
    assert (await store.owned_by("acme:ann"))[0].last_used_at is None
    await store.flush()
    assert (await store.owned_by("acme:ann"))[0].last_used_at == NOW
    for seconds, expected in ((30, NOW), (31, NOW + 61)):
        clock.pass_(seconds)
        store.used(made)
        await store.flush()
        assert (await store.owned_by("acme:ann"))[0].last_used_at == expected


async def test_what_could_not_be_written_is_written_later(store, clock, monkeypatch):
    made, secret = await create(store)
    store.used(made)
    store.seen(viewer(ANN))
    rows = store._rows

    async def away(query):
        raise OSError("the database is away")

    monkeypatch.setattr(store, "_rows", away)
    with pytest.raises(OSError):
        await store.flush()
    monkeypatch.setattr(store, "_rows", rows)
    await store.flush()
    found, owner = await store.find(secret)
    assert (found.last_used_at, owner.roles) == (NOW, frozenset())


async def test_everyones_tokens_come_in_pages_by_owner_and_age(store, clock):
    for owner in (BOB, ANN, BOB, ANN, ANN):
        await create(store, owner)
        clock.pass_(1)
    seen, after = [], None
    while True:
        page = await store.page(Page(first=2, after=after))
        assert page.total_count == 5
        seen += [(edge.node.owner, edge.node.created_at - NOW) for edge in page.edges]
        if not page.page_info.has_next_page:
            break
        after = Page.checked(2, page.page_info.end_cursor, None, None).after
    assert seen == [("acme:ann", 1), ("acme:ann", 3), ("acme:ann", 4), ("acme:bob", 0), ("acme:bob", 2)]
    last = await store.page(Page(last=2), owner="acme:ann")
    assert ([edge.node.created_at - NOW for edge in last.edges], last.total_count) == ([3, 4], 3)
    assert last.page_info.has_previous_page and not last.page_info.has_next_page


@pytest.mark.parametrize("cursor", ["", "x", "1", "1 ", "9999999999999999999 a b", "٣ a b"])
async def test_a_cursor_of_another_list_is_refused(store, cursor):
    with pytest.raises(BadArgument, match="not one of this list"):
        await store.page(Page(first=1, after=cursor))
