"""Sign-in and sign-out of browsers: to the provider, back from it, and out. No address here has a choice in where it leads.

A. session   whether sign-in is possible, and whether this browser is signed in
B. sign-in   to the provider
C. callback  back from it, with a code in the address: answered by a redirect, so that no page ever has that address
D. sign-out  for this gateway's own page
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.auth import SignInFailed
from gateway.auth.signing_in import CALLBACK
from gateway.identity.browsers import Browsers

from .browser import Browser, CrossOrigin
from .front import GRAPHQL
from .headers import Headers, read_headers
from .page import SECURITY_HEADERS
from .parameters import read_query

_HEADERS = {**SECURITY_HEADERS, "cache-control": "no-store"}

Endpoint = Callable[[Request], Awaitable[Response]]


def sign_in_routes(browsers: Browsers | None) -> list[BaseRoute]:
    """The routes; without sign-in only the one that says so."""
    if browsers is None:
        return [Route("/auth/session", _no_sign_in, methods=["GET"])]
    pages = _Pages(browsers)
    return [
        Route("/auth/session", pages.session, methods=["GET"]),
        Route("/auth/sign-in", pages.sign_in, methods=["GET"]),
        Route(CALLBACK, pages.callback, methods=["GET"]),
        Route("/auth/sign-out", pages.sign_out, methods=["POST"]),
    ]


class _Pages:
    def __init__(self, browsers: Browsers) -> None:
        self._browsers = browsers
        self._browser = Browser(browsers.origin)

    async def session(self, request: Request) -> Response:  # A
        session = self._browser.any_session(_headers(request))
        signed_in = session is not None and await self._browsers.sessions.find(session) is not None
        return JSONResponse({"signIn": True, "signedIn": signed_in}, headers=_HEADERS)

    async def sign_in(self, _request: Request) -> Response:  # B
        try:
            address, attempt = await self._browsers.begin()
        except SignInFailed as error:
            return _failed(error, 503)
        return _to(address, self._browser.keep_attempt(attempt))

    async def callback(self, request: Request) -> Response:  # C
        headers = _headers(request)
        attempt, before = self._browser.attempt(headers), self._browser.any_session(headers)
        try:
            session = await self._browsers.finish(attempt, read_query(request.scope["query_string"]), before)
        except SignInFailed as error:
            return _failed(error, 400, self._browser.forget_attempt())
        return _to(GRAPHQL, self._browser.keep_session(session), self._browser.forget_attempt())

    async def sign_out(self, request: Request) -> Response:  # D
        headers = _headers(request)
        if not self._browser.is_own(headers):
            error = CrossOrigin()
            return JSONResponse({"errors": [{"message": error.message, "extensions": error.extensions}]}, error.status, _HEADERS)
        if (session := self._browser.any_session(headers)) is not None:
            await self._browsers.end(session)
        return _with(Response(status_code=204, headers=_HEADERS), self._browser.forget_session())


async def _no_sign_in(_request: Request) -> Response:
    return JSONResponse({"signIn": False, "signedIn": False}, headers=_HEADERS)


def _headers(request: Request) -> Headers:
    return read_headers(request.scope["headers"])


def _to(address: str, *cookies: str) -> Response:
    return _with(RedirectResponse(address, 303, headers=_HEADERS), *cookies)


def _failed(error: SignInFailed, status: int, *cookies: str) -> Response:
    text = (
        f"<!doctype html><title>Callboard</title><p>You are not signed in: {escape(error.message)}.</p>"
        f'<p><a href="/auth/sign-in">Begin again</a>, or <a href="{GRAPHQL}">go on without</a>.</p>'
    )
    return _with(HTMLResponse(text, status, headers=_HEADERS), *cookies)


def _with(response: Response, *cookies: str) -> Response:
    for cookie in cookies:
        response.headers.append("set-cookie", cookie)
    return response
