"""A page of one service while another client repeats the worst query that is admitted: latency, quiet and loaded.

The worst query for the engine is pages within pages, with a result near the limit on its size; the worst for reading is a
document of about as many fields as may be, never the same twice, so that it is parsed, validated and planned each time. Quiet and
loaded rounds take turns. The two clients and the gateway share this machine's processors, too: what that alone costs shows in a
third round, for which the worst query goes to a second gateway, in a process of its own.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import httpx
import orjson
from msgspec.structs import replace

from bench import reference
from bench.apps import write_settings
from bench.load import NUMBER, Load, Target
from bench.progress import steps
from bench.serving import application
from bench.side_by_side import loaded, under
from bench.table import Row

name = "fairness"

_SERVICE = reference.QUERY.partition("{")[2].partition("{")[2].rpartition("}")[0].rpartition("}")[0]
_PAGES = "pages(first: 100) { nodes { others(first: 100) { nodes {" + _SERVICE + "} } } }"
_REPEATS = 28
"""How often the longest document names each field: about as often as the limit on merges allows."""


def _repeated(fields: str) -> str:
    return f"{fields} " * _REPEATS


_LONG = (
    _repeated("key name title summary kind namespace rank score live tag")
    + f"contact {{ {_repeated('name email team chat')} }} build {{ {_repeated('status number passed url')} }} "
    + f"spend {{ {_repeated('amount currency month')} }} instances {{ {_repeated('name cpu ready')} }}"
)
WORST = {
    "the largest result": "{" + " ".join(f"p{n}: {_PAGES}" for n in range(3)) + "}",
    "the longest new document": f"query New{NUMBER} {{ services(size: 1) {{ {_LONG} }} }}",
}


def run(*, quick: bool) -> list[Row]:
    """A row for each kind of worst query."""
    with tempfile.TemporaryDirectory() as folder:
        environment = write_settings(Path(folder), limits={"points": None, "seconds": 60})
        with application("bench.apps:gateway", environment) as url, application("bench.apps:gateway", environment) as other:
            return [_row(url, other, worst, quick=quick) for worst in steps(list(WORST), "worst queries")]


def _row(url: str, other: str, worst: str, *, quick: bool) -> Row:
    kind = {"content-type": "application/json"}
    small = Target(f"{url}/graphql", orjson.dumps({"query": reference.QUERY, "variables": {"size": 1}}).decode(), kind)
    large = Target(f"{url}/graphql", orjson.dumps({"query": WORST[worst]}).decode(), kind)
    apart = replace(large, url=f"{other}/graphql")
    size, seconds = _admitted(large)
    quiet: list[float] = []
    busy: list[float] = []
    beside: list[float] = []
    for _ in range(1 if quick else 5):
        quiet += _latencies(small, quick=quick)
        with under(large):
            busy += _latencies(small, quick=quick)
        with under(apart):
            beside += _latencies(small, quick=quick)
    return {
        "repeated by another client": worst,
        "its answer (MB)": size / 1e6,
        "its seconds alone": seconds,
        "median, quiet (ms)": _percentile(quiet, 50),
        "median, loaded (ms)": _percentile(busy, 50),
        "p99, quiet (ms)": _percentile(quiet, 99),
        "p99, loaded (ms)": _percentile(busy, 99),
        "p99, load elsewhere (ms)": _percentile(beside, 99),
        "p99, loaded to quiet": _percentile(busy, 99) / _percentile(quiet, 99),
        "p99, load elsewhere to quiet": _percentile(beside, 99) / _percentile(quiet, 99),
    }


def _admitted(target: Target) -> tuple[int, float]:
    """The size of the answer, and how long it took. Raises RuntimeError when it isn't one: a refused query is no load."""
    body = (target.body or "").replace(NUMBER, "0")
    answer = httpx.post(target.url, content=body, headers=target.headers, timeout=120, trust_env=False)
    if "errors" in (found := answer.json()):
        raise RuntimeError(f"the worst query isn't admitted: {found['errors'][:2]}")
    return len(answer.content), answer.elapsed.total_seconds()


def _latencies(target: Target, *, quick: bool) -> list[float]:
    load = Load({"small": target}, rounds=1, requests=10 if quick else 300, seconds=20, clients=1)
    return [latency * 1000 for one in loaded(load)["small"] for latency in one.latencies]


def _percentile(latencies: list[float], percent: int) -> float:
    return statistics.quantiles(latencies, n=100, method="inclusive")[percent - 1]
