"""The types that this plugin adds to the graph."""

from __future__ import annotations

from datetime import datetime

import strawberry
from callboard_sdk import Freshness, Node, node, value

from .inventory import Found, Scope
from .kinds import WorkloadKind
from .manifests import Manifest
from .matching import Wanted
from .states import RunState

READ = "kubernetes.read"
PODS = "kubernetes.pods.read"
EVENTS = "kubernetes.events.read"
CLUSTERS = "kubernetes.clusters.read"


@node(permission=PODS, open_fields=("cluster", "namespace", "name"))
class Pod(Node):
    """One running copy of a workload."""

    cluster: str
    """The cluster it runs in."""
    namespace: str
    """The namespace it runs in."""
    name: str
    """Its name."""
    state: RunState | None
    """How it is."""
    summary: str | None
    """How it is, in plain words."""
    reason: str | None
    """The word that Kubernetes has for what is wrong, such as `CrashLoopBackOff`; none when nothing is."""
    phase: str | None
    """Where Kubernetes sees it in its life: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`."""
    ready: bool | None
    """Whether it takes requests."""
    restarts: int | None
    """How often its containers were restarted, all together."""
    node: str | None
    """The machine it runs on."""
    created_at: datetime | None
    """When it was made."""
    containers: list[Container] | None
    """What runs inside it: first the containers that prepare it, then those that stay."""

    def node_key(self) -> str:
        """Where it is; a cluster's name and a namespace have no slash."""
        return f"{self.cluster}/{self.namespace}/{self.name}"


@value
class Container:
    """One program inside a pod."""

    name: str
    """Its name within the pod."""
    image: str | None
    """The image it was started from."""
    state: RunState
    """How it is."""
    summary: str
    """How it is, in plain words."""
    reason: str | None
    """The word that Kubernetes has for what is wrong, such as `OOMKilled`; none when nothing is."""
    ready: bool
    """Whether it takes requests."""
    restarts: int
    """How often it was restarted."""
    last_exit_code: int | None
    """What it, or the run before it, ended with; none when it has never ended."""
    started_at: datetime | None
    """When it was started; none unless it runs."""
    init: bool
    """Whether it only prepares the pod and then ends."""


@node(permission=READ, open_fields=("cluster", "namespace", "name", "kind"))
class Workload(Node):
    """Something that keeps pods running: a deployment, a stateful set, a daemon set, a job, a cron job."""

    cluster: str
    """The cluster it runs in."""
    namespace: str
    """The namespace it runs in."""
    name: str
    """Its name."""
    kind: WorkloadKind
    """What kind of workload it is."""
    state: RunState | None
    """How it is, by its own status alone."""
    summary: str | None
    """How it is, in plain words, by its own status alone; `diagnosis` adds what its pods say."""
    ready: int | None
    """How many of its pods are ready; for a job, how many have succeeded. None for a cron job."""
    desired: int | None
    """How many pods it should have; for a job, how many have to succeed. None for a cron job."""
    updated: int | None
    """How many of its pods are of its newest version, where its kind says so."""
    images: list[str] | None
    """The images its pods are made from, in the order of their containers."""
    schedule: str | None
    """When a cron job runs, in cron's notation."""
    last_run_at: datetime | None
    """When a job, or a cron job's newest run, was started."""
    created_at: datetime | None
    """When it was made."""
    manifest: strawberry.Private[Manifest]
    scope: strawberry.Private[Scope]

    def node_key(self) -> str:
        """Where it is, and its kind; a cluster's name and a namespace have no slash."""
        return f"{self.cluster}/{self.namespace}/{self.kind.value}/{self.name}"


@value
class Event:
    """Something that happened to a workload or one of its pods, as its cluster noted it; kept for about an hour."""

    cluster: str
    """The cluster it happened in."""
    namespace: str
    """The namespace it happened in."""
    subject: str
    """What it happened to, such as `Pod/web-7d4b9c-x2x9k`."""
    summary: str
    """What happened, in plain words."""
    reason: str | None
    """The word that Kubernetes has for it, such as `FailedScheduling`."""
    message: str | None
    """What the cluster's component wrote, at most 2,000 characters."""
    warning: bool
    """Whether it is a warning; the others only say what was done."""
    count: int
    """How often it happened."""
    first_at: datetime | None
    """When it happened first."""
    last_at: datetime | None
    """When it happened last."""


@value
class ClusterState:
    """How an entity is in one cluster."""

    name: str
    """The cluster."""
    state: RunState
    """The worst state among its workloads there; UNKNOWN when the cluster failed."""
    summary: str
    """The same, in plain words."""
    workloads: list[Workload] | None
    """Its workloads there; null, with an error that names the cluster, when the cluster failed."""
    freshness: Freshness | None
    """How old this is; none when the cluster failed."""


@node(permission=READ)
class KubernetesState:
    """How an entity is in all the clusters it may run in."""

    state: RunState | None
    """The worst state among its workloads in the clusters that answer; UNKNOWN when none does."""
    summary: str | None
    """How it is, in plain words, naming the clusters that don't answer."""
    answered_by: list[str | None] | None
    """The clusters that `state` and `summary` speak for. Each that failed leaves one null, with an error that names it."""
    workloads: list[Workload | None] | None
    """Its workloads in all clusters, the worst first. Each cluster that failed leaves one null, with an error."""
    clusters: list[ClusterState] | None
    """The same by cluster, in the order of the settings."""
    wanted: strawberry.Private[Wanted]
    found: strawberry.Private[tuple[Found, ...]]

    def all_workloads(self, cluster: str | None = None) -> list[Workload]:
        """The workloads of this cluster, or of all the clusters that answered."""
        known = [w for w in self.workloads or () if isinstance(w, Workload)]
        return [w for w in known if cluster in (None, w.cluster)]


@value
class Cluster:
    """A cluster that the gateway reads."""

    name: str
    """Its name, as `backstage.io/kubernetes-cluster` writes it."""
    reachable: bool
    """Whether it answers now."""
    version: str | None
    """The version of its API server, such as `v1.34.1`."""
    error: str | None
    """Why it doesn't answer."""
    namespaces: list[str] | None
    """The namespaces that may be read; none when all of them may."""
