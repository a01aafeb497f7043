"""The plugins' hooks: a delivery that another system posts, to the function that proves who sent it and takes it.

Nobody is identified here, and no hook is handed the graph: what its sender may do is what the hook does with what it proved.

A. find     the hook for the path; nothing but POST is for it
B. read     every header, and a body of JSON as it was sent
C. take     by the hook, once its plugin has started
"""

from __future__ import annotations

from collections.abc import Iterable

from callboard_sdk import Delivery, HttpError, HttpReply
from callboard_sdk.hooks import HookSpec
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from resolvers.plugins import Plugins

from .body import Left, read_json
from .headers import read_headers
from .replies import failed, nothing_at, send_reply

PREFIX = "/hooks"


def hooks(specs: Iterable[HookSpec], plugins: Plugins) -> ASGIApp:
    """The application that takes what is posted to these hooks; what is under none of them is not found."""
    routes = [Route(spec.path, _Hook(spec, plugins)) for spec in specs]
    return Router(routes, redirect_slashes=False, default=nothing_at("docs/catalog-sources.md names the hooks there are"))


class _Hook:
    """One hook of one plugin."""

    def __init__(self, spec: HookSpec, plugins: Plugins) -> None:
        self._spec = spec
        self._plugins = plugins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery."""
        try:
            if scope["method"] != "POST":  # A
                raise HttpError(405, f"{scope['method']} is not for this address: use POST", allow="POST")
            reply = await self._take(await self._read(scope, receive))
        except Left:
            return
        except Exception as error:
            reply = failed(scope, error)
        await send_reply(scope, send, reply)

    async def _read(self, scope: Scope, receive: Receive) -> Delivery:
        body = await read_json(receive, read_headers(scope["headers"]), self._spec.body_bytes, None)  # B
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        parts = {name: value for name, value in scope["path_params"].items() if f"{{{name}}}" in self._spec.path}
        return Delivery(parts, headers, body)

    async def _take(self, delivery: Delivery) -> HttpReply:
        runtime = self._plugins.runtimes[self._spec.plugin]
        if not runtime.started.is_set() or runtime.health.broken:
            raise HttpError(503, "what takes deliveries here is not running: send it again in a moment", **{"retry-after": "10"})
        handed = {
            name: delivery if kind is Delivery else self._plugins.give(runtime, name, kind)
            for name, kind in self._spec.parameters.items()
        }
        return await self._spec.function(**handed)  # C
