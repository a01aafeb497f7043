"""The reference page behind HTTP, as ASGI applications for `bench.serving`: the gateway's own, and Strawberry's.

Settings for the gateway come from the file that BENCH_SETTINGS names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL

from bench import reference
from gateway.app import build
from gateway.configuration import read_configuration
from gateway.lane.serve import serve_lane
from gateway.logs import configure_logs
from gateway.process import settle

SETTINGS = "BENCH_SETTINGS"


def write_settings(folder: Path, **more: Any) -> dict[str, str]:
    """The environment of a gateway whose files are in this folder, where a request without a token may read everything."""
    values: dict[str, Any] = {
        "auth": {"local": {"key_file": str(folder / "key.pem")}, "anonymous_roles": ["admin"]},
        "database": {"url": f"sqlite+aiosqlite:///{folder / 'callboard.sqlite'}"},
        **more,
    }
    file = folder / "callboard.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return {SETTINGS: str(file)}


class _Strawberry(GraphQL[reference.Loaders, None]):
    async def get_context(self, request: object, response: object) -> reference.Loaders:
        return reference.Loaders()


def _gateway() -> ASGIApp:
    configuration = read_configuration(Path(os.environ[SETTINGS]), {})
    configure_logs(configuration.settings.logs)
    gateway = build(configuration, [reference.make_plugin()], lane=[sys.executable, "-m", "bench.apps"])
    settle()
    return gateway.asgi


def main(path: Path) -> None:
    """Be the gateway's lane."""
    configuration = read_configuration(Path(os.environ[SETTINGS]), {})
    configure_logs(configuration.settings.logs)
    serve_lane(build(configuration, [reference.make_plugin()]), path)


def _strawberry() -> Any:
    return _Strawberry(reference.strawberry_schema(), graphql_ide=None)


def _by_hand() -> Starlette:
    async def page(request: Request) -> Response:
        asked = await request.json()
        return Response(reference.by_hand(asked["variables"]["size"]), media_type="application/json")

    return Starlette(routes=[Route("/graphql", page, methods=["POST"])])


_APPS = {"gateway": _gateway, "strawberry": _strawberry, "by_hand": _by_hand}


def __getattr__(name: str) -> Any:
    """The application of this name, made when a server asks for it."""
    if name in _APPS:
        return _APPS[name]()
    raise AttributeError(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
