"""The events that a cluster's controllers would have left behind for a site's pods (core/v1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from demo.company.dice import hexes, number, uid
from demo.servers.site import Object, Site, stamp


def pod_events(site: Site, pod: Object) -> Iterator[Object]:
    """What happened to `pod` within the last hour, for as long as a cluster keeps events."""
    status = pod["status"]
    name = pod["metadata"]["name"]
    for container in status.get("containerStatuses", ()):
        waiting = container["state"].get("waiting")
        if waiting:
            yield from _waiting(site, pod, waiting, container["restartCount"])
    if status.get("reason") == "Evicted":
        yield _event(site, pod, "Warning", "Evicted", status["message"], 1, "kubelet")
    if status["phase"] == "Pending" and "containerStatuses" not in status:
        text = status["conditions"][0]["message"]
        yield _event(site, pod, "Warning", "FailedScheduling", text, 41, "default-scheduler")
    if status["phase"] == "Failed" and "reason" not in status:
        yield _event(site, pod, "Normal", "Started", "Started container app", 1, "kubelet")
    if status["phase"] == "Running" and number(12, "event", name) == 0:
        text = "Readiness probe failed: HTTP probe failed with statuscode: 503"
        yield _event(site, pod, "Warning", "Unhealthy", text, 2, "kubelet")


def _waiting(site: Site, pod: Object, waiting: dict[str, str], count: int) -> Iterator[Object]:
    if waiting["reason"] == "CrashLoopBackOff":
        text = f"Back-off restarting failed container app in pod {pod['metadata']['name']}_{site.namespace}"
        yield _event(site, pod, "Warning", "BackOff", text, 4 * count, "kubelet")
        yield _event(
            site,
            pod,
            "Normal",
            "Pulled",
            f'Container image "{site.image}" already present on machine',
            count,
            "kubelet",
        )
    elif waiting["reason"] == "ImagePullBackOff":
        yield _event(site, pod, "Normal", "BackOff", f'Back-off pulling image "{site.image}"', 37, "kubelet")
        yield _event(site, pod, "Warning", "Failed", "Error: ImagePullBackOff", 37, "kubelet")
    else:
        yield _event(site, pod, "Warning", "Failed", f"Error: {waiting['message']}", 18, "kubelet")


def _event(site: Site, pod: Object, kind: str, reason: str, message: str, count: int, source: str) -> Object:
    subject = pod["metadata"]
    cluster = site.placement.cluster
    name = f"{subject['name']}.{hexes(16, cluster, subject['name'], kind, reason)}"
    last = site.now - dt.timedelta(seconds=20 + number(1500, "last", cluster, name))
    first = max(site.rolled_out, last - dt.timedelta(minutes=3 * count)) if count > 1 else last
    host = {"host": pod["spec"]["nodeName"]} if source == "kubelet" and "nodeName" in pod["spec"] else {}
    part = {"fieldPath": "spec.containers{app}"} if source == "kubelet" and reason != "Evicted" else {}
    return {
        "metadata": {
            "name": name,
            "namespace": site.namespace,
            "uid": uid(cluster, "Event", site.namespace, name),
            "creationTimestamp": stamp(first),
        },
        "involvedObject": {
            "kind": "Pod",
            "namespace": site.namespace,
            "name": subject["name"],
            "uid": subject["uid"],
            "apiVersion": "v1",
            **part,
        },
        "reason": reason,
        "message": message,
        "source": {"component": source, **host},
        "firstTimestamp": stamp(first),
        "lastTimestamp": stamp(last),
        "count": count,
        "type": kind,
        "eventTime": None,
        "reportingComponent": source,
        "reportingInstance": host.get("host", ""),
    }
