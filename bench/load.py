"""The load client, a process of its own: asks each target in turn, round after round, and tells how long answers took.

`python -m bench.load` reads a Load as JSON from standard input and writes, for each target, what each round saw. It
speaks HTTP/1.1 on connections that it keeps, by hand: a client library would cost more than the faster server.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import uvloop

NUMBER = "{number}"
_numbers = itertools.count()


class Target(msgspec.Struct):
    """One request, to be sent again and again. Where its body has `{number}`, that is another number each time."""

    url: str
    body: str | None = None
    headers: dict[str, str] = {}


class Load(msgspec.Struct):
    """What to send: rounds of at most so many requests and so many seconds for each target, by so many clients at once.

    A round of its own comes before, whose numbers are dropped.
    """

    targets: dict[str, Target]
    rounds: int
    requests: int
    seconds: float
    clients: int


class Round(msgspec.Struct):
    """What one target did in one round: seconds for each answer, and for all."""

    latencies: list[float]
    elapsed: float


@dataclass(frozen=True)
class _Budget:
    """What is left of a round, for all of its clients."""

    until: float
    left: list[int]

    def take(self) -> bool:
        if self.left[0] <= 0 or time.perf_counter() > self.until:
            return False
        self.left[0] -= 1
        return True


async def run(load: Load) -> dict[str, list[Round]]:
    """All rounds, the targets in turn within each. Raises RuntimeError for an answer that isn't 200."""
    found: dict[str, list[Round]] = {name: [] for name in load.targets}
    for number in range(load.rounds + 1):
        for name, target in load.targets.items():
            seen = await _round(target, load)
            if number:
                found[name].append(seen)
    return found


async def _round(target: Target, load: Load) -> Round:
    budget = _Budget(time.perf_counter() + load.seconds, [load.requests])
    started = time.perf_counter()
    parts = await asyncio.gather(*(_client(target, budget) for _ in range(load.clients)))
    return Round([latency for part in parts for latency in part], time.perf_counter() - started)


async def _client(target: Target, budget: _Budget) -> Sequence[float]:
    parts = urlsplit(target.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    message = _message(target)
    numbered = NUMBER in (target.body or "")
    latencies = []
    try:
        while budget.take():
            if numbered:
                message = _message(Target(target.url, (target.body or "").replace(NUMBER, str(next(_numbers))), target.headers))
            started = time.perf_counter()
            writer.write(message)
            await _answer(reader, target.url)
            latencies.append(time.perf_counter() - started)
    finally:
        writer.close()
    return latencies


def _message(target: Target) -> bytes:
    parts = urlsplit(target.url)
    body = (target.body or "").encode()
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    headers = {"host": parts.netloc, **target.headers} | ({"content-length": str(len(body))} if body else {})
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _answer(reader: asyncio.StreamReader, url: str) -> bytes:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), None)
    if length is None:
        raise RuntimeError(f"{url} answered without a length: {status}")
    body = await reader.readexactly(length)
    if " 200 " not in status:
        raise RuntimeError(f"{url} answered {status}: {body[:500].decode(errors='replace')}")
    return body


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Load)))))
