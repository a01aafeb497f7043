"""What real clusters answered, word for word, in plain words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from callboard_kubernetes.plugin import diagnosis, events, pods, state_pods
from callboard_kubernetes.states import RunState
from callboard_sdk import Batch

THEN = datetime(2026, 11, 23, 12, 45, tzinfo=UTC)


async def test_a_namespace_full_of_trouble(fleet: Any, make: Any, recorded: Any) -> None:
    objects = {kind: recorded(f"{kind}.json")["items"] for kind in ("deployments", "pods", "events")}
    page = fleet(make.cluster("prod", objects=objects))
    page.clusters.now = lambda: THEN

    (state,) = await page.states(make.component("payments", selector="app=payments", namespace="payments"))
    (workload,) = state.all_workloads()
    assert (workload.state, workload.summary, workload.images) == (
        RunState.PENDING,
        "0 of 3 pods ready; being rolled out",
        ["reg.local/payments:1.4.2"],
    )
    assert await diagnosis(Batch([workload]), page.clusters) == ["waits for a node (3 pods)"]
    (own,) = await pods(Batch([workload]), page.clusters)
    assert [p.name for p in own] == ["payments-59d5666d8f-4tgqk", "payments-59d5666d8f-jlz6s", "payments-59d5666d8f-qx4mp"]
    (noted,) = await events(Batch([workload]), page.clusters)
    assert [e.reason for e in noted] == ["SuccessfulCreate"] * 3 + ["ScalingReplicaSet"]


async def test_pods_in_every_kind_of_trouble(fleet: Any, make: Any, recorded: Any) -> None:
    page = fleet(make.cluster("prod", objects={"pods": recorded("pods.json")["items"]}))
    page.clusters.now = lambda: THEN
    states = await page.states(make.component("payments", selector="app=payments", namespace="payments"))
    (found,) = await state_pods(Batch(states), page.clusters)
    assert [(p.name, p.state.value, p.reason, p.summary) for p in found if not p.name.startswith("payments-59")] == [
        ("payments-crash", "FAILING", "CrashLoopBackOff", "`app` restarts every few minutes: it failed with exit code 1"),
        ("payments-evicted", "FAILING", "Evicted", "evicted: The node was low on resource: memory."),
        ("payments-oom", "FAILING", "OOMKilled", "`app` restarts every few minutes: out of memory (OOMKilled)"),
        (
            "payments-pull",
            "FAILING",
            "ImagePullBackOff",
            "`app` can't start: its image reg.local/payments:1.4.2 can't be pulled (ImagePullBackOff)",
        ),
        ("payments-ok", "HEALTHY", None, "runs"),
    ]
    assert [p.summary for p in found if p.state is RunState.PENDING] == ["waits for a node"] * 3


async def test_a_canary_beside_a_healthy_deployment(fleet: Any, make: Any, recorded: Any) -> None:
    given = recorded("2-deployments.json")
    page = fleet(make.cluster("prod", objects={"deployments": given["deployments"], "pods": given["pods"]}))
    (state,) = await page.states(make.component("dice-roller", id="dice-roller"))
    assert state.state is RunState.FAILING
    assert state.summary == "2 workloads: 1 failing, 1 healthy; dice-roller-canary: 0 of 2 pods ready"
    canary, roller = state.all_workloads()
    assert [len(some) for some in await pods(Batch([canary, roller]), page.clusters)] == [2, 10]
    assert await diagnosis(Batch([canary, roller]), page.clusters) == [
        "`other-side-car` restarts every few minutes: it failed with exit code 1; "
        "`side-car` restarts every few minutes: it failed with exit code 1 (2 pods)",
        None,
    ]


async def test_cron_jobs_with_their_runs(fleet: Any, make: Any, recorded: Any) -> None:
    for name, expected in (("1-cronjobs.json", RunState.HEALTHY), ("2-cronjobs.json", RunState.STOPPED)):
        given = recorded(name)
        page = fleet(make.cluster("prod", objects={"cronjobs": given["cronJobs"], "jobs": given["jobs"], "pods": given["pods"]}))
        (state,) = await page.states(make.component("dice-roller", id="dice-roller"))
        assert [w.state for w in state.all_workloads()] == [expected], "its jobs are no workloads beside it"
        ((*found,),) = await pods(Batch(state.all_workloads()), page.clusters)
        assert len(found) == len(given["pods"])
