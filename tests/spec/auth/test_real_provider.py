"""A real OpenID Connect provider (npm `oidc-provider`): discovery, keys, client credentials, rotation, outage."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from callboard_sdk import ViewerKind

from gateway.auth import Unauthenticated, Verifier, issuers_of
from gateway.auth.settings import AuthSettings
from tests.spec.auth.provider import Real, needs_provider, running_provider
from tests.spec.auth.world import Clock

pytestmark = needs_provider


@pytest.fixture
async def real() -> AsyncIterator[Real]:
    async with running_provider() as started:
        yield started


def gateway_for(real: Real, clock: Clock, **changes: Any) -> Verifier:
    issuer = {"issuer": real.issuer, "name": "acme", "audience": real.resource, "roles_claim": "realm_access.roles"}
    auth = AuthSettings(local=None, issuers=[{**issuer, "role_map": {"release-manager": "operator"}, **changes}])
    return Verifier(issuers_of(auth, lambda _: real.fetch, clock), clock=clock)


def now() -> Clock:
    return Clock(time.time())


async def test_an_access_token_by_client_credentials_makes_a_bot_with_its_mapped_roles(real: Real) -> None:
    verifier = gateway_for(real, now())
    viewer = await verifier.verify(await real.token())
    assert (viewer.subject, viewer.kind, viewer.roles) == ("acme:deploy-bot", ViewerKind.BOT, {"operator"})
    await verifier.verify(await real.token())
    assert await real.asked() == ["/.well-known/openid-configuration", "/jwks"]


async def test_a_token_for_another_resource_is_refused(real: Real) -> None:
    with pytest.raises(Unauthenticated, match="must have 'another'"):
        await gateway_for(real, now(), audience="another").verify(await real.token())


async def test_a_rotated_key_is_seen_after_one_fetch_and_the_old_one_ends(real: Real) -> None:
    clock = now()
    verifier = gateway_for(real, clock)
    old = await real.token()
    await verifier.verify(old)
    await real.rotate()
    clock.pass_(30)
    assert (await verifier.verify(await real.token())).subject == "acme:deploy-bot"
    with pytest.raises(Unauthenticated, match="didn't publish"):
        await verifier.verify(old)
    assert await real.asked() == ["/.well-known/openid-configuration", "/jwks", "/jwks"]


async def test_tokens_are_believed_while_the_provider_is_down(real: Real) -> None:
    clock = now()
    verifier = gateway_for(real, clock)
    first, second = await real.token(), await real.token()
    await verifier.verify(first)
    await real.stop()
    clock.pass_(300)
    assert (await verifier.verify(second)).kind is ViewerKind.BOT
    await verifier.aclose()


async def test_a_token_past_its_end_is_refused(real: Real) -> None:
    clock = now()
    verifier = gateway_for(real, clock)
    token = await real.token()
    await verifier.verify(token)
    clock.pass_(661)
    with pytest.raises(Unauthenticated, match="expired at"):
        await verifier.verify(token)
