"""Measures servers beside one another: one load client asks them in turn, so that what slows the machine slows all."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from bench.load import Load, Round, Target

_MOST_SECONDS = 600
_SETTLING_SECONDS = 0.7
_CLIENT = (sys.executable, "-m", "bench.load")


@dataclass(frozen=True, slots=True)
class Figures:
    """How one server did: milliseconds at the median and at the 99th percentile alone, answers a second under load."""

    p50_ms: float
    p99_ms: float
    per_second: float


def figures(targets: Mapping[str, Target], *, quick: bool, requests: int = 30, clients: int = 8) -> dict[str, Figures]:
    """How each does: first asked one request at a time, then by several clients at once.

    Each round sends every target at most so many requests. Raises RuntimeError with what the load client said.
    """
    rounds, count = (1, 3) if quick else (10, requests)
    alone = loaded(Load(dict(targets), rounds=rounds, requests=count, seconds=5, clients=1))
    crowded = loaded(Load(dict(targets), rounds=rounds, requests=count * 2, seconds=5, clients=clients))
    return {name: _figures(alone[name], crowded[name]) for name in targets}


@contextmanager
def under(target: Target) -> Iterator[None]:
    """While the block runs, one client asks this again and again; it yields the processor to whoever else wants it."""
    load = Load({"": target}, rounds=1, requests=10**9, seconds=_MOST_SECONDS, clients=1)
    with subprocess.Popen(("nice", *_CLIENT), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as client:
        assert client.stdin
        client.stdin.write(msgspec.json.encode(load))
        client.stdin.close()
        try:
            time.sleep(_SETTLING_SECONDS)
            yield
            if client.poll() is not None:
                raise RuntimeError(f"the load client ended: {client.stderr.read().decode()[-2000:] if client.stderr else ''}")
        finally:
            client.terminate()
    time.sleep(_SETTLING_SECONDS)


def _figures(alone: Sequence[Round], crowded: Sequence[Round]) -> Figures:
    latencies = [latency * 1000 for one in alone for latency in one.latencies]
    per_second = statistics.median(len(one.latencies) / one.elapsed for one in crowded)
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return Figures(statistics.median(latencies), cuts[98], per_second)


def loaded(load: Load) -> dict[str, list[Round]]:
    """What each target's rounds saw, by a load client of its own. Raises RuntimeError with what it said."""
    done = subprocess.run(_CLIENT, input=msgspec.json.encode(load), capture_output=True, check=False, timeout=_MOST_SECONDS)
    if done.returncode:
        raise RuntimeError(f"the load client failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=dict[str, list[Round]])
