"""Decides which lists a page of entities needs, one per (cluster, kind, namespace), reads them, and shares them out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callboard_sdk import CallboardError, Freshness

from .cluster import ClusterReader, Clusters, oldest
from .concurrent import outcomes, together
from .kinds import RESOURCES, WorkloadKind
from .manifests import Manifest
from .matching import CLUSTER, ID, BadAnnotation, Wanted
from .selectors import Selector


@dataclass(frozen=True, slots=True)
class Scope:
    """What one list covers: a namespace, or the whole cluster, there perhaps filtered by the server."""

    cluster: str
    namespace: str | None = None
    selector: Selector | None = None


@dataclass(frozen=True, slots=True)
class Owned:
    """One workload of an entity, and what its cron job's runs are."""

    kind: WorkloadKind
    manifest: Manifest
    scope: Scope
    runs: Sequence[Manifest] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What one cluster has of one entity, or the error that it ended with."""

    cluster: str
    scopes: tuple[Scope, ...] = ()
    owned: tuple[Owned, ...] = ()
    freshness: Freshness | None = None
    error: CallboardError | None = None


@dataclass
class Inventory:
    """All workloads of one scope, found again by label and by the cron job they ran for."""

    scope: Scope
    freshness: Freshness | None = None
    workloads: list[Owned] = field(default_factory=list)
    by_id: dict[str, list[Owned]] = field(default_factory=lambda: defaultdict(list))

    def of(self, wanted: Wanted) -> Iterable[Owned]:
        """The workloads that belong to an entity."""
        if wanted.id is not None:
            return self.by_id.get(wanted.id, ())
        return (owned for owned in self.workloads if wanted.selector.matches(owned.manifest.labels))


async def find(clusters: Clusters, wanted: Sequence[Wanted]) -> list[list[Found]]:
    """For each entity, what each cluster that it may run in has of it; a cluster that fails says so in its own part."""
    plans = {name: _scopes(reader, [w for w in wanted if w.cluster in (None, name)]) for name, reader in clusters.items()}
    read = await outcomes(
        [_inventories(clusters, clusters[name], set().union(*plan.values())) for name, plan in plans.items() if plan]
    )
    kept: dict[Scope, Inventory | CallboardError] = {}
    for part in read:
        if isinstance(part, CallboardError):
            raise part
        kept.update(part)
    return [_parts(w, plans, kept) for w in wanted]


def _scopes(reader: ClusterReader, wanted: Sequence[Wanted]) -> dict[Wanted, tuple[Scope, ...]]:
    """What has to be listed for each. Those that name no namespace share one list, as narrow as they all allow."""
    allowed = reader.settings.namespaces
    narrowest = {w.narrowest for w in wanted if w.namespace is None}
    wide = Scope(reader.name, None, narrowest.pop() if len(narrowest) == 1 else None)
    everywhere = tuple(Scope(reader.name, namespace) for namespace in allowed) or (wide,)
    return {
        w: everywhere if w.namespace is None else (Scope(reader.name, w.namespace),)
        for w in wanted
        if w.namespace is None or not allowed or w.namespace in allowed
    }


async def _inventories(
    clusters: Clusters, reader: ClusterReader, scopes: Iterable[Scope]
) -> dict[Scope, Inventory | CallboardError]:
    """One cluster's part. Discovery comes first, so that a cluster that can't answer it isn't asked for lists too."""
    ordered = list(scopes)
    try:
        await reader.served()
    except CallboardError as error:
        return dict.fromkeys(ordered, error)
    return dict(
        zip(
            ordered,
            await outcomes([inventory(clusters.kinds, reader, scope) for scope in ordered]),
            strict=True,
        )
    )


async def inventory(kinds: Sequence[WorkloadKind], reader: ClusterReader, scope: Scope) -> Inventory:
    """All workloads of these kinds in one scope: a list for each kind. Raises CallboardError."""
    lists = await together([reader.list(RESOURCES[kind], Manifest, scope.namespace, scope.selector) for kind in kinds])
    by_kind = {kind: listed.items for kind, listed in zip(kinds, lists, strict=True)}
    made = Inventory(scope, oldest(listed.freshness for listed in lists))
    runs = _runs(by_kind)
    for owned in _owned(by_kind, runs, scope):
        made.workloads.append(owned)
        if (name := owned.manifest.labels.get(ID)) is not None:
            made.by_id[name].append(owned)
    return made


def _runs(by_kind: Mapping[WorkloadKind, list[Manifest]]) -> Mapping[str, list[Manifest]]:
    """The jobs that cron jobs have made, by the cron job's uid."""
    runs: dict[str, list[Manifest]] = defaultdict(list)
    for job in by_kind.get(WorkloadKind.JOB, ()):
        if (owner := job.controller) and owner.kind == "CronJob" and owner.uid:
            runs[owner.uid].append(job)
    return runs


def _owned(by_kind: Mapping[WorkloadKind, list[Manifest]], runs: Mapping[str, list[Manifest]], scope: Scope) -> Iterator[Owned]:
    """The workloads in their own right: a cron job's jobs are its runs, and no workloads beside it."""
    for kind, manifests in by_kind.items():
        for manifest in manifests:
            owner = manifest.controller
            if kind is WorkloadKind.JOB and owner and owner.kind == "CronJob" and WorkloadKind.CRON_JOB in by_kind:
                continue
            yield Owned(kind, manifest, scope, runs.get(manifest.metadata.uid or "", ()))


def _parts(
    wanted: Wanted,
    plans: Mapping[str, Mapping[Wanted, tuple[Scope, ...]]],
    kept: Mapping[Scope, Inventory | CallboardError],
) -> list[Found]:
    parts = [_part(name, wanted, plan[wanted], kept) for name, plan in plans.items() if wanted in plan]
    if not parts and wanted.cluster is not None:
        parts.append(Found(wanted.cluster, error=_unusable(wanted, plans)))
    return parts


def _part(name: str, wanted: Wanted, scopes: tuple[Scope, ...], kept: Mapping[Scope, Inventory | CallboardError]) -> Found:
    owned: list[Owned] = []
    ages: list[Freshness | None] = []
    for scope in scopes:
        inventory = kept[scope]
        if isinstance(inventory, CallboardError):
            return Found(name, scopes, error=inventory)
        owned += inventory.of(wanted)
        ages.append(inventory.freshness)
    return Found(name, scopes, tuple(owned), oldest(ages))


def _unusable(wanted: Wanted, plans: Mapping[str, object]) -> BadAnnotation:
    if wanted.cluster in plans:
        return BadAnnotation(
            f"namespace {wanted.namespace!r} of cluster {wanted.cluster!r} may not be read: add it to the cluster's `namespaces`"
        )
    known = ", ".join(plans) or "none"
    return BadAnnotation(
        f"annotation {CLUSTER} names cluster {wanted.cluster!r}, which isn't configured (known: {known}): correct it"
    )
