"""Puts together what the clusters have of one entity: the worst state, the words for it, and who didn't answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .inventory import Found
from .matching import Wanted
from .model import ClusterState, KubernetesState, Workload
from .states import RunState, ails, order
from .words import counted, joined
from .workloads import workload


def kubernetes_state(wanted: Wanted, found: Sequence[Found], now: datetime) -> KubernetesState:
    """How an entity is in all of its clusters, as of `now`. A failed cluster's error stands where its workloads would."""
    workloads = {part.cluster: _sorted([workload(owned, now) for owned in part.owned]) for part in found if not part.error}
    known = _sorted([w for some in workloads.values() for w in some])
    errors: list[Any] = [part.error for part in found if part.error]
    silent = [part.cluster for part in found if part.error]
    return KubernetesState(
        state=_state(known, found, silent),
        summary=_summary(known, wanted, found, silent),
        answered_by=[*workloads, *errors],
        workloads=[*known, *errors],
        clusters=[_cluster(part, workloads.get(part.cluster, []), wanted) for part in found],
        wanted=wanted,
        found=tuple(found),
    )


def _cluster(part: Found, workloads: list[Workload], wanted: Wanted) -> ClusterState:
    if part.error:
        error: Any = part.error
        return ClusterState(
            name=part.cluster,
            state=RunState.UNKNOWN,
            summary=f"{part.cluster} doesn't answer",
            workloads=error,
            freshness=None,
        )
    return ClusterState(
        name=part.cluster,
        state=_state(workloads, [part], []),
        summary=_summary(workloads, wanted, [part], []),
        workloads=workloads,
        freshness=part.freshness,
    )


def _state(known: Sequence[Workload], found: Sequence[Found], silent: Sequence[str]) -> RunState:
    if known:
        return min((w.state for w in known if w.state), key=order, default=RunState.UNKNOWN)
    return RunState.UNKNOWN if silent or not found else RunState.ABSENT


def _summary(known: Sequence[Workload], wanted: Wanted, found: Sequence[Found], silent: Sequence[str]) -> str:
    answered = [part.cluster for part in found if not part.error]
    parts = [_workloads(known)] if known else [_nothing(wanted, answered)] if answered else []
    if silent:
        parts.append(f"no answer from {', '.join(silent)}")
    return "; ".join(parts) or "no cluster may be asked for it"


def _nothing(wanted: Wanted, clusters: Sequence[str]) -> str:
    return f"nothing matches {wanted} in {', '.join(clusters)}"


def _workloads(known: Sequence[Workload]) -> str:
    """One workload speaks for itself; of several, those that are not as they should be do."""
    if len(known) == 1:
        return known[0].summary or ""
    counts = Counter(w.state for w in known if w.state)
    states = ", ".join(f"{counts[state]} {state.value.lower()}" for state in RunState if counts[state])
    several = len({w.cluster for w in known}) > 1
    bad = [f"{w.name}{f' in {w.cluster}' if several else ''}: {w.summary}" for w in known if ails(w.state)]
    return "; ".join(filter(None, (f"{counted(len(known), 'workload')}: {states}", joined(bad))))


def _sorted(workloads: list[Workload]) -> list[Workload]:
    return sorted(workloads, key=lambda w: (order(w.state), w.cluster, w.namespace, w.name, w.kind.value))
