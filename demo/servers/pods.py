"""The pods of a site, with the status that a kubelet would report for each fate."""

from __future__ import annotations

import datetime as dt

from demo.company.dice import hexes, number
from demo.company.model import Fate
from demo.servers.site import Object, Site, stamp

_READY = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
_NOT_READY = {
    "reason": "ContainersNotReady",
    "message": "containers with unready status: [app]",
}


def pod(
    site: Site,
    name: str,
    owner: tuple[str, str, str],
    fate: Fate,
    *,
    labels: dict[str, str],
    started: dt.datetime | None = None,
) -> Object:
    """A Pod of a long-running workload that met `fate`."""
    began = started or site.rolled_out
    spec = site.pod_spec() | {"nodeName": node(site, name), "priority": 0, "enableServiceLinks": True}
    if fate is Fate.UNSCHEDULABLE:
        del spec["nodeName"]
    return {
        "metadata": site.metadata("Pod", name, began, labels=labels, owner=owner)
        | {"generateName": name.rsplit("-", 1)[0] + "-"},
        "spec": spec,
        "status": _status(site, name, fate, began),
    }


def finished_pod(site: Site, name: str, job: str, ended: dt.datetime, *, failure: str = "") -> Object:
    """A Pod of a Job that has ended, well or with `failure` (the container's reason)."""
    began = ended - dt.timedelta(seconds=40 + number(900, "took", name))
    code = {"": 0, "OOMKilled": 137}.get(failure, 1)
    terminated = _terminated(site, name, failure or "Completed", code, began, ended)
    ready_reason = {"reason": "PodFailed" if failure else "PodCompleted"}
    conditions = [_condition(kind, began, ready=kind in ("Initialized", "PodScheduled"), **ready_reason) for kind in _READY]
    return {
        "metadata": site.metadata(
            "Pod",
            name,
            began,
            labels={"job-name": job, "batch.kubernetes.io/job-name": job},
            owner=("batch/v1", "Job", job),
        )
        | {"generateName": f"{job}-"},
        "spec": site.pod_spec("Never") | {"nodeName": node(site, name)},
        "status": _placed(site, name, "Failed" if failure else "Succeeded", began, conditions)
        | {"containerStatuses": [_container(site, name, 0, ready=False, state={"terminated": terminated})]},
    }


def node(site: Site, name: str) -> str:
    """The node that runs the pod called `name`: one of six in its cluster."""
    return f"{site.placement.cluster}-node-{number(6, 'node', site.placement.cluster, name) + 1}"


def is_ready(fate: Fate) -> bool:
    """Whether a pod with `fate` counts as ready."""
    return fate in (Fate.HEALTHY, Fate.RESTARTED)


def restarts(site: Site, name: str, fate: Fate) -> int:
    """How often the container of the pod called `name` has started anew."""
    most = {Fate.CRASH_LOOP: 240, Fate.OUT_OF_MEMORY: 60, Fate.RESTARTED: 9}.get(fate, 0)
    return number(most, "restarts", site.placement.cluster, name) + 2 if most else 0


def _status(site: Site, name: str, fate: Fate, began: dt.datetime) -> Object:
    if fate is Fate.UNSCHEDULABLE:
        return _unscheduled(began)
    if fate is Fate.EVICTED:
        return _evicted(site, began)
    ready = is_ready(fate)
    conditions = [
        _condition(
            kind,
            began,
            ready=ready or kind not in ("Ready", "ContainersReady"),
            **({} if ready else _NOT_READY),
        )
        for kind in _READY
    ]
    phase = "Pending" if fate in (Fate.IMAGE_MISSING, Fate.CONFIG_MISSING) else "Running"
    return _placed(site, name, phase, began, conditions) | {"containerStatuses": [_by_fate(site, name, fate, began)]}


