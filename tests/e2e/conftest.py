"""A real gateway in its own process, for browsers and clients that know only its address and a token."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.serving import CALLBOARD, gateway

from tests.spec.portal.shop import CATALOG, RULES

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Served:
    url: str
    token: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("gateway")) as started:
        yield started


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """A gateway over a small company's catalog and rules, and its settings."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "catalog.yaml").write_text(CATALOG)
    (folder / "rules.csv").write_text(f"{RULES}\n")
    sources = f"[{{name: ours, paths: ['{folder}/catalog.yaml']}}]"
    more = f"policies: {{rules: '{folder}/rules.csv'}}\nplugins: {{catalog: {{sources: {sources}}}}}\n"
    with serving(folder, more) as served:
        yield served, folder / "callboard.yaml"


def callboard(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command, as a shell would."""
    variables = {**os.environ, **(environment or {})}
    return subprocess.run([CALLBOARD, *arguments], env=variables, capture_output=True, text=True, check=False)


@contextmanager
def serving(folder: Path, more: str = "", environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A gateway in a process of its own, with further settings, and an administrator's token for it."""
    settings = folder / "callboard.yaml"
    settings.write_text(
        f"server: {{port: 0}}\nauth: {{local: {{key_file: {folder}/key.pem}}}}\n"
        f"database: {{url: 'sqlite+aiosqlite:///{folder}/db.sqlite'}}\n{more}"
    )
    made = callboard("token", "create", "-s", str(settings), "--role", "admin", "--subject", "alice", environment=environment)
    with gateway(settings, environment or {}) as url:
        yield Served(url, made.stdout.strip())


def node(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if not (HERE / "node_modules").is_dir():
        pytest.skip("tests/e2e/node_modules is absent: `make test` installs it")
    return subprocess.run(
        ["node", str(HERE / script), *arguments], capture_output=True, text=True, timeout=110, check=False, cwd=HERE
    )
