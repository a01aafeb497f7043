"""How a pod and its containers are, and why, in plain words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from .manifests import ContainerState, ContainerStatus, PodManifest, Terminated
from .model import Container, Pod
from .states import RunState, ails, order
from .words import counted, joined, shorten

RECENT = timedelta(hours=1)
"""How long a restart is still spoken of."""
_BACK_OFF = re.compile(r"back-off (?:(\d+)m)?")
_CANT_PULL = frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"})
_CANT_START = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "ContainerCannotRun",
        "StartError",
    }
)
_ENDINGS = {
    "OOMKilled": "out of memory (OOMKilled)",
    "Evicted": "evicted",
    "DeadlineExceeded": "took longer than it may (DeadlineExceeded)",
    "ContainerStatusUnknown": "its node lost sight of it (ContainerStatusUnknown)",
}
_NO_STATE = ContainerState()


def pod(manifest: PodManifest, cluster: str, now: datetime) -> Pod:
    """What the graph shows of a pod, as of `now`."""
    status = manifest.status
    first = [container(c, now, init=True) for c in status.init_container_statuses or ()]
    stay = [container(c, now, init=False) for c in status.container_statuses or ()]
    state, summary, reason = _pod_state(manifest, [*first, *stay])
    return Pod(
        cluster=cluster,
        namespace=manifest.namespace,
        name=manifest.name,
        state=state,
        summary=summary,
        reason=reason,
        phase=status.phase,
        ready=_ready(manifest, stay),
        restarts=sum(c.restarts for c in (*first, *stay)),
        node=manifest.spec.node_name,
        created_at=manifest.metadata.creation_timestamp,
        containers=[*first, *stay],
    )


def diagnose(pods: Iterable[Pod]) -> str | None:
    """What is wrong with these pods, the worst and most frequent first; None when nothing is."""
    troubled = [p for p in pods if ails(p.state)]
    counts = Counter((p.summary or "") for p in troubled)
    worst = {p.summary or "": order(p.state) for p in troubled}
    said = sorted(counts, key=lambda text: (worst[text], -counts[text], text))
    return joined([text if counts[text] == 1 else f"{text} ({counts[text]} pods)" for text in said]) or None


def container(status: ContainerStatus, now: datetime, *, init: bool) -> Container:
    """What the graph shows of a container."""
    state, summary, reason = _container_state(status, now, init=init)
    current, last = status.state or _NO_STATE, status.last_state or _NO_STATE
    ended = current.terminated or last.terminated
    return Container(
        name=status.name or "",
        image=status.image,
        state=state,
        summary=summary,
        reason=reason,
        ready=bool(status.ready),
        restarts=status.restart_count or 0,
        last_exit_code=ended.exit_code if ended else None,
        started_at=current.running.started_at if current.running else None,
        init=init,
    )


def _container_state(status: ContainerStatus, now: datetime, *, init: bool) -> tuple[RunState, str, str | None]:
    name = f"`{status.name}`"
    current, last = status.state or _NO_STATE, (status.last_state or _NO_STATE).terminated
    if ended := current.terminated:
        return _ended(name, ended)
    if current.waiting:
        return _waiting(name, status, last)
    if not current.running:
        return RunState.PENDING, f"{name} waits to be started", None
    if init:
        return RunState.PENDING, f"{name} prepares the pod", None
    if last and status.restart_count and (last.finished_at is None or now - last.finished_at < RECENT):
        times = counted(status.restart_count, "time")
        return RunState.DEGRADED, f"{name} was restarted {times}, last after: {_ending(last)}", _cause(last)
    if not status.ready:
        return RunState.DEGRADED, f"{name} runs and doesn't take requests yet", None
    return RunState.HEALTHY, f"{name} runs", None


def _waiting(name: str, status: ContainerStatus, last: Terminated | None) -> tuple[RunState, str, str | None]:
    waiting = status.state.waiting if status.state else None
    reason, message = (waiting.reason, shorten(waiting.message)) if waiting else (None, "")
    if reason == "CrashLoopBackOff":
        cause = f": {_ending(last)}" if last else ""
        return (
            RunState.FAILING,
            f"{name} restarts {_pace(message)}{cause}",
            _cause(last) if _cause(last) == "OOMKilled" else reason,
        )
    if reason in _CANT_PULL:
        image = f" {shorten(status.image, 200)}" if status.image else ""
        return RunState.FAILING, f"{name} can't start: its image{image} can't be pulled ({reason})", reason
    if reason in _CANT_START:
        return RunState.FAILING, f"{name} can't start: {message or 'no reason was given'} ({reason})", reason
    if reason in (None, "ContainerCreating", "PodInitializing"):
        return RunState.PENDING, f"{name} is being started", None
    return RunState.PENDING, f"{name} waits: {message or reason} ({reason})", reason


def _ended(name: str, ended: Terminated) -> tuple[RunState, str, str | None]:
    if ended.exit_code == 0 and ended.reason in (None, "Completed"):
        return RunState.FINISHED, f"{name} has finished", None
    return RunState.FAILING, f"{name} ended: {_ending(ended)}", _cause(ended)


def _ending(ended: Terminated) -> str:
    if ended.reason in _ENDINGS:
        return _ENDINGS[ended.reason]
    if ended.exit_code == 0 and not ended.signal:
        return "it ended by itself, without an error (exit code 0)"
    code = f"signal {ended.signal}" if ended.signal else f"exit code {ended.exit_code}"
    message = shorten(ended.message)
    return f"it failed with {code}" + (f": {message}" if message else "")


def _cause(ended: Terminated | None) -> str | None:
    return ended.reason if ended else None


def _pace(message: str) -> str:
    """How often, from the wait between two starts; it doubles from 10 seconds up to 5 minutes."""
    found = _BACK_OFF.search(message)
    if not found:
        return "again and again"
    return "every few minutes" if found.group(1) else "every few seconds"


def _pod_state(manifest: PodManifest, containers: Sequence[Container]) -> tuple[RunState, str, str | None]:
    status = manifest.status
    if status.phase == "Succeeded":
        return RunState.FINISHED, "finished", None
    if status.phase == "Failed":
        return _failed(manifest, containers)
    if manifest.metadata.deletion_timestamp:
        return RunState.PENDING, "being stopped", "Terminating"
    if status.reason == "NodeLost" or status.phase == "Unknown":
        return (
            RunState.UNKNOWN,
            f"its node {manifest.spec.node_name or ''} doesn't answer".replace("  ", " "),
            status.reason,
        )
    scheduled = manifest.condition("PodScheduled")
    if scheduled.status == "False":
        return (
            RunState.PENDING,
            f"waits for a node: {shorten(scheduled.message) or scheduled.reason}",
            scheduled.reason,
        )
    if not containers:
        return RunState.PENDING, "waits for a node", None
    return _running(manifest, containers)


def _running(manifest: PodManifest, containers: Sequence[Container]) -> tuple[RunState, str, str | None]:
    troubled = sorted((c for c in containers if ails(c.state)), key=lambda c: order(c.state))
    if troubled:
        worst, reason = troubled[0].state, next((c.reason for c in troubled if c.reason), None)
        well = any(c.state is RunState.HEALTHY for c in containers)
        state = RunState.DEGRADED if worst is RunState.FAILING and well else worst
        return state, joined([c.summary for c in troubled]), reason
    ready = manifest.condition("Ready")
    if ready.status == "False" and not all(c.ready for c in containers if not c.init):
        return RunState.DEGRADED, f"isn't ready: {shorten(ready.message) or ready.reason}", ready.reason
    return RunState.HEALTHY, "runs", None


def _failed(manifest: PodManifest, containers: Sequence[Container]) -> tuple[RunState, str, str | None]:
    reason, message = manifest.status.reason, shorten(manifest.status.message)
    if reason:
        words = _ENDINGS.get(reason, f"failed ({reason})")
        return RunState.FAILING, f"{words}: {message}" if message else words, reason
    told = [c for c in containers if c.state is RunState.FAILING]
    if told:
        return RunState.FAILING, joined([c.summary for c in told]), told[0].reason
    return RunState.FAILING, message or "failed, and no reason was given", None


def _ready(manifest: PodManifest, containers: Sequence[Container]) -> bool:
    said = manifest.condition("Ready").status
    return said == "True" if said else bool(containers) and all(c.ready for c in containers)
