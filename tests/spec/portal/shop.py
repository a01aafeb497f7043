"""A small company's catalog, and whoever asks for it by the portal's addresses: each by a role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from gateway.testing import Harness, running_gateway

from tests.cases.world import merged


CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: web
  title: Web shop
  description: Sells things to people.
  labels: {tier: "1", example.com/region: north}
  annotations: {example.com/run.book: runs, backstage.io/managed-by-origin-location: "url:https://example.com/all.yaml"}
  tags: [java, open]
  links: [{url: "https://web.example.com", title: Shop}]
spec: {type: service, lifecycle: production, owner: sellers, system: shop, dependsOn: [component:vault], deployment: {region: north}}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: ledger, description: Counts money., labels: {tier: "2"}, tags: [go]}
spec: {type: library, lifecycle: deprecated, owner: group:default/bankers, dependsOn: [component:web]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: vault, title: The vault, description: Keeps money., labels: {tier: "1"}, tags: [hidden]}
spec: {type: service, lifecycle: production, owner: bankers, dependsOn: [component:ledger]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: orders, namespace: inner}
spec: {type: openapi, lifecycle: production, owner: sellers, definition: "openapi: 3.0.0"}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: shop}
spec: {owner: sellers}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: sellers}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: [sellers], profile: {displayName: Ann, email: ann@example.com, picture: "https://example.com/ann.png"}}
---
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: all}
spec: {type: url, targets: ["https://example.com/all.yaml", "https://example.com/more.yaml"]}
"""
READS = ("core.viewer", "core.node", "catalog.read", "catalog.spec.read", "catalog.problems.read")
RULES = "\n".join([
    "p, admin, *, read, allow",
    *(f"p, reader, permission:{one}, read, allow" for one in READS),
    "g, outsider, reader", 'p, outsider, Component, read, deny, {"hasTag": {"tag": "hidden"}}',
    "g, partial, reader", "p, partial, Component.description, read, deny", "p, partial, Component.lifecycle, read, deny",
    "p, partial, User.email, read, deny", "p, partial, Component.owner, read, deny", "p, partial, Component.labels, read, deny",
])  # fmt: skip
REFS = [
    "location:default/all", "user:default/ann", "component:default/ledger", "api:inner/orders", "group:default/sellers",
    "system:default/shop", "component:default/vault", "component:default/web",
]  # fmt: skip
"""All entities, in the order of their names."""


@dataclass(frozen=True)
class Shop:
    """The gateway, and a client that has no token."""

    harness: Harness
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, body: Any = None, *, role: str | None = "admin", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """What is answered to somebody with this role at an address below `/api/catalog`."""
        sent = {**({"authorization": self.harness.bearer([role])} if role else {}), **(headers or {})}
        content = {} if body is None else {"json": body}
        return await self.client.request(method, f"/api/catalog{path}", headers=sent, **content)

    async def get(self, path: str, role: str = "admin") -> Any:
        """The JSON of an answer that must be good."""
        answer = await self.ask("GET", path, role=role)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refs(self, path: str, role: str = "admin") -> list[str]:
        """The refs of the entities in an answer, an array or items."""
        found = await self.get(path, role)
        return [ref_of(entity) for entity in (found if isinstance(found, list) else found["items"])]


def ref_of(entity: Mapping[str, Any]) -> str:
    """Its ref."""
    metadata = entity["metadata"]
    return f"{entity['kind']}:{metadata['namespace']}/{metadata['name']}".lower()


def refused(answer: httpx.Response, status: int) -> str:
    """What a refusal in the portal's form says."""
    told = answer.json()
    assert (answer.status_code, told["response"]) == (status, {"statusCode": status}), answer.text
    assert set(told) == {"error", "request", "response"} and "Traceback" not in answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    message: str = told["error"]["message"]
    return message


@asynccontextmanager
async def opened(folder: Path, catalog: str = CATALOG, settings: Mapping[str, Any] | None = None) -> AsyncIterator[Shop]:
    """A gateway over this catalog."""
    (folder / "catalog.yaml").write_text(catalog)
    (folder / "rules.csv").write_text(f"{RULES}\n")
    ours = {"sources": [{"name": "ours", "paths": [str(folder / "catalog.yaml")]}], "refresh_seconds": 0}
    given = {"plugins": {"catalog": ours}, "policies": {"rules": str(folder / "rules.csv")}}
    async with running_gateway(folder, merged(given, settings or {})) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Shop(harness, client)
