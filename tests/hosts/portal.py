"""A made-up portal: its catalog's REST API by cursor, or all at once as earlier versions had it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .serving import Host


@dataclass
class Portal(Host):
    """Entities by ref; `by_query` False is an earlier version. `short` leaves so many out, and counts them all the same."""

    entities: list[dict[str, Any]] = field(default_factory=list)
    by_query: bool = True
    short: int = 0
    circle: bool = False
    tokens: set[str | None] = field(default_factory=set)

    def add(self, kind: str, name: str, etag: str = "1", **spec: Any) -> dict[str, Any]:
        made = {
            "apiVersion": "backstage.io/v1alpha1", "kind": kind,
            "metadata": {"namespace": "default", "name": name, "uid": f"uid-{name}", "etag": etag},
            "relations": [{"type": "ownedBy", "targetRef": "group:default/x"}], "spec": spec,
        }  # fmt: skip
        self.entities.append(made)
        return made

    async def found(self, request: Request) -> Response:
        self.tokens.add(request.headers.get("authorization"))
        chosen = [one.partition("=")[2] for one in request.query_params.getlist("filter")]
        found = [one for one in self.entities if not chosen or str(one["kind"]).lower() in chosen]
        match request.url.path:
            case "/api/catalog/entities":
                return JSONResponse(found)
            case "/api/catalog/entities/by-query" if self.by_query:
                start, limit = int(request.query_params.get("cursor", "0")), int(request.query_params["limit"])
                items = found[: len(found) - self.short][start : start + limit]
                more = start + limit < len(found)
                info = {"nextCursor": "0" if self.circle else str(start + limit)} if more else {}
                return JSONResponse({"items": items, "totalItems": len(found), "pageInfo": info})
        return JSONResponse({"error": "none"}, 404)
