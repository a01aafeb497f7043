"""One running gateway, behind which worlds come and go, asked by whole HTTP requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote
from uuid import UUID

import structlog
from callboard_catalog.queries.changes import Changes
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.records.journal import INSIDE, SOURCE, Journal
from callboard_sdk import EntityRef
from gateway.testing import Harness, running_gateway
from policies import Rules
from resolvers.groups import CatalogGroups, Memberships
from resolvers.plugins import Health
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection
from sqlalchemy.pool import Pool

from .judge import Asker, Judge, Said
from .ledger import ledger
from .operations import Operation
from .probe import Probe, make_probe
from .world import EPOCH, World, erase, put

SUBJECT = "alpha"
_REQUEST = b"the-request"


@dataclass(frozen=True)
class Setting:
    """What the gateway of a stage is set to: its database, SQLite for None, what becomes of a denied field, and whether it tells
    costs.
    """

    url: str | None = None
    denied: str = "answer"
    costs: bool = False


PLAIN = Setting()


@dataclass(frozen=True)
class Reply:
    """All that a client sees of an answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Stage:
    """Puts worlds behind a gateway, rules into it, and asks it."""

    def __init__(self, harness: Harness) -> None:
        self.graph = harness.gateway.supergraph
        self._harness = harness
        self._gateway = harness.gateway
        self._store = self._gateway.plugins.runtimes["catalog"].resources[CatalogStore]
        self._probe = self._gateway.plugins.runtimes["probe"].resources[Probe]
        self._tokens: dict[Asker, bytes] = {}

    async def rule(self, rules: Rules) -> None:
        """Put these rules in force."""
        await self._gateway.policies.replace(rules)

    async def put(self, world: World, number: int = 0) -> None:
        """Put this world behind it; what failed in an earlier one is forgotten, and so are its groups."""
        await put(world, self._store, self._probe, number)
        self._forget()

    async def live(self, worlds: Sequence[World]) -> None:
        """Have these worlds behind it one after the other, a day each; no world was there before."""
        await erase(self._store)
        for number, world in enumerate(worlds):
            self.today(number)
            if not number or world != worlds[number - 1]:
                await put(world, self._store, self._probe, number)
        self._forget()

    async def source(self, day: int, *, outside: bool, inside: bool) -> None:
        """Have something of the source change on this day: for all to see, or for who sees every entity."""
        journal = Journal((EPOCH + timedelta(days=day, hours=1)).timestamp())
        for what, changes in ((SOURCE, outside), (INSIDE, inside and not outside)):
            if changes:
                journal.changed(what, name="ours")
        async with self._store.writing() as connection:
            await journal.write(connection, self._store.database)

    def today(self, number: int) -> None:
        """Have it be that day, whether anything happens on it or not."""
        self._gateway.plugins.runtimes["catalog"].resources[Changes].now = (EPOCH + timedelta(days=number, hours=1)).timestamp

    def _forget(self) -> None:
        plugins = self._gateway.plugins
        for runtime in plugins.runtimes.values():
            runtime.health = Health()
        plugins.groups = CatalogGroups(lambda: plugins.catalog)
        plugins.memberships = Memberships(lambda: plugins.catalog)

    async def judge(self, asker: Asker, said: tuple[Said, ...]) -> Judge:
        """Who says what this viewer may do: groups are nested as they are in the world that is there now."""
        pipeline, groups = self._gateway.pipeline, self._gateway.plugins.groups
        assert groups is not None
        viewer = await pipeline.admit(await pipeline.identify([self._token(asker).decode()], None), pipeline.policies.current)
        own = {viewer.entity} if viewer.entity else set()
        below = {ref: await groups.below([ref]) for one in said for ref in map(EntityRef.parse, _groups(one.when))}
        return Judge(self.graph, said, frozenset({*own, *viewer.groups}), below)

    def _token(self, asker: Asker) -> bytes:
        if (known := self._tokens.get(asker)) is None:
            known = self._tokens[asker] = self._harness.bearer(asker.roles, SUBJECT, asker.groups).encode()
        return known

    async def ask(self, asker: Asker, operation: Operation) -> Reply:
        """Ask it as a client does."""
        body = operation.body()
        headers = [
            (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"x-request-id", _REQUEST),
            (b"authorization", self._token(asker)),
        ]  # fmt: skip
        scope = {
            "type": "http", "method": operation.method, "path": unquote(operation.address),
            "query_string": operation.parameters.encode(), "headers": headers,
        }  # fmt: skip
        asked = iter([{"type": "http.request", "body": body, "more_body": False}])
        sent: list[Mapping[str, object]] = []

        async def receive() -> Mapping[str, object]:
            if (message := next(asked, None)) is not None:
                return message
            return await asyncio.get_running_loop().create_future()

        async def send(message: Mapping[str, object]) -> None:
            sent.append(message)

        await self._gateway.asgi(scope, receive, send)  # type: ignore[arg-type]
        start, *pieces = sent
        return Reply(start["status"], tuple(start["headers"]), b"".join(one["body"] for one in pieces))  # type: ignore[arg-type,misc]


def _groups(when: object) -> Iterator[str]:
    match when:
        case {"ownerInGroup": {"group": str(group)}}:
            yield group
        case {"all": list(parts)} | {"any": list(parts)}:
            for part in parts:
                yield from _groups(part)
        case {"not": part}:
            yield from _groups(part)


class OneId:
    """Stands in for `uuid`: every error has the same id, for chance would look like a difference."""

    @staticmethod
    def uuid4() -> UUID:
        """The one."""
        return UUID(int=1 << 96)


@contextmanager
def _hasty() -> Iterator[None]:
    """Databases that don't wait for the disk: nothing here is worth it."""

    def hasten(connection: Any, _record: object) -> None:
        if isinstance(connection, AsyncAdapt_aiosqlite_connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Pool, "connect", hasten)
    try:
        yield
    finally:
        event.remove(Pool, "connect", hasten)


@asynccontextmanager
async def staged(folder: Path, setting: Setting = PLAIN) -> AsyncIterator[Stage]:
    """A stage whose files are below this folder; what it logs is dropped."""
    settings = {
        "plugins": {"catalog": {"refresh_seconds": 0}} | ({"cost": ledger(folder)} if setting.costs else {}),
        "limits": {"points": None, "seconds": 600.0},  # a machine that stands still for a while is no leak
        "server": {"development": False},
        "database": {"url": setting.url or f"sqlite:///{folder / 'catalog.sqlite'}"},
        "policies": {"denied": setting.denied},
    }
    known = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        with ExitStack() as stack:
            stack.enter_context(_hasty())
            for module in ("resolvers.breaking", "gateway.execution.shape", "gateway.http.errors"):
                stack.enter_context(patch(f"{module}.uuid", OneId))
            async with running_gateway(folder, settings, plugins=[make_probe()]) as harness:
                yield Stage(harness)
    finally:
        structlog.configure(**known)
