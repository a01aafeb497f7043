"""The README's query through the gateway, against the same data from a hand-written Starlette endpoint.

Both are processes of their own with one worker; a third asks them in turn. The demo's clusters and its CI server are
asked once, before: what is measured is the gateway's own part, from a token to JSON, with its SQL and DuckDB questions.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import yaml

from bench import by_hand
from bench.load import Target
from bench.progress import steps
from bench.serving import application, gateway
from bench.side_by_side import figures
from bench.table import Row
from demo.company import Founding
from demo.generate import generate
from demo.run import SETTINGS
from demo.servers.serve import Addresses, Options, running
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration

name = "main_query"

README = Path(__file__).parents[2] / "README.md"
SIZES = (1, 20, 100)
_KEPT_SECONDS = 3600


def run(*, quick: bool) -> list[Row]:
    """Three rows for each size of the page."""
    with tempfile.TemporaryDirectory() as folder, _both(Path(folder), 30 if quick else 120) as (ours, theirs):
        sizes = SIZES[:1] if quick else SIZES
        return [row for size in steps(sizes, "pages of components") for row in _rows(size, ours, theirs, quick=quick)]


def _rows(size: int, ours: Target, theirs: str, *, quick: bool) -> list[Row]:
    targets = {"gateway": _sized(ours, size), "by hand": Target(f"{theirs}/page?first={size}")}
    found = figures(targets, quick=quick)
    own, hand = found["gateway"], found["by hand"]
    pairs = {
        "latency, median (ms)": (own.p50_ms, hand.p50_ms),
        "latency, 99th percentile (ms)": (own.p99_ms, hand.p99_ms),
        "requests a second": (own.per_second, hand.per_second),
    }
    return [
        {"components": size, "measured": measured, "gateway": one, "by hand": other, "ratio": one / other}
        for measured, (one, other) in pairs.items()
    ]


@contextmanager
def _both(folder: Path, components: int) -> Iterator[tuple[Target, str]]:
    """The gateway over the demo company, as what to ask it, and the address of the hand-written endpoint with its data."""
    generate(Founding(seed=7, components=components, as_of=dt.datetime.now(dt.UTC).date()), folder / "company")
    with running(Options(folder / "company")) as upstreams:
        settings, token = _settings(folder, upstreams)
        with gateway(settings, {}) as url:
            target = Target(url, _query(), {"content-type": "application/json", "authorization": f"Bearer {token}"})
            page = folder / "page.json"
            page.write_bytes(_asked(_sized(target, 100)))
            with application("bench.by_hand:app", {by_hand.PAGE: str(page)}) as theirs:
                _check_alike(page, theirs)
                yield target, theirs


def _settings(folder: Path, upstreams: Addresses) -> tuple[Path, str]:
    """The demo's settings, with answers kept for as long as it takes; and a token of a viewer who may read all of it."""
    values = dict(read_configuration(SETTINGS, upstreams.environment()).values)
    for kept in (*values["plugins"]["kubernetes"]["clusters"], *values["plugins"]["ci"]["providers"]):
        kept["fresh_seconds"] = _KEPT_SECONDS
    file = folder / "callboard.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    auth = read_configuration(file, {}).settings.auth
    assert auth.local is not None
    return file, LocalIssuer(auth.local, auth.audience).create("bench", ["admin"], seconds=3600)


def _query() -> str:
    found = re.search(r"```graphql\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return orjson.dumps({"query": found[1]}).decode()


def _sized(target: Target, size: int) -> Target:
    return Target(target.url, (target.body or "").replace("first: 20", f"first: {size}"), target.headers)


def _asked(target: Target) -> bytes:
    answer = httpx.post(target.url, content=target.body, headers=target.headers, timeout=60, trust_env=False)
    body: Mapping[str, Any] = answer.json()
    if "errors" in body:
        raise RuntimeError(f"the gateway's page has errors, so there is nothing to compare: {body['errors'][:3]}")
    return answer.content


def _check_alike(page: Path, theirs: str) -> None:
    answer = httpx.get(f"{theirs}/page?first=100", timeout=60, trust_env=False)
    if answer.json() != orjson.loads(page.read_bytes()):
        raise RuntimeError("the hand-written page isn't the gateway's: bring bench/by_hand.py up to the README's query")
