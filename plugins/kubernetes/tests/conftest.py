"""Clusters made by hand, a client that counts what it asks, and objects as an API server would answer them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
import pytest
from callboard_kubernetes.cluster import Clusters
from callboard_kubernetes.selectors import Selector
from callboard_kubernetes.settings import KubernetesSettings
from callboard_sdk import Batch, Clients, Entity, Reply, UpstreamError
from callboard_sdk.testing import make_component

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
ID = "backstage.io/kubernetes-id"
RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "upstreams" / "kubernetes"

MODERN = {
    "v1": ("pods", "events", "namespaces"),
    "apps/v1": ("deployments", "statefulsets", "daemonsets", "replicasets"),
    "batch/v1": ("jobs", "cronjobs"),
    "events.k8s.io/v1": ("events",),
}
OLD = {
    "v1": ("pods", "events"),
    "extensions/v1beta1": ("deployments", "daemonsets"),
    "apps/v1beta1": ("deployments", "statefulsets"),
    "apps/v1beta2": ("deployments", "statefulsets", "daemonsets"),
    "batch/v1": ("jobs",),
    "batch/v1beta1": ("cronjobs",),
}


def meta(name: str, namespace: str = "shop", *, labels: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """An object's metadata."""
    return {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "labels": dict(labels or {}), **more}


def owned_by(kind: str, name: str, uid: str = "") -> list[dict[str, Any]]:
    """The owner references of an object with a controller."""
    return [{"kind": kind, "name": name, "uid": uid, "controller": True}]


def deployment(
    name: str,
    namespace: str = "shop",
    *,
    ready: int = 2,
    desired: int = 2,
    id: str | None = None,
    pod_labels: Any = None,
    **status: Any,
) -> dict[str, Any]:
    """A Deployment that labels itself and its pods with its id."""
    labels = {ID: id or name}
    return {
        "metadata": meta(name, namespace, labels=labels, generation=1),
        "spec": {
            "replicas": desired,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, **(labels if pod_labels is None else pod_labels)}},
                "spec": {"containers": [{"name": "app", "image": f"registry.test/{name}:1"}]},
            },
        },
        "status": {"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": desired, **status},
    }


def pod_of(name: str, namespace: str = "shop", suffix: str = "x2x9k", *, labels: Any = None, **status: Any) -> dict[str, Any]:
    """A pod of the Deployment of that name."""
    return {
        "metadata": meta(
            f"{name}-7d4b9c-{suffix}",
            namespace,
            labels={"app": name, "pod-template-hash": "7d4b9c", **({ID: name} if labels is None else labels)},
            ownerReferences=owned_by("ReplicaSet", f"{name}-7d4b9c"),
        ),
        "spec": {"nodeName": "node-a"},
        "status": {"phase": "Running", "containerStatuses": [running("app")], **status},
    }


