"""GitHub's answers about Actions, as far as they are read, and what they mean in the words of the model."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from .model import PipelineCommit, PipelineJob, PipelineRun, PipelineStatus, PipelineStep, Project

_TEXT = 200
_MESSAGE = 2_000
_STEPS = 500

_STATUS = {
    "queued": PipelineStatus.QUEUED,
    "requested": PipelineStatus.QUEUED,
    "pending": PipelineStatus.QUEUED,
    "waiting": PipelineStatus.QUEUED,
    "in_progress": PipelineStatus.RUNNING,
}
_CONCLUSION = {
    "success": PipelineStatus.SUCCEEDED,
    "failure": PipelineStatus.FAILED,
    "startup_failure": PipelineStatus.FAILED,
    "timed_out": PipelineStatus.TIMED_OUT,
    "cancelled": PipelineStatus.CANCELLED,
    "stale": PipelineStatus.CANCELLED,
    "skipped": PipelineStatus.SKIPPED,
    "neutral": PipelineStatus.SKIPPED,
    "action_required": PipelineStatus.ACTION_REQUIRED,
}


class Person(msgspec.Struct):
    """A user, or a commit's author."""

    login: str | None = None
    name: str | None = None


class HeadCommit(msgspec.Struct):
    """The commit a run is about."""

    id: str | None = None
    message: str | None = None
    author: Person | None = None


class Repository(msgspec.Struct):
    """The repository of a run; small answers leave out its default branch."""

    id: int | None = None
    html_url: str | None = None
    default_branch: str | None = None


class Run(msgspec.Struct):
    """A workflow run."""

    id: int
    name: str | None = None
    path: str | None = None
    workflow_id: int | None = None
    run_number: int | None = None
    run_attempt: int | None = None
    status: str | None = None
    conclusion: str | None = None
    event: str | None = None
    head_branch: str | None = None
    head_sha: str | None = None
    head_commit: HeadCommit | None = None
    actor: Person | None = None
    triggering_actor: Person | None = None
    created_at: str | None = None
    run_started_at: str | None = None
    updated_at: str | None = None
    html_url: str | None = None
    repository: Repository | None = None
    head_repository: Repository | None = None


class RunPage(msgspec.Struct):
    """`GET /repos/{owner}/{repo}/actions/runs`."""

    workflow_runs: list[Run] = []


class Step(msgspec.Struct):
    """A step of a job."""

    name: str | None = None
    number: int | None = None
    status: str | None = None
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None


class Job(msgspec.Struct):
    """A job of a run."""

    name: str | None = None
    status: str | None = None
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    runner_name: str | None = None
    html_url: str | None = None
    steps: list[Step] | None = None


class JobPage(msgspec.Struct):
    """`GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs`."""

    jobs: list[Job] = []


def status_from(status: str | None, conclusion: str | None) -> PipelineStatus:
    """What GitHub's pair of `status` and `conclusion` means; the conclusion counts once something is completed."""
    if status == "completed" or (status is None and conclusion):
        return _CONCLUSION.get(conclusion or "", PipelineStatus.UNKNOWN)
    return _STATUS.get(status or "", PipelineStatus.UNKNOWN)


def run_from(run: Run, project: Project) -> PipelineRun:
    """A run in the model's words. GitHub dates a run's end only by its last update."""
    started = time_from(run.run_started_at) or time_from(run.created_at)
    finished = time_from(run.updated_at) if run.status == "completed" else None
    actor = run.triggering_actor or run.actor
    return PipelineRun(
        provider=project.provider,
        name=_text(run.name) or _text(run.path) or "workflow",
        number=run.run_number,
        attempt=run.run_attempt,
        status=status_from(run.status, run.conclusion),
        branch=_text(run.head_branch),
        commit=_commit(run),
        event=_text(run.event),
        actor=_text(actor.login) if actor else None,
        started_at=started,
        finished_at=finished,
        duration_seconds=seconds_between(started, finished),
        url=web_address(run.html_url),
        project=project,
        key=str(run.id),
        pipeline=str(run.workflow_id or run.path or run.name),
        proposed=_proposed(run),
    )


def job_from(job: Job) -> PipelineJob:
    """A job in the model's words."""
    steps = [_step(step, place) for place, step in enumerate((job.steps or [])[:_STEPS], 1)]
    bad = (PipelineStatus.FAILED, PipelineStatus.TIMED_OUT)
    started, finished = time_from(job.started_at), time_from(job.completed_at)
    return PipelineJob(
        name=_text(job.name) or "job",
        status=status_from(job.status, job.conclusion),
        started_at=started,
        finished_at=finished,
        duration_seconds=seconds_between(started, finished),
        runner=_text(job.runner_name),
        url=web_address(job.html_url),
        failed_step=next((step.name for step in steps if step.status in bad), None),
        steps=steps,
    )


def time_from(text: str | None) -> datetime | None:
    """The moment, in UTC; None for anything that isn't one."""
    try:
        found = datetime.fromisoformat(text or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def seconds_between(started: datetime | None, finished: datetime | None) -> float | None:
    """How long it took; never negative, since the two clocks may differ."""
    return max(0.0, (finished - started).total_seconds()) if started and finished else None


def web_address(url: str | None) -> str | None:
    """The address if a browser may be sent there."""
    return url if url and url.startswith(("https://", "http://")) and len(url) <= _MESSAGE else None


def _step(step: Step, place: int) -> PipelineStep:
    started, finished = time_from(step.started_at), time_from(step.completed_at)
    return PipelineStep(
        name=_text(step.name) or "step",
        number=place if step.number is None else step.number,
        status=status_from(step.status, step.conclusion),
        started_at=started,
        finished_at=finished,
        duration_seconds=seconds_between(started, finished),
    )


def _commit(run: Run) -> PipelineCommit | None:
    head = run.head_commit or HeadCommit()
    sha = run.head_sha or head.id
    if not sha:
        return None
    home = web_address(run.repository.html_url) if run.repository else None
    author = head.author.name if head.author else None
    message = head.message[:_MESSAGE] if head.message else None
    sha = sha[:64]
    return PipelineCommit(sha=sha, message=message, author=_text(author), url=f"{home}/commit/{sha}" if home else None)


def _proposed(run: Run) -> bool:
    """Whether it ran for a change that isn't in the branch it names: a pull request, perhaps from a fork's `main`.

    A push, though, is always one to the repository itself.
    """
    here, there = run.repository, run.head_repository
    fork = here is not None and there is not None and None not in (here.id, there.id) and here.id != there.id
    return (fork and run.event != "push") or (run.event or "").startswith(("pull_request", "merge_group"))


def _text(text: str | None) -> str | None:
    return text[:_TEXT] if text else None
