"""Does it build? Every status GitHub knows, and the sentence that sums a branch up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from callboard_ci.github_answers import JobPage, Run, RunPage, job_from, run_from, status_from
from callboard_ci.model import BuildState, PipelineStatus, Project
from callboard_ci.verdict import Verdict, judge

VENDOR = Path(__file__).parents[4] / "shared" / "data" / "upstreams" / "ci"
vendor = pytest.mark.skipif(not VENDOR.is_dir(), reason="the vendor's example answers are not beside this repository")
PROJECT = Project("github", "o/r")

CONCLUSIONS = {
    "success": "SUCCEEDED",
    "failure": "FAILED",
    "startup_failure": "FAILED",
    "timed_out": "TIMED_OUT",
    "cancelled": "CANCELLED",
    "stale": "CANCELLED",
    "skipped": "SKIPPED",
    "neutral": "SKIPPED",
    "action_required": "ACTION_REQUIRED",
    None: "UNKNOWN",
    "something_new": "UNKNOWN",
}
STATUSES = {
    "queued": "QUEUED",
    "requested": "QUEUED",
    "waiting": "QUEUED",
    "pending": "QUEUED",
    "in_progress": "RUNNING",
    "something_new": "UNKNOWN",
    None: "UNKNOWN",
}


@pytest.mark.parametrize(("conclusion", "meant"), CONCLUSIONS.items())
def test_a_completed_run_is_what_its_conclusion_says(conclusion: str | None, meant: str) -> None:
    assert status_from("completed", conclusion) is PipelineStatus[meant]


@pytest.mark.parametrize(("status", "meant"), STATUSES.items())
def test_an_unfinished_run_is_what_its_status_says(status: str | None, meant: str) -> None:
    assert status_from(status, None) is PipelineStatus[meant]


@vendor
def test_every_status_and_conclusion_of_the_vendors_description_is_known() -> None:
    described = json.loads((VENDOR / "github_openapi_trimmed.json").read_text())
    parameters = described["paths"]["/repos/{owner}/{repo}/actions/runs"]["get"]["parameters"]
    resolved = [described["components"]["parameters"].get(p.get("$ref", "").rpartition("/")[2], p) for p in parameters]
    words = next(p["schema"]["enum"] for p in resolved if p.get("name") == "status")
    assert len(words) > 10
    assert set(words) - {"completed"} <= set(CONCLUSIONS) | set(STATUSES)


def verdict(now: Any, *found: dict[str, Any], branch: str | None = None) -> Verdict:
    return judge([run_from(msgspec.convert(one, Run), PROJECT) for one in found], branch, now)


def test_a_branch_passes_when_the_last_finished_run_of_each_pipeline_ended_well(run, now) -> None:
    found = verdict(now, run(23), run(22, "failure"), run(21, name="Lint", workflow_id=8))
    assert (found.state, found.summary) == (BuildState.PASSING, "main passes: `Build` #23, 57 min ago")
    assert found.since is None


def test_a_branch_fails_since_the_first_failure_after_it_last_passed(run, now) -> None:
    found = verdict(now, run(22, "timed_out"), run(21, "cancelled"), run(20, "failure"), run(19), run(18, "failure"))
    assert (found.state, found.summary) == (BuildState.FAILING, "main fails since 3 h: `Build` #22 timed out")
    assert found.latest is not None
    assert found.latest.number == 22
    assert found.since is not None
    assert found.since.hour == 8


def test_one_failing_pipeline_among_many_fails_the_branch_and_each_is_named_up_to_three(run, now) -> None:
    fine = run(22)
    bad = [run(number, "failure", name=f"Check {number}", workflow_id=number) for number in (21, 20, 19, 18)]
    found = verdict(now, fine, *bad)
    assert found.summary == "main fails since 5 h: `Check 21` #21, `Check 20` #20, `Check 19` #19 and 1 more"


def test_a_run_under_way_changes_nothing_but_the_sentence(run, now) -> None:
    passing = verdict(now, run(23, None), run(22))
    assert passing.state is BuildState.PASSING
    assert passing.summary.endswith("; `Build` #23 is running")
    failing = verdict(now, run(23, None), run(22, "failure"))
    assert failing.state is BuildState.FAILING
    assert failing.latest is not None
    assert failing.latest.number == 23


def test_cancelled_and_skipped_runs_say_nothing(run, now) -> None:
    assert verdict(now, run(3, "cancelled"), run(2, "skipped"), run(1, "failure")).state is BuildState.FAILING
    assert verdict(now, run(3, "cancelled"), run(2, "neutral"), run(1)).state is BuildState.PASSING
    assert verdict(now, run(1, "cancelled")).state is BuildState.UNKNOWN


def test_a_run_that_waits_for_a_person_is_said(run, now) -> None:
    found = verdict(now, run(2, "action_required", name="Deploy", workflow_id=9), run(1))
    assert (found.state, found.summary) == (BuildState.WAITING, "main waits for a person: `Deploy` #2")


def test_a_first_run_under_way_is_pending(run, now) -> None:
    found = verdict(now, run(1, None, status="queued"))
    assert (found.state, found.summary) == (BuildState.PENDING, "main has no result yet: `Build` #1")


def test_pull_requests_and_forks_say_nothing_about_a_branch_even_of_its_name(run, now) -> None:
    fork = run(3, "failure", event="workflow_run", head_repository={"id": 2})
    pull = run(4, "failure", event="pull_request")
    queue = run(5, "failure", event="merge_group")
    assert verdict(now, queue, pull, fork, run(1)).state is BuildState.PASSING
    assert verdict(now, run(1), branch="trunk").summary == "no run of trunk is among the latest"
    alone = verdict(now, pull)
    assert (alone.state, alone.summary) == (BuildState.UNKNOWN, "the latest runs are all of proposed changes")


def test_the_default_branch_is_what_the_answer_says_or_the_settings_or_the_usual_names_or_the_latest(run, now) -> None:
    trunk, side = run(2, "failure", head_branch="trunk"), run(3, head_branch="side")
    assert verdict(now, side, trunk, branch="trunk").summary.startswith("trunk fails")
    assert verdict(now, side, trunk).branch == "side"
    assert verdict(now, side, trunk, run(1, head_branch="master")).branch == "master"
    assert verdict(now, side, run(2, head_branch="trunk", event="schedule")).branch == "trunk"
    assert verdict(now).branch is None


def test_ages_are_said_in_minutes_hours_and_days(run, now) -> None:
    for updated, said in (("11:59:30", "1 min"), ("11:01:00", "59 min"), ("10:30:00", "1 h"), ("12:30:00", "1 min")):
        found = verdict(now, run(1, "failure", updated_at=f"2025-03-01T{updated}Z"))
        assert f"since {said}:" in found.summary
    old = verdict(now, run(1, "failure", updated_at="2025-02-20T12:00:00Z"))
    assert "since 9 d:" in old.summary


@vendor
@pytest.mark.parametrize("name", ["list-workflow-runs.json"])
def test_the_vendors_example_runs_are_read(name: str, now) -> None:
    found = msgspec.json.decode((VENDOR / name).read_bytes(), type=RunPage)
    run = run_from(found.workflow_runs[0], PROJECT)
    assert (run.number, run.status, run.branch, run.event) == (562, PipelineStatus.QUEUED, "master", "push")
    assert run.commit is not None
    assert run.commit.sha == "acb5820ced9479c074f688cc328bf03f341a511d"
    assert run.commit.author == "Octo Cat"
    assert run.url == "https://github.com/octo-org/octo-repo/actions/runs/30433642"
    assert judge([run], None, now).state is BuildState.PENDING


@vendor
def test_the_vendors_example_jobs_are_read() -> None:
    page = msgspec.json.decode((VENDOR / "list-jobs-for-workflow-run.json").read_bytes(), type=JobPage)
    (job,) = map(job_from, page.jobs)
    assert (job.name, job.status, job.duration_seconds, job.failed_step) == ("build", PipelineStatus.SUCCEEDED, 119.0, None)
    assert len(job.steps) == 10
    assert job.steps[7].name == "Deploy to Heroku"
    assert job.steps[7].duration_seconds == 100.0


@vendor
def test_the_descriptions_own_examples_are_read() -> None:
    examples = json.loads((VENDOR / "github_rest_examples.json").read_text())
    runs = msgspec.convert(examples["workflow-run-paginated"].get("value", examples["workflow-run-paginated"]), RunPage)
    jobs = msgspec.convert(examples["job-paginated"].get("value", examples["job-paginated"]), JobPage)
    assert runs.workflow_runs
    assert jobs.jobs
    assert all(run_from(one, PROJECT).status is not PipelineStatus.UNKNOWN for one in runs.workflow_runs)
    assert all(job_from(one).status is not PipelineStatus.UNKNOWN for one in jobs.jobs)
