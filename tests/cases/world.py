"""The demo company's servers and a gateway with all five plugins over them, and what each upstream was asked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from demo.company import Founding
from demo.company.model import CLUSTERS
from demo.generate import generate
from demo.run import SETTINGS
from demo.servers.requestlog import LOG_PATH
from demo.servers.serve import GITHUB, Addresses, Options, running
from gateway.configuration import read_configuration
from gateway.testing import Harness, running_gateway
from sqlalchemy import event

COMPANY = Founding(seed=7, components=120, as_of=dt.date(2026, 11, 24))


class World:
    """One company on disk; servers for it, started when first needed, and stopped with the world."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "company"
        self._servers: dict[tuple[frozenset[str], frozenset[str]], Addresses] = {}
        self._stack = ExitStack()
        generate(COMPANY, self._data)

    def close(self) -> None:
        """Stop all servers."""
        self._stack.close()

    def servers(self, down: frozenset[str] = frozenset(), hang: frozenset[str] = frozenset()) -> Addresses:
        """The servers, with this trouble."""
        if (down, hang) not in self._servers:
            options = Options(self._data, down=down, hang=hang)
            self._servers[down, hang] = self._stack.enter_context(running(options))
        return self._servers[down, hang]

    @asynccontextmanager
    async def gateway(
        self, folder: Path, addresses: Addresses, settings: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Harness]:
        """A gateway with the demo's settings over these servers; nothing of an earlier one's answers is kept."""
        demo = read_configuration(SETTINGS, addresses.environment()).values
        database = {"url": f"sqlite+aiosqlite:///{self._folder / 'callboard.sqlite'}"}
        base = merged({"plugins": demo["plugins"], "database": database}, _PATIENT)
        async with running_gateway(folder, merged(base, settings or {})) as harness:
            yield harness


_SLOW = {"timeout_seconds": 60}
_PATIENT = {
    "limits": {"seconds": 60},
    "server": {"development": False},
    "plugins": {
        "catalog": {"refresh_seconds": 0},
        "cost": {"refresh_seconds": 86_400},
        "security": {"refresh_seconds": 86_400},
        "kubernetes": {"clusters": [{"name": name, **_SLOW} for name in CLUSTERS]},
        "ci": {"providers": [_SLOW]},
    },
}
"""On a busy machine nothing runs out of time or is read again while a case is counted, but where the case is about that."""


def merged(base: Any, over: Any) -> Any:
    """The settings with others in their place, topic by topic; lists of topics are merged by name, or place without one."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: merged(base[key], value) if key in base else value for key, value in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and all(isinstance(item, Mapping) for item in [*base, *over]):
        changes = {item.get("name", place): item for place, item in enumerate(over)}
        return [merged(item, changes.get(item.get("name", place), {})) for place, item in enumerate(base)]
    return over


@dataclass
class Calls:
    """What each upstream was asked while it was watched: by upstream and by what was asked for."""

    found: dict[str, dict[str, int]] = field(default_factory=dict)
    requests: dict[str, list[str]] = field(default_factory=dict)
    """Every request that a server saw, as path and query."""

    def twice(self) -> list[str]:
        """The requests that one server was sent more than once."""
        return [f"{name} {one}" for name, sent in self.requests.items() for one, n in Counter(sent).items() if n > 1]


@contextmanager
def watching(harness: Harness, addresses: Addresses, down: frozenset[str] = frozenset()) -> Iterator[Calls]:
    """Count what the upstreams are asked within the block: the servers' own logs, SQL statements, DuckDB questions."""
    calls, counted = Calls(), Counter[tuple[str, str]]()
    servers = {name: one.url + LOG_PATH for name, one in addresses.servers.items() if name not in down}
    with httpx.Client(trust_env=False, verify=False) as logs, _own_stores(harness, counted):
        for url in servers.values():
            logs.delete(url)
        yield calls
        for name, url in servers.items():
            recent = logs.get(url).json()["recent"]
            calls.requests[name] = [f"{one['path']}?{one['query']}" for one in recent]
            counted.update((name, _asked_for(name, one["path"])) for one in recent)
    for (upstream, what), count in sorted(counted.items()):
        calls.found.setdefault(upstream, {})[what] = count


_WATCHED = ContextVar("watched", default=False)
"""Whether what runs was begun within the block that is watched: tasks take it along, and those begun before don't have it."""


@contextmanager
def _own_stores(harness: Harness, counted: Counter[tuple[str, str]]) -> Iterator[None]:
    """Count the statements that the database is sent, and the questions that DuckDB is asked.

    What the gateway asks and writes behind all requests, every few seconds, was begun before the block, and isn't counted.
    """
    engine = harness.gateway.plugins.database.engine.sync_engine
    cost = harness.gateway.plugins.runtimes["cost"].resources
    ledger = next(made for kind, made in cost.items() if kind.__name__ == "Store").ledger
    ask = ledger.ask

    def sent(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if _WATCHED.get():
            counted["database", statement.split()[0].lower()] += 1

    def asked(*question: Any) -> Any:
        counted["duckdb", "question"] += 1
        return ask(*question)

    event.listen(engine, "before_cursor_execute", sent)
    ledger.ask = asked
    watched = _WATCHED.set(True)
    try:
        yield
    finally:
        _WATCHED.reset(watched)
        event.remove(engine, "before_cursor_execute", sent)
        del ledger.ask


def _asked_for(server: str, path: str) -> str:
    """What a path leads to: a kind of object, or `discovery`."""
    last = path.rstrip("/").rpartition("/")[2]
    if server == GITHUB:
        return last
    return "discovery" if path in ("/api", "/apis") or last in ("v1", "v1beta1") else last
