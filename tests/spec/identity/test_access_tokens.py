"""What an access token of the gateway's own makes of its bearer, and when it is over."""

from __future__ import annotations

import pytest
from callboard_sdk import Database, EntityRef, Viewer, ViewerKind
from gateway.auth import OperationNotAllowed, Unauthenticated
from gateway.identity.access_tokens import AccessTokens, permit
from resolvers.tokens.record import Owner
from resolvers.tokens.store import TokenStore
from resolvers.tokens.text import new_token

from tests.spec.auth.world import NOW, Clock

WEB = EntityRef.parse("group:default/web")
ANN = Owner("acme:ann", ViewerKind.PERSON, frozenset({"developer"}), frozenset({WEB}), EntityRef.parse("user:default/ann"))


@pytest.fixture
async def store(database: Database, clock: Clock) -> TokenStore:
    made = TokenStore(database, clock)
    return made


@pytest.fixture
def tokens(store: TokenStore, clock: Clock) -> AccessTokens:
    return AccessTokens(store, clock)


async def create(store: TokenStore, **changes):
    store.seen(Viewer(ANN.subject, ANN.kind, ANN.roles, ANN.entity, ANN.groups))
    return await store.create(ANN, **{"roles": ["developer"], "seconds": 600, "most": 50, **changes})


async def test_a_persons_token_has_the_persons_entity_and_groups(store, tokens):
    made, secret = await create(store)
    viewer = await tokens.verify(secret)
    assert (viewer.subject, viewer.kind, viewer.entity, viewer.groups) == (ANN.subject, ANN.kind, ANN.entity, ANN.groups)
    assert (viewer.token.id, viewer.token.owner.subject, viewer.token.owner.roles) == (made.id, ANN.subject, ANN.roles)


async def test_a_token_has_no_roles_until_the_policy_says_which_its_owner_has(store, tokens):
    _, secret = await create(store, roles=["viewer", "admin"])
    viewer = await tokens.verify(secret)
    assert (viewer.roles, viewer.token.roles) == (frozenset(), {"viewer", "admin"})


async def test_an_owner_who_may_nothing_any_more_has_tokens_that_may_nothing(store, tokens):
    _, secret = await create(store)
    store.seen(Viewer(ANN.subject, ANN.kind, frozenset()))
    await store.flush()
    viewer = await tokens.verify(secret)
    assert (viewer.token.owner.roles, viewer.groups, viewer.entity) == (frozenset(), frozenset(), None)


async def test_a_token_holds_until_the_second_of_its_expiry(store, tokens, clock):
    _, secret = await create(store)
    clock.now = NOW + 599
    await tokens.verify(secret)
    clock.now = NOW + 600
    with pytest.raises(Unauthenticated, match="expired at 2027-01-15T08:10:00Z") as caught:
        await tokens.verify(secret)
    assert caught.value.token is not None and secret not in str(caught.value)


async def test_a_revoked_token_says_since_when(store, tokens, clock):
    made, secret = await create(store)
    await store.revoke(made.id, ANN.subject)
    with pytest.raises(Unauthenticated, match="revoked at 2027-01-15T08:00:00Z"):
        await tokens.verify(secret)


@pytest.mark.parametrize(
    "token", ["cbt_", "cbt_short", pytest.param(new_token()[:-1], id="cut"), pytest.param(new_token() + "0", id="too long")]
)
async def test_a_mistyped_token_is_told_as_such(tokens, token):
    with pytest.raises(Unauthenticated, match="mistyped or cut off"):
        await tokens.verify(token)


async def test_an_unknown_token_is_told_as_such(tokens):
    with pytest.raises(Unauthenticated, match="no access token of this gateway"):
        await tokens.verify(new_token())


async def test_a_token_without_a_list_of_documents_runs_any(store, tokens):
    _, secret = await create(store)
    permit(await tokens.verify(secret), "{ anything }")
    permit(Viewer("ann", ViewerKind.PERSON, frozenset()), "\ud800")


async def test_a_list_of_documents_is_looked_at_for_any_text(store, tokens):
    _, secret = await create(store, operations=["0" * 64])
    for document in ("", "{ a }", "\ud800"):
        with pytest.raises(OperationNotAllowed):
            permit(await tokens.verify(secret), document)
