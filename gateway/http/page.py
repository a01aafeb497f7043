"""The GraphiQL page: built files of the front end, under a policy that lets nothing leave the page's origin."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_HERE = Path(__file__).parent
_MISSING = (
    "<!doctype html><title>Callboard</title><p>The GraphiQL page is not built. Run <code>make frontend</code>, then reload."
)


def built_page() -> Path | None:
    """The folder of the built page: in the package when installed from a wheel, beside it in a checkout."""
    places = (_HERE / "graphiql", _HERE.parent.parent / "frontend" / "dist")
    return next((place for place in places if (place / "index.html").is_file()), None)


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """The page itself, as an ASGI application; without a build, a page that says how to make one."""
    folder = built_page()
    html = (folder / "index.html").read_text(encoding="utf-8") if folder else _MISSING
    response = HTMLResponse(html, 200 if folder else 503, headers={**SECURITY_HEADERS, "cache-control": "no-cache"})
    await response(scope, receive, send)


class Assets(StaticFiles):
    """The page's files, whose names change with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """A file with headers that keep it in the browser."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers.update(SECURITY_HEADERS)  # a worker runs under the policy of its own response
        return response
