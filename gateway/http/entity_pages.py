"""Pages of entities, linkable by their refs: each leads to GraphiQL with a query of that entity, whether there is one or not."""

from __future__ import annotations

import re
from urllib.parse import quote

from callboard_sdk import EntityRef, InvalidRef
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from .front import GRAPHQL
from .page import SECURITY_HEADERS

_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
"""What a kind, a namespace or a name is made of in descriptors; nothing else is taken into an address."""
_NO_REF = "this is no entity's address: write /entity/KIND/NAMESPACE/NAME, like /entity/component/default/web\n"


def entity_pages() -> list[BaseRoute]:
    """The routes."""
    return [
        Route("/entity/{kind}/{namespace}/{name}", _by_parts, methods=["GET"]),
        Route("/entity/{ref:path}", _by_ref, methods=["GET"]),
    ]


async def _by_parts(request: Request) -> Response:
    return _page(*(request.path_params[part] for part in ("kind", "namespace", "name")))


async def _by_ref(request: Request) -> Response:
    try:
        ref = EntityRef.parse(request.path_params["ref"])
    except InvalidRef:
        return _page("", "", "")
    return _page(ref.kind, ref.namespace, ref.name)


def _page(*parts: str) -> Response:
    if not all(_PART.fullmatch(part) for part in parts):
        return PlainTextResponse(_NO_REF, 400, headers=SECURITY_HEADERS)
    return RedirectResponse(f"{GRAPHQL}?entity={quote(str(EntityRef(*parts)), safe=':/')}", 303, headers=SECURITY_HEADERS)
