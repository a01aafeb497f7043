"""Which workload an object belongs to, told by controller and name, so that no ReplicaSets have to be listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .kinds import OBJECT_KINDS, WorkloadKind
from .manifests import EventManifest, PodManifest

_RANDOM = "[bcdfghjklmnpqrstvwxz0-9]"
"""The letters that Kubernetes makes names from (apimachinery, `rand.SafeEncodeString`); older hashes have all digits."""
_REPLICA_SET = re.compile(rf"(.+)-{_RANDOM}{{1,10}}")
_REPLICA_SET_POD = re.compile(rf"(.+)-{_RANDOM}{{1,10}}-{_RANDOM}{{5}}")
_NAMED_POD = re.compile(rf"(.+)-(?:{_RANDOM}{{5}}|\d+|\d+-{_RANDOM}{{5}})")
_CRON_RUN = re.compile(r"(.+)-\d+")
_CRON_POD = re.compile(rf"(.+)-\d+(?:-\d+)?-{_RANDOM}{{5}}")

_KINDS = {name: kind for kind, name in OBJECT_KINDS.items()}


class OwnerKey(NamedTuple):
    """Names a workload within one cluster."""

    kind: WorkloadKind
    namespace: str
    name: str


def pod_owners(pod: PodManifest) -> Iterator[OwnerKey]:
    """The workloads whose pod this is: its controller, or the one above that.

    A Deployment's ReplicaSet is named after it and the pod's `pod-template-hash`; a CronJob's Job after it and the
    time of the run.
    """
    owner = pod.controller
    if owner is None or not owner.name:
        return
    name, kind = owner.name, _KINDS.get(owner.kind or "")
    if owner.kind == "ReplicaSet":
        tail = "-" + pod.labels.get("pod-template-hash", "")
        if len(tail) > 1 and name.endswith(tail):
            yield OwnerKey(WorkloadKind.DEPLOYMENT, pod.namespace, name.removesuffix(tail))
    elif kind:
        yield OwnerKey(kind, pod.namespace, name)
        if kind is WorkloadKind.JOB and (run := _CRON_RUN.fullmatch(name)):
            yield OwnerKey(WorkloadKind.CRON_JOB, pod.namespace, run.group(1))


def event_owners(event: EventManifest) -> Iterator[OwnerKey]:
    """The workloads that an event concerns, by its subject's name alone: the pod may be gone already."""
    kind, name = event.subject.kind or "", event.subject.name or ""
    namespace = event.subject.namespace or event.namespace
    if kind in _KINDS:
        yield OwnerKey(_KINDS[kind], namespace, name)
    for inner, pattern, owner in _BY_NAME:
        if kind == inner and (found := pattern.fullmatch(name)):
            yield OwnerKey(owner, namespace, found.group(1))


_BY_NAME = (
    ("ReplicaSet", _REPLICA_SET, WorkloadKind.DEPLOYMENT),
    ("Pod", _REPLICA_SET_POD, WorkloadKind.DEPLOYMENT),
    ("Pod", _NAMED_POD, WorkloadKind.STATEFUL_SET),
    ("Pod", _NAMED_POD, WorkloadKind.DAEMON_SET),
    ("Pod", _NAMED_POD, WorkloadKind.JOB),
    ("Pod", _CRON_POD, WorkloadKind.CRON_JOB),
    ("Job", _CRON_RUN, WorkloadKind.CRON_JOB),
)