def running(name: str, **more: Any) -> dict[str, Any]:
    """A container that runs."""
    return {"name": name, "ready": True, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-02T10:00:00Z"}}, **more}


def crashing(name: str, wait: str = "5m0s", reason: str = "OOMKilled", code: int = 137) -> dict[str, Any]:
    """A container that ends again and again."""
    ended = {"exitCode": code, "reason": reason, "finishedAt": "2026-01-02T11:58:00Z"}
    waiting = {"reason": "CrashLoopBackOff", "message": f"back-off {wait} restarting failed container"}
    return {
        "name": name,
        "ready": False,
        "restartCount": 6,
        "state": {"waiting": waiting},
        "lastState": {"terminated": ended},
    }


@dataclass
class FakeCluster:
    """An API server: discovery, lists with selectors and pages, and whatever is wrong with it."""

    name: str
    serves: Mapping[str, Iterable[str]] = field(default_factory=lambda: MODERN)
    aggregated: bool = True
    objects: dict[str, list[Any]] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    """By the end of a path: a status, bytes to answer instead, or an exception to raise."""
    forgetful: bool = False
    """Whether it has forgotten where each list stood by the time its second page is asked for."""
    asked: list[str] = field(default_factory=list)

    @property
    def lists(self) -> list[str]:
        """The lists that were asked for, without discovery."""
        return [path for path in self.asked if path.split("?")[0].rsplit("/", 1)[1] in _RESOURCES]

    @property
    def discovery(self) -> list[str]:
        """What was asked to find out what is served."""
        return [path for path in self.asked if path not in self.lists and path != "/version"]

    def answer(self, path: str, params: Mapping[str, str], accept: str) -> tuple[int, bytes]:
        query = "&".join(f"{key}={value}" for key, value in sorted(params.items()) if key != "limit")
        self.asked.append(f"{path}?{query}" if query else path)
        for end, fault in self.faults.items():
            if path.endswith(end):
                if isinstance(fault, BaseException):
                    raise fault
                return (fault, b"{}") if isinstance(fault, int) else (200, fault)
        status, body = self._body(path, params, "APIGroupDiscoveryList" in accept and self.aggregated)
        return status, json.dumps(body).encode()

    def _body(self, path: str, params: Mapping[str, str], aggregated: bool) -> tuple[int, Any]:
        if path == "/version":
            return 200, {"gitVersion": "v1.34.1"}
        if path in ("/api", "/apis"):
            return 200, (self._aggregated if aggregated else self._versions)(path == "/api")
        base, _, rest = path.removeprefix("/apis/" if path.startswith("/apis/") else "/api/").partition("/")
        if path.startswith("/apis/"):
            version, _, rest = rest.partition("/")
            base = f"{base}/{version}"
        if base not in self.serves:
            return 404, {}
        if not rest:
            return 200, {"kind": "APIResourceList", "resources": [{"name": name} for name in self.serves[base]]}
        namespace, resource = None, rest
        if rest.startswith("namespaces/"):
            _, namespace, resource = rest.split("/")
        return (200, self._list(resource, namespace, params)) if not self._lost(params) else (410, {"kind": "Status"})

    def _lost(self, params: Mapping[str, str]) -> bool:
        return self.forgetful and "continue" in params

    def _list(self, resource: str, namespace: str | None, params: Mapping[str, str]) -> Any:
        selector = Selector.parse(params.get("labelSelector", ""))
        found = [
            thing
            for thing in self.objects.get(resource, ())
            if namespace in (None, thing["metadata"]["namespace"]) and selector.matches(thing["metadata"].get("labels", {}))
        ]
        start, size = int(params.get("continue", 0)), int(params.get("limit", len(found) or 1))
        more = {"continue": str(start + size)} if start + size < len(found) else {}
        return {"kind": "List", "metadata": {"resourceVersion": "1", **more}, "items": found[start : start + size] or None}

    def _versions(self, core: bool) -> Any:
        if core:
            return {"kind": "APIVersions", "versions": ["v1"]}
        groups: dict[str, list[Any]] = {}
        for version in self.serves:
            if "/" in version:
                groups.setdefault(version.split("/")[0], []).append({"groupVersion": version})
        return {"kind": "APIGroupList", "groups": [{"name": name, "versions": found} for name, found in groups.items()]}

    def _aggregated(self, core: bool) -> Any:
        items = []
        for version, resources in self.serves.items():
            group, _, number = version.rpartition("/")
            if core is (group == ""):
                served = {"version": number, "resources": [{"resource": name} for name in resources]}
                items.append({"metadata": {"name": group} if group else {}, "versions": [served]})
        return {"kind": "APIGroupDiscoveryList", "items": items}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The same over HTTP, as an ASGI application."""
        params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        accept = next((value.decode() for name, value in scope["headers"] if name == b"accept"), "")
        try:
            status, body = self.answer(scope["path"], params, accept)
        except TimeoutError:
            await asyncio.sleep(3600)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


_RESOURCES = {"deployments", "statefulsets", "daemonsets", "jobs", "cronjobs", "pods", "events", "replicasets"}
_REASONS = {401: "UNAUTHORIZED", 403: "UNAUTHORIZED", 404: "NOT_FOUND", 410: "NOT_FOUND", 429: "RATE_LIMITED"}


class CountingClient:
    """The SDK's Client over httpx: equal reads share one request and one answer, as the gateway's do."""

    def __init__(self, name: str, http: httpx.AsyncClient) -> None:
        self.name = name
        self._http = http
        self._reads: dict[str, asyncio.Task[Reply]] = {}

    def forget(self) -> None:
        """Let the answers grow old."""
        self._reads.clear()

    async def get(self, path: str, params: Any = None, *, headers: Any = None, ok: frozenset[int] = frozenset()) -> Reply:
        key = f"{path} {sorted((params or {}).items())}"
        if key not in self._reads:
            self._reads[key] = asyncio.ensure_future(self._get(path, params, headers, ok))
        return await asyncio.shield(self._reads[key])

    async def post(self, path: str, body: object, *, headers: Any = None) -> Reply:
        raise NotImplementedError

    async def _get(self, path: str, params: Any, headers: Any, ok: frozenset[int]) -> Reply:
        try:
            answer = await self._http.get(path, params=params, headers=headers)
        except httpx.TimeoutException:
            raise UpstreamError(self.name, "TIMEOUT", f"{self.name} took too long") from None
        except httpx.TransportError:
            raise UpstreamError(self.name, "UNREACHABLE", f"{self.name} can't be reached") from None
        if answer.is_success or answer.status_code in ok:
            return Reply(answer.status_code, dict(answer.headers), answer.content, NOW, _decode=self._decode)
        reason = _REASONS.get(answer.status_code, "BAD_ANSWER")
        raise UpstreamError(self.name, reason, f"{self.name} answered {answer.status_code}", status=answer.status_code)

    def _decode(self, content: bytes, kind: Any) -> Any:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError:
            raise UpstreamError(self.name, "BAD_ANSWER", f"{self.name} gave an answer of another shape") from None


@dataclass
class Fleet:
    """Some clusters, and what the plugin's fields see of them."""

    servers: dict[str, FakeCluster]
    clients: Clients
    clusters: Clusters

    def __getitem__(self, name: str) -> FakeCluster:
        return self.servers[name]

    def forget(self) -> None:
        """Let all answers grow old."""
        for client in self.clients.values():
            client.forget()  # type: ignore[attr-defined]

    async def states(self, *entities: Entity) -> list[Any]:
        """What `kubernetes` gives for these entities."""
        from callboard_kubernetes.plugin import kubernetes

        return await kubernetes(Batch(entities), self.clusters)


MakeFleet = Callable[..., Fleet]


@pytest.fixture
async def fleet() -> AsyncIterator[MakeFleet]:
    """Makes a fleet of these servers; `settings` are each cluster's, `kinds` the plugin's."""
    opened: list[httpx.AsyncClient] = []

    def make(*servers: FakeCluster, kinds: Any = None, **settings: Any) -> Fleet:
        made = KubernetesSettings.model_validate(
            {
                "clusters": [{"name": s.name, "url": "https://cluster.test", **settings} for s in servers],
                **({"kinds": kinds} if kinds else {}),
            }
        )
        clients = Clients()
        for server in servers:
            http = httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="https://cluster.test", trust_env=False)
            opened.append(http)
            clients[server.name] = CountingClient(server.name, http)
        clusters = Clusters.of(made, clients)
        clusters.now = lambda: NOW
        return Fleet({s.name: s for s in servers}, clients, clusters)

    yield make
    for http in opened:
        await http.aclose()


@pytest.fixture
def make() -> Any:
    """The makers of objects and clusters."""

    class Makers:
        cluster = FakeCluster
        modern = MODERN
        old = OLD
        meta = staticmethod(meta)
        owned_by = staticmethod(owned_by)
        deployment = staticmethod(deployment)
        pod = staticmethod(pod_of)
        running = staticmethod(running)
        crashing = staticmethod(crashing)
        client = CountingClient
        now = NOW

        @staticmethod
        def component(name: str, **notes: str) -> Entity:
            """A component; `id`, `selector`, `namespace` and `cluster` become its annotations."""
            prefix = "backstage.io/kubernetes-"
            keys = {"id": "id", "selector": "label-selector", "namespace": "namespace", "cluster": "cluster"}
            return make_component(name, annotations={prefix + keys[key]: value for key, value in notes.items()})

    return Makers


@pytest.fixture
def recorded() -> Callable[[str], Any]:
    """A document recorded from a real cluster."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded clusters are not beside the repository")
    return lambda name: json.loads((RECORDED / name).read_bytes())