def _by_fate(site: Site, name: str, fate: Fate, began: dt.datetime) -> Object:
    count = restarts(site, name, fate)
    last_ended = site.now - dt.timedelta(minutes=3)
    last_began = last_ended - dt.timedelta(seconds=25)
    running = {"running": {"startedAt": stamp(began + dt.timedelta(seconds=4))}}
    if fate is Fate.HEALTHY:
        return _container(site, name, 0, ready=True, state=running)
    if fate is Fate.RESTARTED:
        died = _terminated(site, name, "Error", 2, began, began + dt.timedelta(minutes=9))
        anew = {"running": {"startedAt": stamp(began + dt.timedelta(minutes=10))}}
        return _container(site, name, count, ready=True, state=anew, last={"terminated": died})
    if fate in (Fate.CRASH_LOOP, Fate.OUT_OF_MEMORY):
        reason, code = ("OOMKilled", 137) if fate is Fate.OUT_OF_MEMORY else ("Error", 1)
        died = _terminated(site, name, reason, code, last_began, last_ended)
        whole = f"{name}_{site.namespace}({site.id('Pod', name)})"
        text = f"back-off 5m0s restarting failed container=app pod={whole}"
        state = _waiting("CrashLoopBackOff", text)
        return _container(site, name, count, ready=False, state=state, last={"terminated": died})
    if fate is Fate.IMAGE_MISSING:
        text = f'Back-off pulling image "{site.image}": ErrImagePull: {site.image}: not found'
        return _container(site, name, 0, ready=False, state=_waiting("ImagePullBackOff", text), pulled=False)
    text = f'configmap "{site.name}-settings" not found'
    return _container(site, name, 0, ready=False, state=_waiting("CreateContainerConfigError", text), pulled=False)


def _waiting(reason: str, message: str) -> Object:
    return {"waiting": {"reason": reason, "message": message}}


def _container(
    site: Site,
    name: str,
    count: int,
    *,
    ready: bool,
    state: Object,
    last: Object | None = None,
    pulled: bool = True,
) -> Object:
    status: Object = {
        "name": "app",
        "state": state,
        "lastState": last or {},
        "ready": ready,
        "restartCount": count,
        "image": site.image,
        "imageID": f"{site.image.rsplit(':', 1)[0]}@sha256:{hexes(64, site.image)}" if pulled else "",
        "started": ready,
    }
    if pulled:
        status["containerID"] = f"containerd://{hexes(64, site.placement.cluster, name, str(count))}"
    return status


def _terminated(site: Site, name: str, reason: str, code: int, began: dt.datetime, ended: dt.datetime) -> Object:
    return {
        "exitCode": code,
        "reason": reason,
        "startedAt": stamp(began),
        "finishedAt": stamp(ended),
        "containerID": f"containerd://{hexes(64, site.placement.cluster, name, reason)}",
    }


def _condition(kind: str, since: dt.datetime, *, ready: bool, reason: str = "", message: str = "") -> Object:
    condition: Object = {
        "type": kind,
        "status": "True" if ready else "False",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(since),
    }
    if not ready and reason:
        condition["reason"] = reason
    if not ready and message:
        condition["message"] = message
    return condition


def _placed(site: Site, name: str, phase: str, began: dt.datetime, conditions: list[Object]) -> Object:
    cluster = site.placement.cluster
    host = f"10.20.0.{number(6, 'node', cluster, name) + 11}"
    address = f"10.244.{number(250, 'ip', cluster, name)}.{number(250, 'ip4', cluster, name) + 2}"
    return {
        "phase": phase,
        "conditions": conditions,
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": stamp(began),
        "qosClass": "Burstable",
    }


def _unscheduled(began: dt.datetime) -> Object:
    text = (
        "0/6 nodes are available: 6 Insufficient memory. preemption: "
        "0/6 nodes are available: 6 No preemption victims found for incoming pod."
    )
    condition = _condition("PodScheduled", began, ready=False, reason="Unschedulable", message=text)
    return {"phase": "Pending", "conditions": [condition], "qosClass": "Burstable"}


def _evicted(site: Site, began: dt.datetime) -> Object:
    text = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 71432Ki."
    disruption = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(site.now - dt.timedelta(hours=5)),
        "reason": "TerminationByKubelet",
        "message": text,
    }
    return {
        "phase": "Failed",
        "conditions": [disruption],
        "message": text,
        "reason": "Evicted",
        "startTime": stamp(began),
        "qosClass": "Burstable",
    }
