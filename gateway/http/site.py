"""What is served beside GraphQL: addresses and hooks of plugins, entities' pages, the page's files, sign-in, health, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from gateway.identity.browsers import Browsers
from gateway.record import Record
from resolvers.plugins import Plugins

from .endpoints import PREFIX
from .entity_pages import entity_pages
from .front import GRAPHQL
from .hooks import PREFIX as HOOKS
from .page import Assets, built_page
from .sign_in import sign_in_routes


def site(
    graphql: ASGIApp,
    websocket: ASGIApp,
    addresses: ASGIApp,
    deliveries: ASGIApp,
    plugins: Plugins,
    record: Record,
    browsers: Browsers | None,
    running: Callable[[], AbstractAsyncContextManager[None]],
) -> Starlette:
    """The application that routes by path; what is `running` starts and stops with the server."""

    async def ready(_request: Request) -> Response:
        states = {name: runtime.health.broken for name, runtime in plugins.runtimes.items()} | dict(plugins.failed)
        return JSONResponse({"ready": True, "quarantined": sorted(name for name, reason in states.items() if reason)})

    routes: list[BaseRoute] = [
        Route("/", lambda request: RedirectResponse(GRAPHQL), methods=["GET"]),
        Route(GRAPHQL, graphql),
        Route(f"{GRAPHQL}/", graphql),  # and no redirect, which few clients follow with a body
        WebSocketRoute(GRAPHQL, websocket),
        WebSocketRoute(f"{GRAPHQL}/", websocket),
        *sign_in_routes(browsers),
        Route("/healthz", lambda request: PlainTextResponse("ok\n"), methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", lambda request: PlainTextResponse(record.metrics()), methods=["GET"]),
        Route(f"{PREFIX}/{{path:path}}", addresses),
        Route(f"{HOOKS}/{{path:path}}", deliveries),
        *entity_pages(),
    ]
    if (folder := built_page()) is not None:
        routes.append(Mount("/graphiql/assets", Assets(directory=folder / "assets")))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with running():
            yield

    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: _nothing_here})


def _nothing_here(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("nothing is here: GraphQL, and its page for a browser, are at /graphql\n", 404)
