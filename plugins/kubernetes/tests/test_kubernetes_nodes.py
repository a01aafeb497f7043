"""Workloads and pods found again by their ids: the same objects, one list per (cluster, kind, namespace), and nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_kubernetes.plugin import load_pods, load_workloads, pods
from callboard_sdk import Batch, UpstreamError


@pytest.fixture
def page(fleet: Any, make: Any) -> Any:
    names = [("web", "shop"), ("till", "shop"), ("books", "office")]
    job = {"metadata": make.meta("nightly-1", "shop", ownerReferences=make.owned_by("CronJob", "nightly", "uid-shop-nightly"))}
    job["status"] = {"startTime": "2026-01-02T03:00:00Z", "conditions": [{"type": "Complete", "status": "True"}]}
    objects = {
        "deployments": [make.deployment(*name) for name in names],
        "pods": [make.pod(*name) for name in names],
        "cronjobs": [{"metadata": make.meta("nightly", "shop"), "spec": {"schedule": "0 3 * * *"}}],
        "jobs": [job],
    }
    return fleet(make.cluster("prod", objects=objects), make.cluster("test", objects=objects))


async def test_workloads_are_found_again_with_one_list_of_each_kind_and_namespace(page: Any, make: Any) -> None:
    states = await page.states(make.component("web", id="web"), make.component("books", id="books"))
    known = [workload for state in states for workload in state.all_workloads()]
    keys = [workload.node_key() for workload in known]
    assert sorted(keys) == sorted(
        f"{cluster}/{where}" for cluster in ("prod", "test") for where in ("shop/DEPLOYMENT/web", "office/DEPLOYMENT/books")
    )
    page.forget()
    for server in page.servers.values():
        server.asked.clear()

    found = await load_workloads(Batch(keys), page.clusters)

    assert [(w.id(), w.state, w.summary) for w in found] == [(w.id(), w.state, w.summary) for w in known]
    for server in page.servers.values():
        assert sorted(server.lists) == [f"/apis/apps/v1/namespaces/{space}/deployments" for space in ("office", "shop")]


async def test_a_cron_job_is_found_with_its_runs(page: Any) -> None:
    [found] = await load_workloads(Batch(["prod/shop/CRON_JOB/nightly"]), page.clusters)
    assert "its last run finished" in found.summary
    assert sorted(page["prod"].lists) == [f"/apis/batch/v1/namespaces/shop/{kind}" for kind in ("cronjobs", "jobs")]


async def test_what_a_found_workload_leads_to_is_found_too(page: Any) -> None:
    found = await load_workloads(Batch(["prod/shop/DEPLOYMENT/web"]), page.clusters)
    [own] = await pods(Batch(found), page.clusters)
    assert [pod.name for pod in own] == ["web-7d4b9c-x2x9k"]


async def test_pods_are_found_again_with_one_list_a_namespace(page: Any) -> None:
    keys = [f"prod/shop/{name}-7d4b9c-x2x9k" for name in ("web", "till", "gone")]
    found = await load_pods(Batch(keys), page.clusters)
    assert [pod and pod.node_key() for pod in found] == [*keys[:2], None]
    assert page["prod"].lists == ["/api/v1/namespaces/shop/pods"]


WHERE = ["prod", "prod/shop", "else/shop/{}", "prod/../{}", "prod/kube-system/{}", "prod//{}", "prod/shop/{}/more", ""]


async def test_a_key_of_nothing_that_is_read_asks_no_cluster(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod", objects={}), namespaces=["shop"])
    workloads = [where.format("DEPLOYMENT/web") for where in WHERE] + ["prod/shop/REPLICA_SET/web", "prod/shop/deployments/web"]
    assert await load_workloads(Batch(workloads), page.clusters) == [None] * len(workloads)
    assert await load_pods(Batch([where.format("web-1") for where in WHERE]), page.clusters) == [None] * len(WHERE)
    assert page["prod"].asked == []


async def test_a_cluster_that_is_down_is_the_error_of_its_own_objects(page: Any) -> None:
    page["test"].faults["/apis"] = 503
    found = await load_workloads(Batch(["test/shop/DEPLOYMENT/web", "prod/shop/DEPLOYMENT/web"]), page.clusters)
    assert isinstance(found[0], UpstreamError)
    assert found[1].name == "web"
