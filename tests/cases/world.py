"""The demo company's servers and a gateway with all five plugins over them, and what each upstream was asked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from demo.company import Founding
from demo.generate import generate
from demo.run import SETTINGS
from demo.servers.requestlog import LOG_PATH
from demo.servers.serve import GITHUB, Addresses, Options, running
from gateway.configuration import read_configuration
from gateway.testing import Harness, running_gateway
from sqlalchemy import event

COMPANY = Founding(seed=7, components=120, as_of=dt.date(2026, 11, 24))
LONG = 86_400.0


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
        base = {
            "plugins": demo["plugins"],
            "database": {"url": f"sqlite+aiosqlite:///{self._folder / 'callboard.sqlite'}"},
        }
        quiet = {"plugins": {name: {"refresh_seconds": seconds} for name, seconds in _REFRESH.items()}}
        async with running_gateway(folder, merged(merged(base, quiet), settings or {})) as harness:
            yield harness


_REFRESH = {"catalog": 0, "cost": LONG, "security": LONG}


def merged(base: Any, over: Any) -> Any:
    """The settings with others in their place, topic by topic; a list of named things is merged by name."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: merged(base[key], value) if key in base else value for key, value in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and all("name" in item for item in [*base, *over]):
        changes = {item["name"]: item for item in over}
        return [merged(item, changes.get(item["name"], {})) for item in base]
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
    calls = Calls()
    counted: dict[str, Counter[str]] = {"database": Counter(), "duckdb": Counter()}
    servers = {name: one.url + LOG_PATH for name, one in addresses.servers.items() if name not in down}
    for url in servers.values():
        httpx.delete(url, trust_env=False)
    engine = harness.gateway.plugins.database.engine.sync_engine

    def sent(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted["database"][statement.split()[0].lower()] += 1

    store = next(r for kind, r in harness.gateway.plugins.runtimes["cost"].resources.items() if kind.__name__ == "Store")
    ask = store.ledger.ask

    def asked(*question: Any) -> Any:
        counted["duckdb"]["question"] += 1
        return ask(*question)

    event.listen(engine, "before_cursor_execute", sent)
    store.ledger.ask = asked
    try:
        yield calls
    finally:
        event.remove(engine, "before_cursor_execute", sent)
        del store.ledger.ask
        for name, url in servers.items():
            recent = httpx.get(url, trust_env=False).json()["recent"]
            calls.requests[name] = [f"{one['path']}?{one['query']}" for one in recent]
            counted[name] = Counter(_asked_for(name, one["path"]) for one in recent)
        calls.found = {name: dict(sorted(counts.items())) for name, counts in sorted(counted.items()) if counts}


def _asked_for(server: str, path: str) -> str:
    """What a path leads to: a kind of object, or `discovery`."""
    last = path.rstrip("/").rpartition("/")[2]
    if server == GITHUB:
        return last
    return "discovery" if path in ("/api", "/apis") or last in ("v1", "v1beta1") else last
