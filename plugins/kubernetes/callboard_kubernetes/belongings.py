"""Lists what belongs to workloads, their pods or their events: each list once, then shared out in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from callboard_sdk import CallboardError

from .cluster import Clusters, Listed
from .concurrent import outcomes
from .inventory import Scope
from .manifests import EventManifest, Object, PodManifest
from .model import Workload
from .owners import OwnerKey, event_owners, pod_owners

T = TypeVar("T", bound=Object)


class Belongings(Generic[T]):
    """Objects of some scopes, found again by the workload they belong to."""

    def __init__(self, lists: Mapping[Scope, Listed[T] | CallboardError], owners: Callable[[T], Iterable[OwnerKey]]) -> None:
        self._lists = lists
        self._owned = {
            scope: _by_owner(listed.items, owners) for scope, listed in lists.items() if not isinstance(listed, CallboardError)
        }

    def of(self, workload: Workload, scope: Scope) -> Sequence[T]:
        """What belongs to this workload among what was listed in this scope. Raises the error that the list ended with."""
        self.all(scope)
        return self._owned[scope].get(OwnerKey(workload.kind, workload.namespace, workload.name), ())

    def all(self, scope: Scope) -> Sequence[T]:
        """All that was listed in this scope. Raises the error that the list ended with."""
        listed = self._lists[scope]
        if isinstance(listed, CallboardError):
            raise listed
        return listed.items


async def read_pods(clusters: Clusters, scopes: Iterable[Scope]) -> Belongings[PodManifest]:
    """The pods of these scopes, one list for each."""
    return Belongings(await _read(clusters, scopes, "pods", PodManifest), pod_owners)


async def read_events(clusters: Clusters, scopes: Iterable[Scope]) -> Belongings[EventManifest]:
    """The events of these scopes, one list for each."""
    return Belongings(await _read(clusters, scopes, "events", EventManifest), event_owners)


async def _read(
    clusters: Clusters, scopes: Iterable[Scope], resource: str, kind: type[T]
) -> Mapping[Scope, Listed[T] | CallboardError]:
    distinct = list(dict.fromkeys(scopes))
    work = [clusters[s.cluster].list(resource, kind, s.namespace, s.selector) for s in distinct]
    return dict(zip(distinct, await outcomes(work), strict=True))


def _by_owner(objects: Sequence[T], owners: Callable[[T], Iterable[OwnerKey]]) -> dict[OwnerKey, list[T]]:
    found: dict[OwnerKey, list[T]] = defaultdict(list)
    for one in objects:
        for key in owners(one):
            found[key].append(one)
    return found
