"""The plugin: what Kubernetes adds to the graph, and how few lists each field needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar

import strawberry
from callboard_sdk import BadArgument, Batch, CallboardError, Clients, Entity, Plugin, filters
from callboard_sdk.entities import Component, Resource

from .access import upstreams
from .belongings import read_events, read_pods
from .by_key import pods_by_key, workloads_by_key
from .cluster import ClusterReader, Clusters
from .concurrent import outcomes
from .events import all_events_of, event_scope, events_of, newest_first
from .inventory import Found, find
from .matching import Wanted, wanted
from .model import CLUSTERS, EVENTS, PODS, READ, Cluster, Event, KubernetesState, Pod, Workload
from .podlists import all_pods_of, pod_scope, pods_of, state_pod_scopes, worst_first
from .pods import diagnose
from .settings import KubernetesSettings
from .states import ails
from .summary import kubernetes_state

P = TypeVar("P")
T = TypeVar("T")

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
WorstFirst = Annotated[Limit, filters("Pod.state")]


@plugin.resource
async def all_clusters(settings: KubernetesSettings, clients: Clients) -> AsyncIterator[Clusters]:
    """The clusters, with what discovery found, for as long as the gateway runs."""
    yield Clusters.of(settings, clients)


WORKLOAD_LISTS = "one list for each cluster, namespace and kind of workload"
POD_LISTS = "one list for each cluster and namespace"


@plugin.field(on=Component, permission=READ, asks=WORKLOAD_LISTS)
@plugin.field(on=Resource, permission=READ, asks=WORKLOAD_LISTS)
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


@plugin.field(on=Workload, permission=PODS, asks=POD_LISTS)
async def pods(workloads: Batch[Workload], clusters: Clusters, limit: WorstFirst = 50) -> list[list[Pod] | None]:
    """The workload's pods, the worst first."""
    most, now = _limit(limit), clusters.now()
    lists = await read_pods(clusters, map(pod_scope, workloads))
    return _each(workloads, lambda w: pods_of(w, lists, now)[:most])


@plugin.field(on=Workload, permission=PODS, asks=POD_LISTS)
async def diagnosis(workloads: Batch[Workload], clusters: Clusters) -> list[str | None]:
    """What its pods say about why the workload isn't well; null when it is. Only ailing workloads' pods are listed."""
    now = clusters.now()
    lists = await read_pods(clusters, (pod_scope(w) for w in workloads if ails(w.state)))
    return _each(workloads, lambda w: diagnose(pods_of(w, lists, now)) if ails(w.state) else None)


@plugin.field(on=Workload, permission=EVENTS, asks=POD_LISTS)
async def events(workloads: Batch[Workload], clusters: Clusters, limit: Limit = 20) -> list[list[Event] | None]:
    """What the cluster noted about the workload and its pods, the newest first."""
    most, now = _limit(limit), clusters.now()
    lists = await read_events(clusters, map(event_scope, workloads))
    return _each(workloads, lambda w: events_of(w, lists, now)[:most])


@plugin.field(on=KubernetesState, permission=PODS, name="pods", asks=POD_LISTS)
async def state_pods(states: Batch[KubernetesState], clusters: Clusters, limit: WorstFirst = 50) -> list[list[Pod | None] | None]:
    """The pods of all its workloads, and those that carry its labels without one, the worst first.

    Each cluster that failed leaves one null, with an error.
    """
    most, now = _limit(limit), clusters.now()
    lists = await read_pods(clusters, (scope for state in states for scope in state_pod_scopes(state)))
    return [_flat(_by_cluster(s, lambda state, part: all_pods_of(state, part, lists, now)), worst_first, most) for s in states]


@plugin.field(on=KubernetesState, permission=EVENTS, name="events", asks=POD_LISTS)
async def state_events(states: Batch[KubernetesState], clusters: Clusters, limit: Limit = 20) -> list[list[Event | None] | None]:
    """What the clusters noted about all its workloads and their pods, the newest first.

    Each cluster that failed leaves one null, with an error.
    """
    most, now = _limit(limit), clusters.now()
    lists = await read_events(clusters, (event_scope(w) for state in states for w in state.all_workloads()))
    return [_flat(_by_cluster(s, lambda state, part: all_events_of(state, part, lists, now)), newest_first, most) for s in states]


@plugin.loader(Workload, permission=READ)
async def load_workloads(keys: Batch[str], clusters: Clusters) -> list[Workload | None]:
    """Workloads by what their ids say."""
    found: list[Any] = await workloads_by_key(clusters, keys)
    return found


@plugin.loader(Pod, permission=PODS)
async def load_pods(keys: Batch[str], clusters: Clusters) -> list[Pod | None]:
    """Pods by what their ids say."""
    found: list[Any] = await pods_by_key(clusters, keys)
    return found


@plugin.query(permission=CLUSTERS, name="clusters", asks="one request for each cluster")
async def query_clusters(clusters: Clusters) -> list[Cluster] | None:
    """The clusters that the gateway reads, in the order of the settings, asked now whether they answer."""
    readers = list(clusters.values())
    versions = await outcomes([reader.version() for reader in readers])
    return [_cluster(reader, version) for reader, version in zip(readers, versions, strict=True)]


def _wanted(entity: Entity) -> Wanted | CallboardError | None:
    try:
        return wanted(entity)
    except CallboardError as error:
        return error


def _limit(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise BadArgument(f"`limit` is {limit}: ask for 1 to {MOST}")
    return limit


def _each(parents: Sequence[P], make: Callable[[P], T]) -> list[T | None]:
    """What `make` gives for each; the error that it raises stands for that parent alone."""
    results: list[Any] = []
    for parent in parents:
        try:
            results.append(make(parent))
        except CallboardError as error:
            results.append(error)
    return results


def _by_cluster(state: KubernetesState, make: Callable[[KubernetesState, Found], list[T]]) -> list[list[T] | None]:
    def checked(part: Found) -> list[T]:
        if part.error:
            raise part.error
        return make(state, part)

    return _each(state.found, checked)


def _flat(parts: Sequence[list[T] | None], arrange: Callable[[Iterable[T]], list[T]], most: int) -> list[T | None]:
    """One list of what the clusters gave, and at its end the errors of those that failed."""
    given = arrange(item for part in parts if isinstance(part, list) for item in part)
    errors: list[Any] = [part for part in parts if isinstance(part, CallboardError)]
    return [*given[:most], *errors]


def _cluster(reader: ClusterReader, version: str | CallboardError | None) -> Cluster:
    error = version if isinstance(version, CallboardError) else None
    return Cluster(
        name=reader.name,
        reachable=error is None,
        version=None if isinstance(version, CallboardError) else version,
        error=error.message if error else None,
        namespaces=list(reader.settings.namespaces) or None,
    )
