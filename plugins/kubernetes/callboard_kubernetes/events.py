"""What a cluster noted about workloads and their pods, in plain words; one list a namespace, and only when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from .belongings import Belongings
from .inventory import Found, Scope
from .manifests import EventManifest
from .model import Event, KubernetesState, Workload
from .words import MESSAGE, ago, shorten

_EARLY = datetime.min.replace(tzinfo=UTC)
_WORDS = {
    "BackOff": "waits before it is started again",
    "FailedScheduling": "no node has room for it",
    "Unhealthy": "a health check failed",
    "OOMKilling": "was killed: out of memory",
    "FailedMount": "a volume can't be mounted",
    "FailedAttachVolume": "a volume can't be attached",
    "FailedCreate": "its pods can't be made",
    "Evicted": "was evicted from its node",
    "Preempted": "made room for something more important",
    "NodeNotReady": "its node isn't ready",
    "FailedGetResourceMetric": "its load can't be measured",
    "BackoffLimitExceeded": "was tried as often as it may",
    "DeadlineExceeded": "took longer than it may",
    "ScalingReplicaSet": "the number of its pods changes",
    "SuccessfulCreate": "made a pod",
    "SuccessfulDelete": "removed a pod",
    "Killing": "is being stopped",
    "Pulled": "its image is there",
    "Scheduled": "was given a node",
    "Started": "was started",
}


def event_scope(workload: Workload) -> Scope:
    """Where a workload's events are listed: events carry no labels, so it is always by namespace."""
    return Scope(workload.cluster, workload.namespace)


def events_of(workload: Workload, lists: Belongings[EventManifest], now: datetime) -> list[Event]:
    """The events about a workload and its pods, the newest first. Raises the error that their list ended with."""
    return newest_first([event(e, workload.cluster, now) for e in lists.of(workload, event_scope(workload))])


def all_events_of(state: KubernetesState, part: Found, lists: Belongings[EventManifest], now: datetime) -> list[Event]:
    """The events about all of an entity's workloads in one cluster."""
    found = {
        (e.subject, e.reason, e.message, e.last_at): e
        for w in state.all_workloads(part.cluster)
        for e in events_of(w, lists, now)
    }
    return list(found.values())


def newest_first(events: Iterable[Event]) -> list[Event]:
    """Sorted by when they happened last; warnings before others of the same time."""
    return sorted(events, key=lambda e: (e.last_at or _EARLY, e.warning), reverse=True)


def event(manifest: EventManifest, cluster: str, now: datetime) -> Event:
    """What the graph shows of an event, as of `now`."""
    subject = manifest.subject
    message = shorten(manifest.message or manifest.note, MESSAGE)
    series = manifest.series
    count = max(manifest.count or manifest.deprecated_count or 1, (series.count if series else None) or 1)
    last = (series.last_observed_time if series else None) or manifest.last_timestamp or manifest.deprecated_last_timestamp
    last = last or manifest.event_time or manifest.metadata.creation_timestamp
    times = f"{count} times, last " if count > 1 else ""
    return Event(
        cluster=cluster,
        namespace=subject.namespace or manifest.namespace,
        subject=f"{subject.kind or 'Object'}/{subject.name or ''}",
        summary=f"`{subject.name}` {_happened(manifest.reason, message)} ({times}{ago(last, now)})",
        reason=manifest.reason,
        message=message or None,
        warning=manifest.type == "Warning",
        count=count,
        first_at=manifest.first_timestamp or manifest.deprecated_first_timestamp or manifest.event_time or last,
        last_at=last,
    )


def _happened(reason: str | None, message: str) -> str:
    words, detail = _WORDS.get(reason or ""), shorten(message)
    if words:
        return f"{words}: {detail}" if detail else words
    return detail or reason or "was noted without a reason"
