"""How a workload is, told from its own status alone, so that no pods need to be listed for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .inventory import Owned
from .kinds import WorkloadKind
from .manifests import Manifest
from .model import Workload
from .states import RunState
from .words import ago, counted, shorten

STARTING = timedelta(minutes=10)
"""How long a workload whose controller reports no progress may take to start (a Deployment's own default)."""
_ROLLED_OUT = "NewReplicaSetAvailable"


@dataclass(frozen=True, slots=True)
class Status:
    """How a workload is: its state in words, and the counts it was told from."""

    state: RunState
    summary: str
    ready: int | None = None
    desired: int | None = None
    updated: int | None = None
    last_run_at: datetime | None = None


def workload(owned: Owned, now: datetime) -> Workload:
    """What the graph shows of a workload, as of `now`."""
    manifest = owned.manifest
    status = status_of(owned.kind, manifest, owned.runs, now)
    spec = manifest.template.spec
    return Workload(
        cluster=owned.scope.cluster,
        namespace=manifest.namespace,
        name=manifest.name,
        kind=owned.kind,
        state=status.state,
        summary=status.summary,
        ready=status.ready,
        desired=status.desired,
        updated=status.updated,
        images=[c.image for c in (spec.containers if spec else None) or () if c.image],
        schedule=manifest.spec.schedule if owned.kind is WorkloadKind.CRON_JOB else None,
        last_run_at=status.last_run_at,
        created_at=manifest.metadata.creation_timestamp,
        manifest=manifest,
        scope=owned.scope,
    )


def status_of(kind: WorkloadKind, manifest: Manifest, runs: Sequence[Manifest], now: datetime) -> Status:
    """How this workload is as of `now`; `runs` are a cron job's jobs, as far as they can be seen."""
    match kind:
        case WorkloadKind.JOB:
            return _job(manifest, now)
        case WorkloadKind.CRON_JOB:
            return _cron_job(manifest, runs, now)
        case WorkloadKind.DAEMON_SET:
            s = manifest.status
            return _replicated(
                manifest,
                s.desired_number_scheduled or 0,
                s.number_ready or 0,
                s.updated_number_scheduled,
                now,
            )
        case _:
            desired = 1 if manifest.spec.replicas is None else manifest.spec.replicas
            return _replicated(
                manifest,
                desired,
                manifest.status.ready_replicas or 0,
                manifest.status.updated_replicas or 0,
                now,
            )


def _replicated(manifest: Manifest, desired: int, ready: int, updated: int | None, now: datetime) -> Status:
    state, note = _replica_state(manifest, desired, ready, updated, now)
    counts = f"{ready} of {counted(desired, 'pod')} ready" if desired else ""
    summary = "; ".join(filter(None, (counts, note, "its rollout is paused" if manifest.spec.paused else "")))
    return Status(state, summary, ready, desired, updated)


def _replica_state(manifest: Manifest, desired: int, ready: int, updated: int | None, now: datetime) -> tuple[RunState, str]:
    short = RunState.FAILING if ready == 0 else RunState.DEGRADED
    progress, failure = manifest.condition("Progressing"), manifest.condition("ReplicaFailure")
    if manifest.metadata.deletion_timestamp:
        return RunState.PENDING, "it is being deleted"
    if (manifest.status.observed_generation or 0) < (manifest.metadata.generation or 0):
        return RunState.PENDING, "its last change hasn't been taken up yet"
    if desired == 0:
        daemon = manifest.status.desired_number_scheduled is not None
        return RunState.STOPPED, "no node asks for it" if daemon else "scaled to zero"
    if ready >= desired:
        return _complete(desired, updated, stuck=progress.reason == "ProgressDeadlineExceeded")
    if failure.status == "True":
        return short, f"its pods can't be made: {shorten(failure.message) or failure.reason}"
    if progress.status == "False":
        return short, f"its rollout is stuck: {shorten(progress.message) or progress.reason}"
    if progress.status == "True" and progress.reason != _ROLLED_OUT:
        return RunState.PENDING, "being rolled out"
    made = manifest.metadata.creation_timestamp
    if progress.status is None and made is not None and now - made < STARTING:
        return RunState.PENDING, "being started"
    return short, ""


def _complete(desired: int, updated: int | None, *, stuck: bool) -> tuple[RunState, str]:
    if updated is None or updated >= desired:
        return RunState.HEALTHY, ""
    if stuck:
        return RunState.DEGRADED, f"its rollout is stuck: {updated} of {desired} are of the newest version"
    return RunState.PENDING, f"being rolled out: {updated} of {desired} are of the newest version"


def _job(manifest: Manifest, now: datetime) -> Status:
    spec, status = manifest.spec, manifest.status
    desired, done = spec.completions or 1, status.succeeded or 0
    state, summary = _job_state(manifest, desired, done, now)
    return Status(state, summary, done, desired, None, status.start_time)


def _job_state(manifest: Manifest, desired: int, done: int, now: datetime) -> tuple[RunState, str]:
    status, failure = manifest.status, manifest.condition("Failed")
    active = status.active if isinstance(status.active, int) else 0
    attempts = f"; {counted(status.failed, 'attempt')} failed" if status.failed else ""
    if failure.status == "True":
        return (
            RunState.FAILING,
            f"failed {ago(failure.last_transition_time, now)}: {_failure(failure.reason, failure.message)}",
        )
    if manifest.condition("Complete").status == "True":
        return RunState.FINISHED, f"finished {ago(status.completion_time, now)}"
    if manifest.spec.suspend:
        return RunState.STOPPED, "suspended"
    if active:
        state = RunState.DEGRADED if status.failed else RunState.HEALTHY
        return state, f"running: {done} of {counted(desired, 'pod')} finished{attempts}"
    return RunState.PENDING, f"waits to be started{attempts}"


def _failure(reason: str | None, message: str | None) -> str:
    known = {
        "BackoffLimitExceeded": "tried as often as it may (BackoffLimitExceeded)",
        "DeadlineExceeded": "took longer than it may (DeadlineExceeded)",
        "PodFailurePolicy": "its pods ended in a way that its policy calls a failure (PodFailurePolicy)",
    }
    return known.get(reason or "") or shorten(message) or reason or "no reason was given"


def _cron_job(manifest: Manifest, runs: Sequence[Manifest], now: datetime) -> Status:
    started = [run.status.start_time for run in runs if run.status.start_time]
    last = max(started, default=manifest.status.last_schedule_time)
    state, summary = _cron_state(manifest, runs, now)
    return Status(state, f"{_when(manifest)}; {summary}", last_run_at=last)


def _cron_state(manifest: Manifest, runs: Sequence[Manifest], now: datetime) -> tuple[RunState, str]:
    if manifest.spec.suspend:
        return RunState.STOPPED, "suspended"
    ended = [run for run in runs if _ended(run)]
    running = ", running now" if manifest.status.active else ""
    if ended:
        newest = max(ended, key=_begun)
        state, words = _job_state(newest, 1, 0, now)
        return (RunState.FAILING if state is RunState.FAILING else RunState.HEALTHY), f"its last run {words}{running}"
    if running:
        return RunState.HEALTHY, "running now"
    return _cron_alone(manifest, now)


def _cron_alone(manifest: Manifest, now: datetime) -> tuple[RunState, str]:
    """Without its jobs in sight: what the cron job itself remembers (`lastSuccessfulTime` from 1.21 on)."""
    planned, succeeded = manifest.status.last_schedule_time, manifest.status.last_successful_time
    if planned is None:
        return RunState.PENDING, "it hasn't run yet"
    if succeeded is None:
        return RunState.UNKNOWN, f"last started {ago(planned, now)}, and nothing is known of how that ended"
    if succeeded >= planned:
        return RunState.HEALTHY, f"its last run finished {ago(succeeded, now)}"
    return (
        RunState.FAILING,
        f"its last run, {ago(planned, now)}, didn't succeed; the last that did finished {ago(succeeded, now)}",
    )


def _when(manifest: Manifest) -> str:
    zone = f" ({manifest.spec.time_zone})" if manifest.spec.time_zone else ""
    return f"runs at `{manifest.spec.schedule}`{zone}"


def _ended(run: Manifest) -> bool:
    return "True" in (run.condition("Complete").status, run.condition("Failed").status)


def _begun(run: Manifest) -> float:
    begun = run.status.start_time or run.metadata.creation_timestamp
    return begun.timestamp() if begun else 0.0
