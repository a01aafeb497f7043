"""A real gateway in its own process, for browsers and clients that know only its address and a token."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Served:
    url: str
    token: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def callboard(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command, as a shell would."""
    command = [str(Path(sys.executable).with_name("callboard")), *arguments]
    return subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False)


@contextmanager
def serving(folder: Path, more: str = "", environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A gateway in a process of its own, with further settings, and an administrator's token for it."""
    settings = folder / "callboard.yaml"
    settings.write_text(
        f"server: {{port: 0}}\nauth: {{local: {{key_file: {folder}/key.pem}}}}\n"
        f"database: {{url: 'sqlite+aiosqlite:///{folder}/db.sqlite'}}\n{more}"
    )
    made = callboard("token", "create", "-s", str(settings), "--role", "admin", "--subject", "alice", environment=environment)
    token = made.stdout.strip()
    command = [str(Path(sys.executable).with_name("callboard")), "serve", "-s", str(settings)]
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stderr=subprocess.PIPE, text=True)
    try:
        yield Served(_address(process), token)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"answers at (http://\S+)", line):
            url = found[1]
            break
    else:
        pytest.fail("the gateway ended before it answered")
    for _ in range(100):
        try:
            httpx.get(url.replace("/graphql", "/readyz"))
            break
        except httpx.TransportError:
            time.sleep(0.1)
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return url


def node(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if not (HERE / "node_modules").is_dir():
        pytest.skip("tests/e2e/node_modules is absent: `make test` installs it")
    return subprocess.run(
        ["node", str(HERE / script), *arguments], capture_output=True, text=True, timeout=110, check=False, cwd=HERE
    )
