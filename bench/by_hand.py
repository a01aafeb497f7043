"""The README's page as somebody would write it by hand for this one page: Starlette, dictionaries in memory, a loop, orjson.

It has what the gateway reads from its upstreams' answers in memory too, so both start from the same. What it lacks is
all that makes the gateway general: a schema, validation, tokens, policies, and the database behind the catalog.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAGE = "BENCH_PAGE"
"""The variable that names the file with an answer of the gateway to the README's query: the data to serve."""


class Sources:
    """What each source knows of each component, by its name, as a handler would keep it."""

    def __init__(self, answer: Any) -> None:
        nodes = answer["data"]["components"]["nodes"]
        self.total = answer["data"]["components"]["totalCount"]
        self.names = [node["name"] for node in nodes]
        self.owner_of = {node["name"]: node["owner"]["ref"] for node in nodes if node["owner"]}
        self.groups = {node["owner"]["ref"]: node["owner"]["entity"] for node in nodes if node["owner"]}
        self.clusters, self.builds, self.costs, self.security, self.problems = (
            {node["name"]: node[source] for node in nodes} for source in ("kubernetes", "builds", "cost", "security", "problems")
        )

    def page(self, first: int) -> dict[str, Any]:
        """The page, put together field by field."""
        return {"data": {"components": {"totalCount": self.total, "nodes": [self._node(n) for n in self.names[:first]]}}}

    def _node(self, name: str) -> dict[str, Any]:
        owner, cluster, built, cost = (of.get(name) for of in (self.owner_of, self.clusters, self.builds, self.costs))
        total, group = cost["total"] if cost else None, self.groups[owner] if owner else None
        return {
            "name": name,
            "owner": {"ref": owner, "entity": {"title": group["title"]} if group else None} if owner else None,
            "kubernetes": {name: cluster[name] for name in ("state", "summary", "answeredBy")} if cluster else None,
            "builds": {"state": built["state"], "summary": built["summary"]} if built else None,
            "cost": {"total": {"amount": total["amount"], "currency": total["currency"]} if total else None} if cost else None,
            "security": {"summary": self.security[name]["summary"]},
            "problems": [{"message": p["message"], "remedy": p["remedy"]} for p in self.problems[name]],
        }


def _app() -> Starlette:
    sources = Sources(orjson.loads(Path(os.environ[PAGE]).read_bytes()))

    async def page(request: Request) -> Response:
        first = int(request.query_params["first"])
        return Response(orjson.dumps(sources.page(first)), media_type="application/json")

    return Starlette(routes=[Route("/page", page, methods=["GET"])])


def __getattr__(name: str) -> Starlette:
    """`app`, made when a server asks for it: reading this module alone needs no data."""
    if name == "app":
        return _app()
    raise AttributeError(name)
