"""Which lists of pods are needed, and whose pods are whose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from .belongings import Belongings
from .inventory import Found, Scope
from .manifests import PodManifest
from .model import KubernetesState, Pod, Workload
from .pods import pod
from .states import order


def pod_scope(workload: Workload) -> Scope:
    """Where a workload's pods are listed: with the list that found it when their labels fit it, else by namespace.

    So a page of entities without a namespace needs one list of pods a cluster, and never all pods there are.
    """
    scope = workload.scope
    if scope.selector and scope.selector.matches(workload.manifest.pod_labels):
        return scope
    return Scope(scope.cluster, workload.namespace)


def state_pod_scopes(state: KubernetesState) -> list[Scope]:
    """Where an entity's pods are listed: where its workloads' are, and where its own selector may find others."""
    bare = [scope for part in state.found if not part.error for scope in _bare_scopes(part)]
    return [*map(pod_scope, state.all_workloads()), *bare]


def pods_of(workload: Workload, lists: Belongings[PodManifest], now: datetime) -> list[Pod]:
    """A workload's pods, the worst first. Raises the error that their list ended with."""
    selector = workload.manifest.spec.selector
    matches = selector.selector().matches if selector else _any
    owned = lists.of(workload, pod_scope(workload))
    return worst_first(pod(p, workload.cluster, now) for p in owned if matches(p.labels))


def all_pods_of(state: KubernetesState, part: Found, lists: Belongings[PodManifest], now: datetime) -> list[Pod]:
    """An entity's pods in one cluster: its workloads', and those that its own selector finds."""
    found = {(p.namespace, p.name): p for w in state.all_workloads(part.cluster) for p in pods_of(w, lists, now)}
    for scope in _bare_scopes(part):
        for manifest in lists.all(scope):
            key = (manifest.namespace, manifest.name)
            if key not in found and state.wanted.selector.matches(manifest.labels):
                found[key] = pod(manifest, part.cluster, now)
    return list(found.values())


def worst_first(pods: Iterable[Pod]) -> list[Pod]:
    """Sorted by state, then cluster, namespace and name."""
    return sorted(pods, key=lambda p: (order(p.state), p.cluster, p.namespace, p.name))


def _bare_scopes(part: Found) -> list[Scope]:
    """Where pods without a workload are looked for: never among all pods of a whole cluster."""
    return [scope for scope in part.scopes if scope.namespace or scope.selector]


def _any(labels: object) -> bool:
    return True
