"""Over real HTTP on this machine: another author's API server, and one that hangs beside one that answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import kmock
import uvicorn
from callboard_kubernetes.cluster import Clusters
from callboard_kubernetes.plugin import diagnosis, kubernetes, query_clusters
from callboard_kubernetes.settings import KubernetesSettings
from callboard_kubernetes.states import RunState
from callboard_sdk import Batch, Clients


@asynccontextmanager
async def _served(application: Any) -> AsyncIterator[str]:
    config = uvicorn.Config(application, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await task


@asynccontextmanager
async def _clusters(make: Any, urls: dict[str, str], timeout: float = 5.0) -> AsyncIterator[Clusters]:
    settings = KubernetesSettings.model_validate({"clusters": [{"name": name, "url": url} for name, url in urls.items()]})
    clients = Clients()
    async with AsyncExitStack() as opened:
        for name, url in urls.items():
            http = httpx.AsyncClient(base_url=url, timeout=timeout, trust_env=False)
            clients[name] = make.client(name, await opened.enter_async_context(http))
        yield Clusters.of(settings, clients)


async def test_one_cluster_refuses_one_hangs_and_the_page_is_complete_elsewhere(make: Any) -> None:
    objects = {"deployments": [make.deployment("web")]}
    hanging = make.cluster("hangs", faults={"/api": TimeoutError(), "/apis": TimeoutError()})
    with socket.create_server(("127.0.0.1", 0)) as gone:
        refuses = f"http://127.0.0.1:{gone.getsockname()[1]}"
    async with _served(make.cluster("answers", objects=objects)) as answers, _served(hanging) as hangs:
        urls = {"answers": answers, "refuses": refuses, "hangs": hangs}
        async with _clusters(make, urls, timeout=0.3) as clusters:
            (state,) = await kubernetes(Batch([make.component("a", id="web")]), clusters)

    assert (state.state, state.summary) == (RunState.HEALTHY, "2 of 2 pods ready; no answer from refuses, hangs")
    assert [(e.upstream, e.reason) for e in state.workloads[1:]] == [("refuses", "UNREACHABLE"), ("hangs", "TIMEOUT")]


async def test_another_authors_api_server_is_discovered_and_listed(make: Any) -> None:
    async with kmock.KubernetesEmulator() as emulator, kmock.Server(emulator) as server:
        for resource, kind, one in (
            ("apps/v1/deployments", "Deployment", make.deployment("web", ready=1)),
            ("v1/pods", "Pod", make.pod("web", containerStatuses=[make.crashing("api")])),
        ):
            emulator.resources[resource] = kmock.ResourceInfo(kind=kind, namespaced=True, verbs={"get", "list"})
            emulator.objects[resource, "shop", one["metadata"]["name"]] = one
        async with _clusters(make, {"prod": str(server.url)}) as clusters:
            (state,) = await kubernetes(Batch([make.component("a", id="web", namespace="shop")]), clusters)
            (why,) = await diagnosis(Batch(state.all_workloads()), clusters)
            (shown,) = await query_clusters(clusters) or []

    assert (state.state, state.summary) == (RunState.DEGRADED, "1 of 2 pods ready")
    assert why == "`api` restarts every few minutes: out of memory (OOMKilled)"
    assert (shown.reachable, shown.version) == (True, "v1.26.4+k3s1")
