"""A real OpenID Connect provider (npm `oidc-provider`): discovery, keys, client credentials, rotation, outage."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from callboard_sdk import ViewerKind

from gateway.auth import Unauthenticated, Verifier, issuers_of
from gateway.auth.settings import AuthSettings
from tests.spec.auth.world import Clock

FOLDER = Path(__file__).parent / "oidc"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed"),
    pytest.mark.skipif(
        not (FOLDER / "node_modules").is_dir(), reason="no node_modules in tests/spec/auth/oidc: run `npm ci` there"
    ),
]


@dataclass
class Real:
    """The provider's process, and a client that counts what the gateway asks of it."""

    process: asyncio.subprocess.Process
    issuer: str
    resource: str
    client: httpx.AsyncClient

    async def token(self) -> str:
        answer = await self.client.post(
            f"{self.issuer}/token",
            data={"grant_type": "client_credentials", "resource": self.resource, "scope": "graph"},
            auth=("deploy-bot", "deploy-bot-secret"),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def fetch(self, url: str) -> bytes:
        return (await self.client.get(url)).raise_for_status().content

    async def rotate(self) -> None:
        await self.say("rotate")
        assert (await self.hear())["rotated"]

    async def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()

    async def hear(self) -> dict[str, Any]:
        """The script's next line; the provider's own notices stand between them."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while not (line := await self.process.stdout.readline()).startswith(b"{"):
                assert line, "the provider ended; run `node provider.js` to see why"
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def asked(self) -> list[str]:
        """What was asked for, apart from tokens."""
        return [path for path in (await self.client.get(f"{self.issuer}/requests")).json() if path != "/token"]

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.communicate()


@pytest.fixture
async def real() -> AsyncIterator[Real]:
    process = await asyncio.create_subprocess_exec(
        "node", "provider.js", cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with httpx.AsyncClient(trust_env=False) as client:
        real = Real(process, "", "", client)
        try:
            started = await real.hear()
            real.issuer, real.resource = started["issuer"], started["resource"]
            yield real
        finally:
            await real.stop()


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
    with pytest.raises(Unauthenticated, match="doesn't publish"):
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
