"""Finds workloads and pods again by the keys in their ids: one list per (cluster, kind, namespace), however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from callboard_sdk import CallboardError

from .cluster import Clusters
from .concurrent import outcomes
from .inventory import Inventory, Scope, inventory
from .kinds import WorkloadKind
from .manifests import PodManifest
from .model import Pod, Workload
from .pods import pod
from .settings import NAMESPACE
from .workloads import workload

T = TypeVar("T")


class Place(NamedTuple):
    """Where a key says that its object is. `kind` is none for a pod."""

    scope: Scope
    kind: WorkloadKind | None
    name: str


async def workloads_by_key(clusters: Clusters, keys: Sequence[str]) -> list[Workload | CallboardError | None]:
    """The workload of each key; None for a key of nothing, or of what may not be read."""
    places = [_workload_place(clusters, key) for key in keys]
    kinds: dict[Scope, set[WorkloadKind]] = defaultdict(set)
    for place in places:
        if place and place.kind:
            kinds[place.scope].add(place.kind)
            if place.kind is WorkloadKind.CRON_JOB and WorkloadKind.JOB in clusters.kinds:
                kinds[place.scope].add(WorkloadKind.JOB)  # its runs say how it is
    read = await _each(kinds, lambda scope: inventory(_ordered(clusters, kinds[scope]), clusters[scope.cluster], scope))
    return [_workload(clusters, read, place) if place else None for place in places]


async def pods_by_key(clusters: Clusters, keys: Sequence[str]) -> list[Pod | CallboardError | None]:
    """The pod of each key; None for a key of nothing, or of what may not be read."""
    places = [_place(clusters, key, 3) for key in keys]
    scopes = {place.scope for place in places if place}
    read = await _each(scopes, lambda scope: clusters[scope.cluster].list("pods", PodManifest, scope.namespace))
    found: list[Pod | CallboardError | None] = []
    for place in places:
        listed = read[place.scope] if place else None
        if place is None or listed is None:
            found.append(None)
        elif isinstance(listed, CallboardError):
            found.append(listed)
        else:
            named = (one for one in listed.items if one.name == place.name)
            found.append(next((pod(manifest, place.scope.cluster, clusters.now()) for manifest in named), None))
    return found


def _workload(
    clusters: Clusters, read: Mapping[Scope, Inventory | CallboardError], place: Place
) -> Workload | CallboardError | None:
    found = read[place.scope]
    if isinstance(found, CallboardError):
        return found
    named = (o for o in found.workloads if o.kind is place.kind and o.manifest.name == place.name)
    return next((workload(owned, clusters.now()) for owned in named), None)


def _workload_place(clusters: Clusters, key: str) -> Place | None:
    place = _place(clusters, key, 4)
    return place if place and place.kind in clusters.kinds else None


def _place(clusters: Clusters, key: str, parts: int) -> Place | None:
    """What a key says; None for what no id of ours says, or a cluster or namespace that isn't read."""
    found = key.split("/")
    if len(found) != parts or found[0] not in clusters or not NAMESPACE.fullmatch(found[1]):
        return None
    allowed = clusters[found[0]].settings.namespaces
    if allowed and found[1] not in allowed:
        return None
    kinds = {kind.value: kind for kind in WorkloadKind}
    return Place(Scope(found[0], found[1]), kinds.get(found[2]) if parts == 4 else None, found[-1])


def _ordered(clusters: Clusters, kinds: Iterable[WorkloadKind]) -> list[WorkloadKind]:
    return [kind for kind in clusters.kinds if kind in kinds]


async def _each(scopes: Iterable[Scope], read: Callable[[Scope], Awaitable[T]]) -> dict[Scope, T | CallboardError]:
    distinct = list(scopes)
    return dict(zip(distinct, await outcomes([read(scope) for scope in distinct]), strict=True))
