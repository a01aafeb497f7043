"""A page of one service over HTTP, by the gateway, by Strawberry's ASGI application, and by hand: requests a second.

Each is a process of its own with one worker; Strawberry's has its parser and validation caches. A load client asks them in
turn. The gateway also identifies the viewer, decides, counts the cost, writes a log line and counts in its metrics.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import httpx
import orjson

from bench import reference
from bench.apps import write_settings
from bench.load import Target
from bench.progress import steps
from bench.serving import application
from bench.side_by_side import figures
from bench.table import Row
from gateway.auth import LocalIssuer
from gateway.configuration import read_configuration

name = "http"

SIZES = (1, 20)


def run(*, quick: bool) -> list[Row]:
    """A row for each size of the page."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = write_settings(Path(folder), limits={"points": None})
        urls = {
            app: stack.enter_context(application(f"bench.apps:{app}", environment))
            for app in ("gateway", "strawberry", "by_hand")
        }
        token = _token(Path(folder) / "callboard.yaml")
        return [_row(urls, token, size, quick=quick) for size in steps(SIZES[:1] if quick else SIZES, "pages of services")]


def _row(urls: dict[str, str], token: str, size: int, *, quick: bool) -> Row:
    body = orjson.dumps({"query": reference.QUERY, "variables": {"size": size}}).decode()
    kind = {"content-type": "application/json"}
    targets = {name: Target(f"{url}/graphql", body, kind) for name, url in urls.items()}
    targets["token"] = Target(targets["gateway"].url, body, kind | {"authorization": f"Bearer {token}"})
    _check_alike(targets)
    found = figures(targets, quick=quick, requests=200)
    gateway, strawberry, hand = found["gateway"], found["strawberry"], found["by_hand"]
    return {
        "services": size,
        "gateway (1/s)": gateway.per_second,
        "with a token (1/s)": found["token"].per_second,
        "Strawberry (1/s)": strawberry.per_second,
        "by hand (1/s)": hand.per_second,
        "times Strawberry": gateway.per_second / strawberry.per_second,
        "of by hand": gateway.per_second / hand.per_second,
        "gateway, median (ms)": gateway.p50_ms,
        "Strawberry, median (ms)": strawberry.p50_ms,
    }


def _token(settings: Path) -> str:
    auth = read_configuration(settings, {}).settings.auth
    assert auth.local is not None
    return LocalIssuer(auth.local, auth.audience).create("bench", ["admin"], seconds=3600)


def _check_alike(targets: dict[str, Target]) -> None:
    answers = [httpx.post(t.url, content=t.body, headers=t.headers, timeout=60, trust_env=False).json() for t in targets.values()]
    if any(answer != answers[0] for answer in answers):
        raise RuntimeError("the servers don't answer alike, so there is nothing to compare")
