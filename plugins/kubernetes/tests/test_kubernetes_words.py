"""How workloads, pods and containers are, in plain words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from callboard_kubernetes.kinds import WorkloadKind
from callboard_kubernetes.manifests import EventManifest, Manifest, PodManifest
from callboard_kubernetes.owners import event_owners, pod_owners
from callboard_kubernetes.pods import diagnose, pod
from callboard_kubernetes.states import RunState
from callboard_kubernetes.workloads import status_of
from callboard_kubernetes.words import ago, shorten

D, S, DS, J, C = (WorkloadKind[name] for name in ("DEPLOYMENT", "STATEFUL_SET", "DAEMON_SET", "JOB", "CRON_JOB"))
STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
ROLLING = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
ROLLED = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
QUOTA = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: cpu"}
FAILED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": "2026-01-02T11:00:00Z"}
DONE = {"type": "Complete", "status": "True"}
OLD = {"metadata": {"creationTimestamp": "2025-01-01T00:00:00Z"}}
NEW = {"metadata": {"creationTimestamp": "2026-01-02T11:58:00Z"}}


def _status(make: Any, kind: WorkloadKind, spec: Any, status: Any, more: Any = None, runs: Any = ()) -> tuple[str, str]:
    def manifest(value: Any) -> Manifest:
        return msgspec.convert(value, Manifest)

    said = status_of(kind, manifest({"spec": spec, "status": status, **(more or {})}), [manifest(r) for r in runs], make.now)
    return said.state.value, said.summary


@pytest.mark.parametrize(
    ("kind", "spec", "status", "more", "state", "summary"),
    [
        (D, {"replicas": 3}, {"readyReplicas": 3, "updatedReplicas": 3}, {}, "HEALTHY", "3 of 3 pods ready"),
        (D, {}, {"readyReplicas": 1, "updatedReplicas": 1}, {}, "HEALTHY", "1 of 1 pod ready"),
        (D, {"replicas": 0}, {}, {}, "STOPPED", "scaled to zero"),
        (D, {"replicas": 3}, {"readyReplicas": 2, "conditions": [ROLLED]}, {}, "DEGRADED", "2 of 3 pods ready"),
        (D, {"replicas": 3}, {"conditions": [ROLLED]}, {}, "FAILING", "0 of 3 pods ready"),
        (D, {"replicas": 3}, {"conditions": [ROLLING]}, {}, "PENDING", "0 of 3 pods ready; being rolled out"),
        (
            D,
            {"replicas": 3},
            {"readyReplicas": 3, "updatedReplicas": 1},
            {},
            "PENDING",
            "3 of 3 pods ready; being rolled out: 1 of 3 are of the newest version",
        ),
        (
            D,
            {"replicas": 3},
            {"readyReplicas": 3, "updatedReplicas": 1, "conditions": [STUCK]},
            {},
            "DEGRADED",
            "3 of 3 pods ready; its rollout is stuck: 1 of 3 are of the newest version",
        ),
        (
            D,
            {"replicas": 2},
            {"conditions": [STUCK]},
            {},
            "FAILING",
            "0 of 2 pods ready; its rollout is stuck: ProgressDeadlineExceeded",
        ),
        (
            D,
            {"replicas": 2},
            {"readyReplicas": 1, "conditions": [ROLLING, QUOTA]},
            {},
            "DEGRADED",
            "1 of 2 pods ready; its pods can't be made: exceeded quota: cpu",
        ),
        (
            D,
            {"replicas": 2, "paused": True},
            {"readyReplicas": 2, "updatedReplicas": 2},
            {},
            "HEALTHY",
            "2 of 2 pods ready; its rollout is paused",
        ),
        (
            D,
            {"replicas": 2},
            {"readyReplicas": 2, "updatedReplicas": 2, "observedGeneration": 3},
            {"metadata": {"generation": 4}},
            "PENDING",
            "2 of 2 pods ready; its last change hasn't been taken up yet",
        ),
        (S, {"replicas": 3}, {"readyReplicas": 1}, OLD, "DEGRADED", "1 of 3 pods ready"),
        (S, {"replicas": 3}, {"readyReplicas": 1}, NEW, "PENDING", "1 of 3 pods ready; being started"),
        (
            S,
            {"replicas": 1},
            {"readyReplicas": 1, "updatedReplicas": 1},
            {"metadata": {"deletionTimestamp": "2026-01-02T11:59:00Z"}},
            "PENDING",
            "1 of 1 pod ready; it is being deleted",
        ),
        (
            DS,
            {},
            {"desiredNumberScheduled": 4, "numberReady": 4, "updatedNumberScheduled": 4},
            {},
            "HEALTHY",
            "4 of 4 pods ready",
        ),
        (DS, {}, {"desiredNumberScheduled": 4, "numberReady": 3}, OLD, "DEGRADED", "3 of 4 pods ready"),
        (DS, {}, {"desiredNumberScheduled": 0}, {}, "STOPPED", "no node asks for it"),
        (J, {}, {"conditions": [DONE], "completionTime": "2026-01-02T10:00:00Z"}, {}, "FINISHED", "finished 2 hours ago"),
        (J, {}, {"conditions": [FAILED]}, {}, "FAILING", "failed 1 hour ago: tried as often as it may (BackoffLimitExceeded)"),
        (J, {"completions": 3}, {"active": 1, "succeeded": 1}, {}, "HEALTHY", "running: 1 of 3 pods finished"),
        (J, {}, {"active": 1, "failed": 2}, {}, "DEGRADED", "running: 0 of 1 pod finished; 2 attempts failed"),
        (J, {"suspend": True}, {}, {}, "STOPPED", "suspended"),
        (J, {}, {}, {}, "PENDING", "waits to be started"),
        (C, {"schedule": "0 3 * * *", "suspend": True}, {}, {}, "STOPPED", "runs at `0 3 * * *`; suspended"),
        (
            C,
            {"schedule": "@daily", "timeZone": "Asia/Tokyo"},
            {},
            {},
            "PENDING",
            "runs at `@daily` (Asia/Tokyo); it hasn't run yet",
        ),
        (C, {"schedule": "@daily"}, {"active": [{}]}, {}, "HEALTHY", "runs at `@daily`; running now"),
        (
            C,
            {"schedule": "@daily"},
            {"lastScheduleTime": "2026-01-02T11:00:00Z", "lastSuccessfulTime": "2026-01-02T11:30:00Z"},
            {},
            "HEALTHY",
            "runs at `@daily`; its last run finished 30 minutes ago",
        ),
        (
            C,
            {"schedule": "@daily"},
            {"lastScheduleTime": "2026-01-02T11:00:00Z", "lastSuccessfulTime": "2026-01-01T11:30:00Z"},
            {},
            "FAILING",
            "runs at `@daily`; its last run, 1 hour ago, didn't succeed; the last that did finished 1 day ago",
        ),
        (
            C,
            {"schedule": "@daily"},
            {"lastScheduleTime": "2026-01-02T11:00:00Z"},
            {},
            "UNKNOWN",
            "runs at `@daily`; last started 1 hour ago, and nothing is known of how that ended",
        ),
    ],
)
def test_a_workload_says_how_it_is(
    make: Any, kind: WorkloadKind, spec: Any, status: Any, more: Any, state: str, summary: str
) -> None:
    assert _status(make, kind, spec, status, more) == (state, summary)


def test_a_cron_job_is_as_its_newest_ended_run(make: Any) -> None:
    good = {"status": {"startTime": "2026-01-02T09:00:00Z", "conditions": [DONE], "completionTime": "2026-01-02T09:05:00Z"}}
    bad = {"status": {"startTime": "2026-01-02T10:00:00Z", "conditions": [FAILED]}}
    spec = {"schedule": "@hourly"}
    assert _status(make, C, spec, {}, runs=[bad, good]) == (
        "FAILING",
        "runs at `@hourly`; its last run failed 1 hour ago: tried as often as it may (BackoffLimitExceeded)",
    )
    assert _status(make, C, spec, {"active": [{}]}, runs=[good]) == (
        "HEALTHY",
        "runs at `@hourly`; its last run finished 2 hours ago, running now",
    )


async def test_a_cron_jobs_runs_are_no_workloads_beside_it(fleet: Any, make: Any) -> None:
    labels = {"backstage.io/kubernetes-id": "report"}
    cron = {"metadata": make.meta("report", labels=labels), "spec": {"schedule": "@daily"}}
    run = {
        "metadata": make.meta("report-29", labels=labels, ownerReferences=make.owned_by("CronJob", "report", "uid-shop-report")),
        "status": {"startTime": "2026-01-02T11:00:00Z", "conditions": [FAILED]},
    }
    page = fleet(make.cluster("prod", objects={"cronjobs": [cron], "jobs": [run]}))
    (state,) = await page.states(make.component("a", id="report", namespace="shop"))
    (workload,) = state.all_workloads()
    assert (workload.kind, workload.state, workload.schedule) == (C, RunState.FAILING, "@daily")
    assert state.summary == "runs at `@daily`; its last run failed 1 hour ago: tried as often as it may (BackoffLimitExceeded)"


def _pod(make: Any, **status: Any) -> Any:
    given = {"spec": {"nodeName": "node-a"}, **status.pop("over", {}), "status": {"phase": "Running", **status}}
    return pod(
        msgspec.convert({"metadata": {"name": "p", "namespace": "n"}, **given}, PodManifest, strict=False), "prod", make.now
    )


def _waiting(reason: str, message: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": "api",
        "image": "r.test/api:1",
        "ready": False,
        "state": {"waiting": {"reason": reason, "message": message}},
        **more,
    }


def _ended(reason: str, code: int, **more: Any) -> dict[str, Any]:
    return {"name": "api", "state": {"terminated": {"reason": reason, "exitCode": code, **more}}}


@pytest.mark.parametrize(
    ("status", "state", "summary", "reason"),
    [
        ({"phase": "Pending"}, "PENDING", "waits for a node", None),
        (
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]},
            "PENDING",
            "waits for a node: 0/3 nodes",
            "Unschedulable",
        ),
        ({"phase": "Pending", "containerStatuses": [_waiting("ContainerCreating")]}, "PENDING", "`api` is being started", None),
        (
            {"phase": "Pending", "containerStatuses": [_waiting("ImagePullBackOff")]},
            "FAILING",
            "`api` can't start: its image r.test/api:1 can't be pulled (ImagePullBackOff)",
            "ImagePullBackOff",
        ),
        (
            {"containerStatuses": [_waiting("CreateContainerConfigError", 'configmap "x" not found')]},
            "FAILING",
            '`api` can\'t start: configmap "x" not found (CreateContainerConfigError)',
            "CreateContainerConfigError",
        ),
        ({"containerStatuses": [_waiting("NewFangled", "something")]}, "PENDING", "`api` waits: something (NewFangled)", "NewFangled"),
        ({"containerStatuses": [_waiting("CrashLoopBackOff")]}, "FAILING", "`api` restarts again and again", "CrashLoopBackOff"),
        (
            {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."},
            "FAILING",
            "evicted: The node was low on resource: memory.",
            "Evicted",
        ),
        ({"phase": "Failed", "containerStatuses": [_ended("Error", 3)]}, "FAILING", "`api` ended: it failed with exit code 3", "Error"),
        (
            {"phase": "Failed", "containerStatuses": [_ended("OOMKilled", 137)]},
            "FAILING",
            "`api` ended: out of memory (OOMKilled)",
            "OOMKilled",
        ),
        ({"phase": "Failed", "containerStatuses": [_ended("Error", 0, signal=9)]}, "FAILING", "`api` ended: it failed with signal 9", "Error"),
        ({"phase": "Failed"}, "FAILING", "failed, and no reason was given", None),
        ({"phase": "Succeeded"}, "FINISHED", "finished", None),
        ({"phase": "Unknown", "reason": "NodeLost"}, "UNKNOWN", "its node node-a doesn't answer", "NodeLost"),
        ({"over": {"metadata": {"deletionTimestamp": "2026-01-02T11:59:00Z"}}}, "PENDING", "being stopped", "Terminating"),
        ({"initContainerStatuses": [{"name": "db", "state": {"running": {}}}], "containerStatuses": [_waiting("PodInitializing")]}, "PENDING", "`db` prepares the pod; `api` is being started", None),
        ({"containerStatuses": [{"name": "api", "ready": False, "state": {"running": {}}}]}, "DEGRADED", "`api` runs and doesn't take requests yet", None),
        ({"containerStatuses": [{"name": "api", "ready": True, "state": {"running": {}}}]}, "HEALTHY", "runs", None),
    ],
)  # fmt: skip
def test_a_pod_says_how_it_is(make: Any, status: Any, state: str, summary: str, reason: str | None) -> None:
    found = _pod(make, **dict(status))
    assert (found.state.value, found.summary, found.reason) == (state, summary, reason)


@pytest.mark.parametrize(
    ("wait", "pace"),
    [("10s", "every few seconds"), ("40s", "every few seconds"), ("1m20s", "every few minutes"), ("5m0s", "every few minutes")],
)
def test_a_crash_loop_is_told_with_its_pace_and_cause(make: Any, wait: str, pace: str) -> None:
    found = _pod(make, containerStatuses=[make.crashing("api", wait), make.running("proxy")])
    assert found.summary == f"`api` restarts {pace}: out of memory (OOMKilled)"
    assert (found.state, found.reason, found.restarts, found.ready) == (RunState.DEGRADED, "OOMKilled", 6, False)
    assert [(c.name, c.state, c.last_exit_code) for c in found.containers] == [
        ("api", RunState.FAILING, 137),
        ("proxy", RunState.HEALTHY, None),
    ]


def test_a_restart_is_spoken_of_for_an_hour(make: Any) -> None:
    def after(time: str) -> Any:
        last = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": time}}
        return _pod(make, containerStatuses=[make.running("api", restartCount=2, lastState=last)])

    recent = after("2026-01-02T11:30:00Z")
    assert (recent.state, recent.summary) == (
        RunState.DEGRADED,
        "`api` was restarted 2 times, last after: it failed with exit code 1",
    )
    assert after("2026-01-02T10:30:00Z").state is RunState.HEALTHY


def test_a_diagnosis_says_each_trouble_once_the_worst_first(make: Any) -> None:
    crash = [_pod(make, containerStatuses=[make.crashing("api")]) for _ in range(2)]
    pending = _pod(make, phase="Pending")
    well = _pod(make, containerStatuses=[make.running("api")])
    assert diagnose([well, pending, *crash]) == (
        "`api` restarts every few minutes: out of memory (OOMKilled) (2 pods); waits for a node"
    )
    assert diagnose([well]) is None


@pytest.mark.parametrize(
    ("controller", "labels", "owners"),
    [
        (("ReplicaSet", "web-7d4b9c"), {"pod-template-hash": "7d4b9c"}, [(D, "web")]),
        (("ReplicaSet", "web-api-123456789"), {"pod-template-hash": "123456789"}, [(D, "web-api")]),
        (("ReplicaSet", "alone"), {}, []),
        (("StatefulSet", "db"), {}, [(S, "db")]),
        (("DaemonSet", "log"), {}, [(DS, "log")]),
        (("Job", "migrate"), {}, [(J, "migrate")]),
        (("Job", "report-29434000"), {}, [(J, "report-29434000"), (C, "report")]),
        (("Rollout", "web"), {}, []),
    ],
)
def test_a_pods_workload_is_told_by_its_controller(make: Any, controller: Any, labels: Any, owners: Any) -> None:
    given = {"metadata": make.meta("p", labels=labels, ownerReferences=make.owned_by(*controller))}
    assert [(key.kind, key.name) for key in pod_owners(msgspec.convert(given, PodManifest))] == owners


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [
        ("Deployment", "web", (D, "web")),
        ("ReplicaSet", "web-7d4b9c", (D, "web")),
        ("Pod", "web-7d4b9c-x2x9k", (D, "web")),
        ("Pod", "db-0", (S, "db")),
        ("Pod", "log-x2x9k", (DS, "log")),
        ("Pod", "migrate-x2x9k", (J, "migrate")),
        ("Pod", "report-29434000-x2x9k", (C, "report")),
        ("Job", "report-29434000", (C, "report")),
    ],
)
def test_an_events_workload_is_told_by_its_subjects_name(kind: str, name: str, owner: Any) -> None:
    event = msgspec.convert({"involvedObject": {"kind": kind, "name": name, "namespace": "n"}}, EventManifest)
    assert owner in [(key.kind, key.name) for key in event_owners(event)]


def test_small_words(make: Any) -> None:
    assert ago(None, make.now) == "at an unknown time"
    assert ago(make.now, make.now) == "just now"
    assert shorten("a\n b") == "a b"
    assert len(shorten("x" * 1000)) == 300
