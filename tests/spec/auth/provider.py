"""A real OpenID Connect provider (npm `oidc-provider`) in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

FOLDER = Path(__file__).parent / "oidc"

needs_provider = [
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed"),
    pytest.mark.skipif(
        not (FOLDER / "node_modules").is_dir(), reason="no node_modules in tests/spec/auth/oidc: run `npm ci` there"
    ),
]
"""Marks of tests that need it."""


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


@asynccontextmanager
async def running_provider(redirect_uri: str = "") -> AsyncIterator[Real]:
    """The provider, until the block is left; people can sign in when it has somewhere to send them back to."""
    process = await asyncio.create_subprocess_exec(
        "node", "provider.js", cwd=FOLDER, env={**os.environ, "REDIRECT_URI": redirect_uri},
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
