"""A gateway that stops leaves no connection to a token issuer open, and no fetch of keys under way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateway.auth import KeysUnavailable
from gateway.auth.settings import IssuerSettings
from gateway.providers import Providers
from gateway.testing import Harness, running_gateway
from tests.faults import Answer, Server
from tests.spec.auth.world import ISSUER, claims, sign
from tests.spec.upstream.test_upstream_trouble import seen


async def test_the_clients_of_issuers_are_one_for_each_origin_and_close_together() -> None:
    async with Server(lambda _: Answer()) as first, Server(lambda _: Answer()) as second:
        providers = Providers()
        fetch = providers.fetch_for(IssuerSettings(issuer=ISSUER))
        for url in (f"{first.url}/a", f"{first.url}/b", f"{second.url}/c"):
            assert await fetch(url) == b"{}"
        assert (first.connections, second.connections) == (1, 1)
        assert sorted(health.requests for health in providers.upstreams) == [1, 2]
        await providers.aclose()
        assert providers.upstreams == []
        await all_closed(first)
        await all_closed(second)


def asking(harness: Harness, issuer: str) -> asyncio.Task[object]:
    """Someone who shows a token of the issuer, whose keys are fetched for it."""
    token = sign(claims(iss=issuer))
    return asyncio.create_task(harness.gateway.pipeline.identify([f"Bearer {token}"]))  # type: ignore[arg-type]


def settings(issuer: str) -> dict[str, object]:
    return {"auth": {"local": None, "issuers": [{"issuer": issuer, "name": "desk"}]}}


async def test_stopping_closes_the_connections_to_issuers(tmp_path: Path) -> None:
    async with Server(lambda _: Answer(404)) as server:
        async with running_gateway(tmp_path, settings(server.url)) as harness:
            with pytest.raises(KeysUnavailable):
                await asking(harness, server.url)
            assert server.open_connections == 1, "kept for the next fetch"
        await all_closed(server)


async def test_stopping_ends_a_fetch_of_keys_that_is_under_way(tmp_path: Path) -> None:
    async with Server(lambda _: Answer(delay=30)) as server:
        async with running_gateway(tmp_path, settings(server.url)) as harness:
            asked = asking(harness, server.url)
            await seen(server, 1)
        with pytest.raises(asyncio.CancelledError):  # given up, not failed: the issuer is not to blame
            await asked


async def all_closed(server: Server) -> None:
    """Wait until nothing is connected to the server any more."""
    async with asyncio.timeout(5):
        while server.open_connections:
            await asyncio.sleep(0.005)
