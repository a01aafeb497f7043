"""The workloads of a site and what they own: deployments with replica sets, stateful and daemon sets, cron jobs with jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from demo.company.model import Fate
from demo.servers.pods import finished_pod, is_ready, pod
from demo.servers.site import Object, Site, stamp, suffix

_WHOLE = (Fate.IMAGE_MISSING, Fate.CONFIG_MISSING)
_DAEMON_NODES = 6
Made = tuple[str, Object]


def workload(site: Site) -> Iterator[Made]:
    """Every object of `site` but its events, as (plural resource name, object)."""
    yield from {
        "Deployment": _deployment,
        "StatefulSet": _stateful_set,
        "DaemonSet": _daemon_set,
        "CronJob": _cron_job,
    }[site.component.workload](site)


def pod_fates(site: Site, replicas: int) -> list[Fate]:
    """Which of the replicas share the site's fate: all of them for a bad roll-out, else every other one."""
    fate = site.placement.fate
    struck = replicas if fate in _WHOLE else max(1, replicas // 2)
    return [fate] * struck + [Fate.HEALTHY] * (replicas - struck)


def _deployment(site: Site) -> Iterator[Made]:
    """A deployment with its current replica set and the one before. A bad roll-out keeps the old pods alive."""
    fate, replicas = site.placement.fate, site.placement.replicas
    stuck = fate in _WHOLE and replicas > 1
    evicted = fate is Fate.EVICTED
    fates = [fate] if stuck else ([Fate.HEALTHY] * replicas if evicted else pod_fates(site, replicas))
    current, before = (f"{site.name}-{site.hash(generation)}" for generation in (2, 1))
    newest = list(_replica_pods(site, current, 2, [*fates, *([Fate.EVICTED] if evicted else [])]))
    older = list(_replica_pods(site, before, 1, [Fate.HEALTHY] * replicas)) if stuck else []
    ready = sum(map(is_ready, fates))
    yield "deployments", _deployment_object(site, ready + len(older), len(fates), len(older))
    yield "replicasets", _replica_set(site, current, 2, len(fates), ready)
    yield "replicasets", _replica_set(site, before, 1, len(older), len(older))
    yield from newest
    yield from older


def _replica_pods(site: Site, owner: str, generation: int, fates: list[Fate]) -> Iterator[Made]:
    started = site.rolled_out if generation == 2 else site.rolled_out - dt.timedelta(days=9)
    for place, fate in enumerate(fates):
        name = f"{owner}-{suffix(site.placement.cluster, owner, str(place))}"
        labels = {"pod-template-hash": site.hash(generation)}
        yield "pods", pod(site, name, ("apps/v1", "ReplicaSet", owner), fate, labels=labels, started=started)


def _deployment_object(site: Site, ready: int, updated: int, older: int) -> Object:
    wanted = site.placement.replicas
    available = ready >= wanted - wanted // 4
    total = updated + older
    status: Object = {
        "observedGeneration": 2,
        "replicas": total,
        "updatedReplicas": updated,
        **({"readyReplicas": ready, "availableReplicas": ready} if ready else {}),
        **({"unavailableReplicas": total - ready} if total > ready else {}),
        "conditions": [
            _condition(
                "Available",
                available,
                "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
                f"Deployment {'has' if available else 'does not have'} minimum availability.",
                site.rolled_out,
            ),
            _progress(site, stuck=updated < wanted or ready < wanted),
        ],
    }
    return {
        "metadata": site.metadata("Deployment", site.name, site.created, annotations={"deployment.kubernetes.io/revision": "2"})
        | {"generation": 2},
        "spec": {
            "replicas": wanted,
            "selector": {"matchLabels": {"app": site.name}},
            "template": site.template({}),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": status,
    }


def _progress(site: Site, *, stuck: bool) -> Object:
    name = f'ReplicaSet "{site.name}-{site.hash(2)}"'
    if stuck:
        return _condition(
            "Progressing",
            False,
            "ProgressDeadlineExceeded",
            f"{name} has timed out progressing.",
            site.rolled_out,
        )
    return _condition("Progressing", True, "NewReplicaSetAvailable", f"{name} has successfully progressed.", site.rolled_out)


def _condition(kind: str, good: bool, reason: str, message: str, since: dt.datetime) -> Object:
    return {
        "type": kind,
        "status": "True" if good else "False",
        "lastUpdateTime": stamp(since),
        "lastTransitionTime": stamp(since),
        "reason": reason,
        "message": message,
    }


def _replica_set(site: Site, name: str, generation: int, wanted: int, ready: int) -> Object:
    labels = {"pod-template-hash": site.hash(generation)}
    created = site.rolled_out if generation == 2 else site.rolled_out - dt.timedelta(days=9)
    annotations = {
        "deployment.kubernetes.io/desired-replicas": str(site.placement.replicas),
        "deployment.kubernetes.io/revision": str(generation),
    }
    owner = ("apps/v1", "Deployment", site.name)
    metadata = site.metadata("ReplicaSet", name, created, labels=labels, owner=owner, annotations=annotations)
    counted = {"fullyLabeledReplicas": wanted} if wanted else {}
    return {
        "metadata": metadata | {"generation": 1},
        "spec": {
            "replicas": wanted,
            "selector": {"matchLabels": {"app": site.name} | labels},
            "template": site.template(labels),
        },
        "status": {
            "replicas": wanted,
            **counted,
            **({"readyReplicas": ready, "availableReplicas": ready} if ready else {}),
            "observedGeneration": 1,
        },
    }


def _stateful_set(site: Site) -> Iterator[Made]:
    fates = pod_fates(site, site.placement.replicas)
    revision = f"{site.name}-{site.hash(2)}"
    ready = sum(map(is_ready, fates))
    yield (
        "statefulsets",
        {
            "metadata": site.metadata("StatefulSet", site.name, site.created) | {"generation": 1},
            "spec": {
                "replicas": len(fates),
                "selector": {"matchLabels": {"app": site.name}},
                "template": site.template({}),
                "serviceName": site.name,
                "podManagementPolicy": "OrderedReady",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            },
            "status": {
                "observedGeneration": 1,
                "replicas": len(fates),
                **({"readyReplicas": ready} if ready else {}),
                "availableReplicas": ready,
                "currentReplicas": len(fates),
                "updatedReplicas": len(fates),
                "currentRevision": revision,
                "updateRevision": revision,
                "collisionCount": 0,
            },
        },
    )
    for place, fate in enumerate(fates):
        labels = {"controller-revision-hash": revision, "apps.kubernetes.io/pod-index": str(place)}
        owner = ("apps/v1", "StatefulSet", site.name)
        yield "pods", pod(site, f"{site.name}-{place}", owner, fate, labels=labels)


def _daemon_set(site: Site) -> Iterator[Made]:
    fates = pod_fates(site, _DAEMON_NODES)
    ready = sum(map(is_ready, fates))
    yield (
        "daemonsets",
        {
            "metadata": site.metadata("DaemonSet", site.name, site.created) | {"generation": 1},
            "spec": {
                "selector": {"matchLabels": {"app": site.name}},
                "template": site.template({}),
                "updateStrategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
                },
            },
            "status": {
                "currentNumberScheduled": _DAEMON_NODES,
                "numberMisscheduled": 0,
                "desiredNumberScheduled": _DAEMON_NODES,
                "numberReady": ready,
                "observedGeneration": 1,
                "updatedNumberScheduled": _DAEMON_NODES,
                **({"numberAvailable": ready} if ready else {}),
                **({"numberUnavailable": _DAEMON_NODES - ready} if ready < _DAEMON_NODES else {}),
            },
        },
    )
    for place, fate in enumerate(fates):
        name = f"{site.name}-{suffix(site.placement.cluster, site.name, str(place))}"
        labels = {"controller-revision-hash": site.hash(2), "pod-template-generation": "1"}
        yield "pods", pod(site, name, ("apps/v1", "DaemonSet", site.name), fate, labels=labels)


def _cron_job(site: Site) -> Iterator[Made]:
    """A cron job that ran each of the last three nights; its fate is that of the last night."""
    failure = {Fate.CRASH_LOOP: "Error", Fate.OUT_OF_MEMORY: "OOMKilled"}.get(site.placement.fate, "")
    last = site.now.replace(hour=3, minute=0, second=0, microsecond=0)
    last = last if last < site.now - dt.timedelta(hours=1) else last - dt.timedelta(days=1)
    yield (
        "cronjobs",
        {
            "metadata": site.metadata("CronJob", site.name, site.created) | {"generation": 1},
            "spec": {
                "schedule": "0 3 * * *",
                "concurrencyPolicy": "Forbid",
                "suspend": False,
                "jobTemplate": {
                    "metadata": {},
                    "spec": {"backoffLimit": 0, "template": site.template({}, restart="Never")},
                },
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
            "status": {
                "lastScheduleTime": stamp(last),
                "lastSuccessfulTime": stamp(last + dt.timedelta(minutes=20, days=-1 if failure else 0)),
            },
        },
    )
    for night in range(3):
        yield from _job(site, last - dt.timedelta(days=night), failure if night == 0 else "")


def _job(site: Site, start: dt.datetime, failure: str) -> Iterator[Made]:
    name = f"{site.name}-{int(start.timestamp()) // 60}"
    ended = start + dt.timedelta(minutes=20)
    labels = {"batch.kubernetes.io/job-name": name, "job-name": name}
    condition = {
        "type": "Failed" if failure else "Complete",
        "status": "True",
        "lastProbeTime": stamp(ended),
        "lastTransitionTime": stamp(ended),
        **(
            {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
            if failure
            else {"reason": "CompletionsReached", "message": "Reached expected number of succeeded pods"}
        ),
    }
    counted = {"failed": 1} if failure else {"succeeded": 1, "completionTime": stamp(ended)}
    yield (
        "jobs",
        {
            "metadata": site.metadata("Job", name, start, labels=labels, owner=("batch/v1", "CronJob", site.name))
            | {"generation": 1},
            "spec": {
                "parallelism": 1,
                "completions": 1,
                "backoffLimit": 0,
                "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": site.id("Job", name)}},
                "template": site.template(labels, restart="Never"),
            },
            "status": {
                "conditions": [condition],
                "startTime": stamp(start),
                "ready": 0,
                "terminating": 0,
                **counted,
            },
        },
    )
    yield "pods", finished_pod(site, f"{name}-{suffix(name)}", name, ended, failure=failure)
