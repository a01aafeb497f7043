"""The plugin: what Kubernetes adds to the graph, and how few lists each field needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry
from callboard_sdk import BadArgument, Batch, CallboardError, Clients, Entity, Plugin
from callboard_sdk.entities import Component, Resource

from .access import upstreams
from .cluster import ClusterReader, Clusters
from .concurrent import outcomes
from .events import EventLists, newest_first
from .inventory import find
from .matching import Wanted, wanted
from .model import CLUSTERS, EVENTS, PODS, READ, Cluster, Event, KubernetesState, Pod, Workload
from .podlists import PodLists, ailing, bare_scopes, pod_scopes, scope_of, workloads_of, worst_first
from .pods import diagnosis as explain
from .settings import KubernetesSettings
from .states import kubernetes_state
from .words import joined

MOST = 500

plugin = Plugin(
    "kubernetes",
    settings=KubernetesSettings,
    permissions={
        READ: "See which workloads an entity runs, and how they are.",
        PODS: "See a workload's pods and containers, and what they say about why it isn't well.",
        EVENTS: "See the events that clusters note about workloads and their pods.",
        CLUSTERS: "See which clusters there are, their versions, and whether they answer.",
    },
    upstreams=upstreams,
)

Limit = Annotated[int, strawberry.argument(description=f"How many at most, from 1 to {MOST}.")]


@plugin.resource
async def all_clusters(settings: KubernetesSettings, clients: Clients) -> AsyncIterator[Clusters]:
    """The clusters, with what discovery found, for as long as the gateway runs."""
    yield Clusters.of(settings, clients)


@plugin.field(on=Component, permission=READ)
@plugin.field(on=Resource, permission=READ)
async def kubernetes(entities: Batch[Entity], clusters: Clusters) -> list[KubernetesState | None]:
    """What the entity runs in Kubernetes and how it is; null when its annotations name nothing there.

    An entity is tied to its workloads by the annotations `backstage.io/kubernetes-id` (they carry a label of the same
    name and value) or `backstage.io/kubernetes-label-selector`; `backstage.io/kubernetes-namespace` and
    `backstage.io/kubernetes-cluster` narrow where they are looked for.
    """
    asked = [_wanted(entity) for entity in entities]
    distinct = list(dict.fromkeys(w for w in asked if isinstance(w, Wanted)))
    found = dict(zip(distinct, await find(clusters, distinct), strict=True))
    now = clusters.now()
    states: list[Any] = [kubernetes_state(w, found[w], now) if isinstance(w, Wanted) else w for w in asked]
    return states


@plugin.field(on=Workload, permission=PODS)
async def pods(workloads: Batch[Workload], clusters: Clusters, limit: Limit = 50) -> list[list[Pod] | None]:
    """The workload's pods, the worst first."""
    most, now = _limit(limit), clusters.now()
    lists = await read_pods(clusters, map(pod_scope, workloads))
    return _each(workloads, lambda w: pods_of(w, lists, now)[:most])


@plugin.field(on=Workload, permission=PODS)
async def diagnosis(workloads: Batch[Workload], clusters: Clusters) -> list[str | None]:
    """What its pods say about why the workload isn't well; null when it is. Only ailing workloads' pods are listed."""
    now = clusters.now()
    lists = await read_pods(clusters, (pod_scope(w) for w in workloads if ails(w.state)))
    return _each(workloads, lambda w: diagnose(pods_of(w, lists, now)) if ails(w.state) else None)


@plugin.field(on=Workload, permission=EVENTS)
async def events(workloads: Batch[Workload], clusters: Clusters, limit: Limit = 20) -> list[list[Event] | None]:
    """What the cluster noted about the workload and its pods, the newest first."""
    most, now = _limit(limit), clusters.now()
    lists = await read_events(clusters, map(event_scope, workloads))
    return _each(workloads, lambda w: events_of(w, lists, now)[:most])


@plugin.field(on=KubernetesState, permission=PODS, name="pods")
async def state_pods(states: Batch[KubernetesState], clusters: Clusters, limit: Limit = 50) -> list[list[Pod | None] | None]:
    """The pods of all its workloads, and those that carry its labels without one, the worst first.

    Each cluster that failed leaves one null, with an error.
    """
    most, now = _limit(limit), clusters.now()
    lists = await read_pods(clusters, (scope for state in states for scope in pod_scopes(state)))
    read = [_each(s.parts, lambda p: all_pods_of(s.wanted, p, s.owned_by(p.cluster), lists, now)) for s in states]
    return [flat(parts, worst_first, most) for parts in read]


@plugin.field(on=KubernetesState, permission=EVENTS, name="events")
async def state_events(states: Batch[KubernetesState], clusters: Clusters, limit: Limit = 20) -> list[list[Event | None] | None]:
    """What the clusters noted about all its workloads and their pods, the newest first.

    Each cluster that failed leaves one null, with an error.
    """
    most, now = _limit(limit), clusters.now()
    lists = await read_events(clusters, (event_scope(w) for state in states for w in state.all_workloads))
