"""What carries requests to upstreams: processor time and latency a request, beside what httpx's own interface brings.

One server with ready answers on loopback; the candidates ask it in turn, in several rounds, and the best round of each
counts: what disturbs a round only ever makes it slower. `ratio` is ours against httpx's own transport.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.progress import steps
from bench.serving import server
from bench.table import Row
from bench.transports import Cost, Way, candidates, cost
from tests.certificates import Authority

name = "transports"

_REQUESTS = {"small": 600, "large": 30}
_ROUNDS = 3


def run(*, quick: bool) -> list[Row]:
    """Two rows for each way of asking: connection, size of the answer, how many at once."""
    with tempfile.TemporaryDirectory() as folder, _addresses(Path(folder)) as (addresses, ca):
        ways = list(itertools.product(addresses, _REQUESTS, (1, 10) if quick else (1, 10, 100)))
        rows = []
        for scheme, size, at_once in steps(ways, "ways to ask"):
            way = Way(f"{addresses[scheme]}/{size}", at_once, ca if scheme == "https" else None)
            found = _measured(way, 1 if quick else _ROUNDS, 10 if quick else max(_REQUESTS[size], at_once * 2))
            rows += _rows({"connection": scheme, "answer": size, "at once": at_once}, found)
        return rows


def _measured(way: Way, rounds: int, requests: int) -> dict[str, Cost]:
    makes = candidates()
    found: dict[str, list[Cost]] = {candidate: [] for candidate in makes}
    for _ in range(rounds):
        for candidate, make in makes.items():
            found[candidate].append(cost(make, way, requests))
    return {
        candidate: Cost(min(one.cpu_us for one in costs), min(one.p50_ms for one in costs)) for candidate, costs in found.items()
    }


def _rows(asked: dict[str, str | int], found: dict[str, Cost]) -> list[Row]:
    cpu = {candidate: one.cpu_us for candidate, one in found.items()}
    latency = {candidate: one.p50_ms for candidate, one in found.items()}
    pairs = {"processor (us)": cpu, "latency, median (ms)": latency}
    return [
        {**asked, "measured": measured, **values, "ratio": values["callboard"] / values["httpx"]}
        for measured, values in pairs.items()
    ]


@contextmanager
def _addresses(folder: Path) -> Iterator[tuple[dict[str, str], str]]:
    authority = Authority(folder)
    certificate, key = authority.issue("localhost")
    with server([sys.executable, "-m", "bench.canned", str(certificate), str(key)], {}) as (url, said):
        secure = re.search(r"https://\S+", said())
        assert secure is not None
        yield {"http": url, "https": secure[0]}, authority.pem
