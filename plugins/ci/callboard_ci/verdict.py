"""Does it build? From a project's latest runs to a state, and to a sentence that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .model import BuildState, PipelineRun, PipelineStatus

_GOOD = frozenset({PipelineStatus.SUCCEEDED})
_BAD = frozenset({PipelineStatus.FAILED, PipelineStatus.TIMED_OUT})
_UNDER_WAY = frozenset({PipelineStatus.QUEUED, PipelineStatus.RUNNING})
_USUAL = ("main", "master")
_NAMED = 3
"""How many failing pipelines a sentence names."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a default branch builds, and how to say it."""

    state: BuildState
    summary: str
    branch: str | None = None
    since: datetime | None = None
    latest: PipelineRun | None = None


def judge(runs: Sequence[PipelineRun], branch: str | None, now: datetime) -> Verdict:
    """The verdict on `runs`, newest first; `branch` is the default branch where it is known.

    Of each pipeline the last run counts that ended well or badly: a cancelled or skipped one says nothing.
    """
    branch = branch or guess_branch(runs)
    ours = [run for run in runs if run.branch == branch and not run.proposed]
    if not ours:
        return Verdict(BuildState.UNKNOWN, _nothing(runs, branch), branch)
    pipelines = _by_pipeline(ours)
    failing = [streak for streak in map(_streak, pipelines) if streak]
    latest = ours[0]
    if failing:
        return _failing(failing, branch, latest, now)
    waiting = [each[0] for each in pipelines if each[0].status is PipelineStatus.ACTION_REQUIRED]
    if waiting:
        return Verdict(BuildState.WAITING, f"{branch} waits for a person: {_titles(waiting)}", branch, None, latest)
    passed = [run for run in ours if run.status in _GOOD]
    under_way = [run for run in ours if run.status in _UNDER_WAY]
    if passed:
        text = f"{branch} passes: {passed[0].title}{_ago(passed[0].finished_at, now)}"
        more = f"; {under_way[0].title} is {_doing(under_way[0])}" if under_way and under_way[0] is latest else ""
        return Verdict(BuildState.PASSING, text + more, branch, None, latest)
    if under_way:
        return Verdict(BuildState.PENDING, f"{branch} has no result yet: {_titles(under_way)}", branch, None, latest)
    return Verdict(BuildState.UNKNOWN, f"no recent run of {branch} ended well or badly", branch, None, latest)


def guess_branch(runs: Iterable[PipelineRun]) -> str | None:
    """The default branch as far as runs show it: `main`, `master`, or the one last pushed to or scheduled on."""
    candidates = [run for run in runs if run.branch and not run.proposed]
    branches = {run.branch for run in candidates}
    usual = next((name for name in _USUAL if name in branches), None)
    scheduled = next((run.branch for run in candidates if run.event == "schedule"), None)
    return usual or scheduled or (candidates[0].branch if candidates else None)


def _by_pipeline(runs: Iterable[PipelineRun]) -> list[list[PipelineRun]]:
    found: dict[str, list[PipelineRun]] = {}
    for run in runs:
        found.setdefault(run.pipeline, []).append(run)
    return list(found.values())


def _streak(runs: Sequence[PipelineRun]) -> list[PipelineRun]:
    """The failures since the pipeline last ended well, newest first; none when it ended well last."""
    streak = []
    for run in runs:
        if run.status in _GOOD:
            break
        if run.status in _BAD:
            streak.append(run)
    return streak


def _failing(streaks: list[list[PipelineRun]], branch: str | None, latest: PipelineRun, now: datetime) -> Verdict:
    moments = [moment for streak in streaks if (moment := streak[-1].finished_at or streak[-1].started_at)]
    since = min(moments, default=None)
    newest = [streak[0] for streak in streaks]
    how = " timed out" if len(newest) == 1 and newest[0].status is PipelineStatus.TIMED_OUT else ""
    age = f" since {_age(since, now)}" if since else ""
    return Verdict(BuildState.FAILING, f"{branch} fails{age}: {_titles(newest)}{how}", branch, since, latest)


def _nothing(runs: Sequence[PipelineRun], branch: str | None) -> str:
    if not runs:
        return "no runs yet"
    return f"no run of {branch} is among the latest" if branch else "the latest runs are all of proposed changes"


def _titles(runs: Sequence[PipelineRun]) -> str:
    more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    return ", ".join(run.title for run in runs[:_NAMED]) + more


def _doing(run: PipelineRun) -> str:
    return "running" if run.status is PipelineStatus.RUNNING else "queued"


def _ago(moment: datetime | None, now: datetime) -> str:
    return f", {_age(moment, now)} ago" if moment else ""


def _age(moment: datetime, now: datetime) -> str:
    minutes = max(1, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"
