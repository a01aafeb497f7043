"""Servers to measure, each a process of its own with one worker, on loopback; they end with the block that started them.

`python -m bench.serving MODULE:APP` serves an ASGI application as `callboard serve` serves the gateway.
"""

from __future__ import annotations

import importlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import uvicorn

CALLBOARD = str(Path(sys.executable).with_name("callboard"))
"""The command of this Python's own environment."""
_START_SECONDS = 60
_ADDRESS = re.compile(r"answers at (http://\S+)")


@contextmanager
def gateway(settings: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """A gateway with these settings, as `callboard serve` runs it; gives its GraphQL address."""
    command = [CALLBOARD, "serve", "--settings", str(settings), "--host", "127.0.0.1", "--port", "0"]
    with server(command, environment) as (url, _):
        yield url


@contextmanager
def application(name: str, environment: Mapping[str, str]) -> Iterator[str]:
    """An ASGI application by its `module:attribute`; gives the server's address."""
    with server([sys.executable, "-m", "bench.serving", name], environment) as (url, _):
        yield url


@contextmanager
def server(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[tuple[str, Callable[[], str]]]:
    """What this command says that it answers at, once it does, and a way to read what it has said.

    Raises RuntimeError with its output when it ends, or doesn't answer, before.
    """
    variables = dict(os.environ) | dict(environment)
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(command, env=variables, cwd=folder, stdout=output, stderr=output) as started,
    ):
        try:
            yield _awaited(started, output), lambda: _read(output)
        finally:
            started.terminate()


def _awaited(started: subprocess.Popen[bytes], output: IO[str]) -> str:
    until = time.monotonic() + _START_SECONDS
    while started.poll() is None and time.monotonic() < until:
        if (said := _ADDRESS.search(_read(output))) and _listens(said[1]):
            return said[1]
        time.sleep(0.05)
    raise RuntimeError(f"a server didn't start within {_START_SECONDS} s; it said:\n{_read(output)[-2000:]}")


def _read(output: IO[str]) -> str:
    return os.pread(output.fileno(), 100_000, 0).decode(errors="replace")


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    with closing(socket.socket()) as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def main(name: str) -> None:
    """Serve the application until told to stop."""
    module, _, attribute = name.partition(":")
    app = getattr(importlib.import_module(module), attribute)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    print(f"answers at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
