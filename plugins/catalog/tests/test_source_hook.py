"""A delivery at a source's hook has it read, by whichever gateway comes first; whatever isn't proved is refused in the same words."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from callboard_catalog.ingestion.schedule import Schedule, Timing
from callboard_catalog.queries.store import CatalogStore
from gateway.testing import Harness, running_gateway

PRINTER = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: %s}\n"
NAMES = "{ entities(first: 50) { nodes { name } } }"
SECRET = "sixteen letters and more"
OURS = "/hooks/catalog/ours"
BEARER = {"authorization": f"Bearer {SECRET}"}
JSON = {"content-type": "application/json"}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {**JSON, "x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@asynccontextmanager
async def served(folder: Path, database: dict[str, str], root: Path, **settings: Any) -> AsyncIterator[tuple[Harness, Any]]:
    """A gateway with two sources of files, of which `ours` alone has a secret, and a client of it."""
    folder.mkdir(exist_ok=True)
    root.mkdir(exist_ok=True)
    files = {"paths": [str(root)], "root": str(root), "every": 0}
    sources = [{"name": "ours", "hook_secret": SECRET, **files}, {"name": "bare", **files}]
    catalog = {"sources": sources, "hook_seconds": 0, **settings}
    async with running_gateway(folder, {"plugins": {"catalog": catalog}, "database": database}) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield harness, client


def store_of(harness: Harness) -> CatalogStore:
    return harness.gateway.plugins.runtimes["catalog"].resources[CatalogStore]


async def dues(harness: Harness) -> list[tuple[str, float, float | None]]:
    """When each source is read next, and when it was read."""
    return [(row.name, row.due, row.started) for row in await store_of(harness).sources()]


async def names(harness: Harness) -> set[str]:
    return {node["name"] for node in (await harness.ask(NAMES)).data["entities"]["nodes"]}


async def until_there(harness: Harness, wanted: set[str]) -> None:
    async with asyncio.timeout(30):
        while await names(harness) != wanted:  # noqa: ASYNC110  what reads it tells nobody but the catalog
            await asyncio.sleep(0.1)


async def test_a_proved_delivery_has_the_source_read(tmp_path, database, root):
    async with served(tmp_path, database, root) as (harness, client):
        for number, headers in enumerate((signed(b'{"a": 1}'), {**JSON, **BEARER}, {**JSON, "x-gitlab-token": SECRET})):
            (root / f"{number}.yaml").write_text(PRINTER % f"p{number}")
            answer = await client.post(OURS, content=b'{"a": 1}', headers=headers)
            assert (answer.status_code, answer.json()) == (202, {"refreshes": True})
            await until_there(harness, {f"p{before}" for before in range(number + 1)})
        assert (await client.post(OURS, headers=BEARER)).status_code == 202, "a script sends no body"


PING = b'{"zen": "Keep it simple."}'


async def test_what_changes_nothing_refreshes_nothing_and_says_so(tmp_path, database, root):
    async with served(tmp_path, database, root) as (harness, client):
        before = await dues(harness)
        answer = await client.post(OURS, content=PING, headers={**signed(PING), "x-github-event": "ping"})
        assert answer.status_code == 200
        assert answer.json()["refreshes"] is False and answer.json()["reason"].startswith("nothing that the source reads")
        assert await dues(harness) == before


BIG = b'{"a": "' + b"a" * (1024 * 1024) + b'"}'
REFUSED: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no proof": (403, OURS, {"content": b"{}", "headers": JSON}),
    "an empty proof": (403, OURS, {"content": b"{}", "headers": {**JSON, "x-hub-signature-256": ""}}),
    "another secret": (403, OURS, {"content": b"{}", "headers": signed(b"{}", "another")}),
    "another body": (403, OURS, {"content": b"{ }", "headers": signed(b"{}")}),
    "a proof twice": (403, OURS, {"headers": [*BEARER.items(), *BEARER.items()]}),
    "two proofs": (403, OURS, {"headers": {**BEARER, "x-gitlab-token": SECRET}}),
    "no JSON and no proof": (403, OURS, {"content": b"{", "headers": JSON}),
    "no JSON": (400, OURS, {"content": b"{", "headers": signed(b"{")}),
    "no object": (400, OURS, {"content": b"[]", "headers": signed(b"[]")}),
    "no text": (400, OURS, {"content": b"\xff", "headers": signed(b"\xff")}),
    "a deep body": (400, OURS, {"content": b"[" * 100_000, "headers": signed(b"[" * 100_000)}),
    "a form": (415, OURS, {"content": b"payload=%7B%7D", "headers": {**BEARER, "content-type": "application/x-www-form-urlencoded"}}),
    "no type": (415, OURS, {"content": b"{}", "headers": BEARER}),
    "a compressed body": (415, OURS, {"content": b"{}", "headers": {**BEARER, **JSON, "content-encoding": "gzip"}}),
    "too large a body": (413, OURS, {"content": BIG, "headers": signed(BIG)}),
    "no hook": (404, "/hooks/catalog", {"headers": BEARER}),
    "a hook of nobody": (404, "/hooks/other/ours", {"headers": BEARER}),
    "a path below": (404, OURS + "/more", {"headers": BEARER}),
}  # fmt: skip


async def test_whatever_is_wrong_is_told_as_json_and_nothing_is_stored(tmp_path, database, root, subtests):
    async with served(tmp_path, database, root) as (harness, client):
        before = await dues(harness)
        for case, (status, path, sent) in REFUSED.items():
            with subtests.test(case):
                answer = await client.post(path, **sent)
                assert answer.status_code == status
                assert answer.headers["content-type"].startswith("application/json")
                told = answer.json()
                assert told["response"] == {"statusCode": status} and told["error"]["message"]
                assert SECRET not in answer.text
        for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = await client.request(method, OURS, headers=BEARER)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
            assert answer.json()["error"]["message"] == f"{method} is not for this address: use POST"
        assert await dues(harness) == before


async def test_no_answer_tells_which_sources_there_are(tmp_path, database, root):
    async with served(tmp_path, database, root) as (_, client):
        told = set()
        for name in ("ours", "bare", "unknown", "%00", "a" * 2000, "..%2e"):
            for headers in ({}, {"authorization": "Bearer another"}, {"x-gitlab-token": ""}):
                answer = await client.post(f"/hooks/catalog/{name}", headers=headers)
                told.add((answer.status_code, json.dumps(answer.json()["error"])))
        bare = await client.post("/hooks/catalog/bare", headers=BEARER)
        assert told == {(403, json.dumps(bare.json()["error"]))}


async def test_a_hook_takes_no_token_of_the_gateway_and_gives_nothing_of_the_graph(tmp_path, database, root):
    async with served(tmp_path, database, root) as (harness, client):
        answer = await client.post(OURS, headers={"authorization": harness.bearer(["admin"])})
        assert answer.status_code == 403
        answer = await client.post("/graphql", json={"query": NAMES}, headers=BEARER)
        assert answer.status_code == 401, "the secret of a hook is no token"


async def test_many_deliveries_are_one_reading(tmp_path, database, root):
    async with served(tmp_path, database, root, hook_seconds=600) as (harness, client):
        [(_, _, started), bare] = await dues(harness)
        for _ in range(20):
            assert (await client.post(OURS, headers=BEARER)).status_code == 202
        [(_, due, now), *_] = await dues(harness)
        assert (due, now) == (started + 600, started), "the next reading is as far from the last as the settings say"
        assert (await dues(harness))[1] == bare


async def test_two_gateways_share_the_reading(tmp_path, database, root):
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(served(tmp_path / str(n), database, root)) for n in range(2)]
        for name in "ab":
            (root / f"{name}.yaml").write_text(PRINTER % name)
        answers = await asyncio.gather(*(client.post(OURS, headers=BEARER) for _, client in opened for _ in range(5)))
        assert {answer.status_code for answer in answers} == {202}
        for harness, _ in opened:
            await until_there(harness, {"a", "b"})
        (root / "a.yaml").unlink()
        assert (await opened[1][1].post(OURS, headers=BEARER)).status_code == 202
        for harness, _ in opened:
            await until_there(harness, {"b"})


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("ends_well", [True, False])
async def test_what_changes_while_a_source_is_read_has_it_read_once_more(tmp_path, database, root, ends_well):
    clock, timing = Clock(), Timing(300.0, 0.0)
    async with served(tmp_path, database, root) as (harness, _):
        store, schedule = store_of(harness), Schedule("test", clock)

        async def read(told: int) -> float:
            """One reading, during which it is told so often that there is something new: when the next is due."""
            async with store.writing() as connection:
                await schedule.know(connection, "mine")
                assert await schedule.claim(connection, {"mine": timing}, anyhow=True) == "mine"
            clock.now += 3
            for _ in range(told):
                async with store.writing() as connection:
                    await schedule.hasten(connection, "mine", 10)
            async with store.writing() as connection:
                await (
                    schedule.succeeded(connection, "mine", timing)
                    if ends_well
                    else schedule.failed(connection, "mine", timing, "no")
                )
            return float((await store.source("mine")).due)

        assert await read(0) == 1_003 + (300 if ends_well else 10)
        clock.now = 2_000.0
        assert await read(3) == 2_010.0
        clock.now = 3_000.0
        assert await read(0) == 3_003 + (300 if ends_well else 20 * 2)
